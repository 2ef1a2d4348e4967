-- Each customer spent what their transactions say, and nobody else's.
with paid as (

    select
        contact_id,
        sum(amount) as amount
    from {{ ref('transactions_enriched') }}
    group by contact_id

),

customers as (

    select
        id,
        total_expense
    from {{ ref('customers') }}

),

final as (

    select count(*) as violations
    from customers
    full outer join paid on customers.id = paid.contact_id
    where customers.id is null or customers.total_expense is distinct from coalesce(paid.amount, 0)

)

select violations
from final
where violations > 0
