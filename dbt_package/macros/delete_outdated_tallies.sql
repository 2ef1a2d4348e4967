{% macro delete_outdated_tallies(digests, noted) %}
    {#- A hook before an incremental build: delete the tallies of customers whose purchases are others now. -#}
    {%- if is_incremental() %}
    delete from {{ this }} as known
    where
        {{ customer360.inputs_changed(noted) }}
        and not exists (
            select 1
            from {{ digests }} as present
            where
                present.scope = known.scope
                and present.contact_id = known.contact_id
                and present.digest = known.digest
        )
    {%- endif %}
{% endmacro %}
