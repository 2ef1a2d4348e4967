{% macro customers_as_of(instant) -%}
    {#- A query for the customers as they were at `instant` (ISO 8601; UTC where it says no zone): contacts by their
        version of that time (contacts_history), ages of that day, and purchases until then, as they are known now.
        select * from ({{ customer360.customers_as_of('2026-01-01T00:00:00Z') }}) as customers -#}
    {%- set at = modules.datetime.datetime.fromisoformat(instant | replace("Z", "+00:00")) %}
    {%- set at = at.astimezone(modules.pytz.utc).replace(tzinfo=none) if at.tzinfo else at %}
    {%- set at = "cast('" ~ at ~ "' as timestamp)" %}
    select
        contacts.id,
        contacts.gender,
        {{ customer360.age_in_years("contacts.birthdate", "cast(" ~ at ~ " as date)") }} as age,
        cast(coalesce(sum(purchases.amount), 0) as numeric(14, 2)) as total_expense,
        {{ customer360.at_utc("min(purchases.transaction_date)") }} as first_purchase_at,
        {{ customer360.at_utc("max(purchases.transaction_date)") }} as last_purchase_at
    from {{ ref("contacts_history") }} as contacts
    left join {{ ref("transactions_enriched") }} as purchases
        on contacts.id = purchases.contact_id and purchases.transaction_date <= {{ at }}
    where contacts.dbt_valid_from <= {{ at }} and (contacts.dbt_valid_to > {{ at }} or contacts.dbt_valid_to is null)
    group by contacts.id, contacts.gender, contacts.birthdate
{%- endmacro %}
