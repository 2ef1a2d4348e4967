-- One row a customer, as 1.x of the contract promises it: purchase times in UTC without a zone, under their old names.
{{ config(enabled=customer360.is_enabled('contacts'), materialized='view', grants=customer360.reader_grants()) }}

with customers as (

    select * from {{ ref('customers', v=2) }}

),

final as (

    select
        id,
        gender,
        age,
        total_expense,
        {{ customer360.at_utc('first_purchase_at') }} as first_purchase_date,
        {{ customer360.at_utc('last_purchase_at') }} as last_purchase_date
        {%- for category in customer360.contract_enum('transactions', 'category') %},
        {{ category.id }}_amount
        {%- endfor %}
    from customers

)

select * from final
