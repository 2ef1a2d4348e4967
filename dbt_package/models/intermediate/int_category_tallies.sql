-- One row a scope, customer and category that the customer has bought.
{{ config(enabled=customer360.is_enabled('contacts', 'transactions'), materialized='table') }}

with purchases as (

    select * from {{ ref('int_purchases_scoped') }}

),

counted as (

    select
        scope,
        contact_id,
        category,
        cast(count(*) as integer) as purchases,
        max(transaction_date) as last_purchase_date,
        max(case when recency = 1 then 1 else 0 end) as is_last
    from purchases
    group by scope, contact_id, category

),

final as (

    select
        *,
        sum(purchases) over (partition by scope, contact_id) as all_purchases
    from counted

)

select * from final
