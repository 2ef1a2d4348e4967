-- One row a customer: every contact, with or without a purchase.
{{ config(
    enabled=customer360.is_enabled('contacts'),
    indexes=[{'columns': ['id'], 'unique': true}],
    grants=customer360.reader_grants()
) }}

{%- set categories = customer360.contract_enum('transactions', 'category') %}

with contacts as (

    select * from {{ ref('stg_salesforce__contacts') }}

),

-- With no transactions nobody bought anything.
transactions as (

    {% if customer360.is_enabled('transactions') %}
    select * from {{ ref('transactions_enriched') }}
    {% else %}
    select
        id as contact_id,
        cast(null as timestamp) as transaction_date,
        cast(null as {{ dbt.type_string() }}) as category,
        cast(null as numeric(12, 2)) as amount
    from contacts
    where 1 = 0
    {% endif %}

),

purchases as (

    select
        contact_id,
        min(transaction_date) as first_purchase,
        max(transaction_date) as last_purchase,
        {%- for category in categories %}
        sum(
            case when category = {{ customer360.text_literal(category.value) }} then amount else 0 end
        ) as {{ category.id }}_amount,
        {%- endfor %}
        sum(amount) as total_expense
    from transactions
    group by contact_id

),

final as (

    select
        contacts.id,
        contacts.gender,
        {{ customer360.age_in_years('contacts.birthdate') }} as age,
        cast(coalesce(purchases.total_expense, 0) as numeric(14, 2)) as total_expense,
        {{ customer360.at_utc('purchases.first_purchase') }} as first_purchase_at,
        {{ customer360.at_utc('purchases.last_purchase') }} as last_purchase_at
        {%- for category in categories %},
        cast(coalesce(purchases.{{ category.id }}_amount, 0) as numeric(14, 2)) as {{ category.id }}_amount
        {%- endfor %}
    from contacts
    left join purchases on contacts.id = purchases.contact_id

)

select * from final
