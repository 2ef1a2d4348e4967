-- The customers together spent what the transactions say.
with transactions as (

    select coalesce(sum(amount), 0) as amount from {{ ref('transactions_enriched') }}

),

customers as (

    select coalesce(sum(total_expense), 0) as amount from {{ ref('customers') }}

),

final as (

    select 1 as violations
    from transactions
    cross join customers
    where transactions.amount <> customers.amount

)

select violations from final
