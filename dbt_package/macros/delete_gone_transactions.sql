{% macro delete_gone_transactions(known, joined, noted, first_day) %}
    {#- A hook before an incremental build: delete the rows of `known` (transactions_enriched) that `joined` does not
        hold in that version: they are gone at the source, in dispute, or their contact is. An older version that is
        left takes the place of a later one that is gone. `first_day` is a query: what was loaded before is left alone.
        Nothing on a first build or a full refresh. -#}
    {%- if is_incremental() %}
    delete from {{ known }} as known
    where
        {{ customer360.inputs_changed(noted) }}
        and {{ customer360.loaded_lately('known.loaded_at', known) }}
        and known.loaded_at >= ({{ first_day }})
        and not exists (
            -- With all columns of the view at hand, Postgres would type each row.
            select 1
            from (
                select
                    id,
                    loaded_at
                from {{ joined }}
                where loaded_at >= ({{ first_day }})
            ) as present
            where present.id = known.id and present.loaded_at = known.loaded_at
        )
    {%- endif %}
{% endmacro %}
