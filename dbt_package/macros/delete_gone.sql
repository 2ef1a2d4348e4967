{% macro delete_gone(key, relation, noted) %}
    {#- A hook before an incremental build: delete the rows of this model whose `key` is no id of `relation` now. -#}
    {%- if is_incremental() %}
    delete from {{ this }} as known
    where
        {{ customer360.inputs_changed(noted) }}
        and not exists (select 1 from {{ relation }} as present where present.id = known.{{ key }})
    {%- endif %}
{% endmacro %}
