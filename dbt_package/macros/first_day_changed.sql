{% macro first_day_changed(known, delivered, contacts) -%}
    {#- A query for the first day of loading on which `known` (transactions_enriched) and what was `delivered` for known
        contacts are not the same rows; null if there is none. One pass over ids and load times. A row whose contact is
        not known does not count: it may never be. -#}
    select min(differing.loaded_on)
    from (
        select
            either.loaded_on,
            sum(either.digest) as digest
        from (
            select
                cast(loaded_at as date) as loaded_on,
                {{ customer360.row_digest(['delivered.id', 'loaded_at']) }} as digest
            from {{ delivered }} as delivered
            inner join (select id as known_contact_id from {{ contacts }}) as contacts
                on delivered.contact_id = contacts.known_contact_id
            where {{ customer360.loaded_lately('loaded_at', known) }}
            union all
            select
                cast(loaded_at as date) as loaded_on,
                -{{ customer360.row_digest(['held.id', 'loaded_at']) }} as digest
            from {{ known }} as held
            where {{ customer360.loaded_lately('loaded_at', known) }}
        ) as either
        group by either.loaded_on
    ) as differing
    where differing.digest <> 0
{%- endmacro %}
