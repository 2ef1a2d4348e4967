-- First and last purchase are in order, and there is either both or none.
with customers as (

    select * from {{ ref('customers') }}

),

final as (

    select count(*) as violations
    from customers
    where
        first_purchase_at > last_purchase_at
        or (first_purchase_at is null and last_purchase_at is not null)
        or (first_purchase_at is not null and last_purchase_at is null)

)

select violations
from final
where violations > 0
