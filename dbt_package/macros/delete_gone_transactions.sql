{% macro delete_gone_transactions(known, delivered, contacts) %}
    {#- A hook before an incremental build: delete the rows of `known` (transactions_enriched) that are gone at the
        source, or whose contact is. An older version that is left takes the place of a later one that is gone. Nothing on a first
        build or a full refresh. -#}
    {%- if is_incremental() %}
    delete from {{ known }} as known
    where
        {{ customer360.loaded_lately('known.loaded_at', known) }}
        and not exists (
            -- With all columns of the view at hand, Postgres would type each row.
            select 1
            from (
                select
                    id,
                    contact_id,
                    loaded_at
                from {{ delivered }}
            ) as present
            inner join (select id from {{ contacts }}) as contacts on present.contact_id = contacts.id
            where present.id = known.id and present.loaded_at = known.loaded_at
        )
    {%- endif %}
{% endmacro %}
