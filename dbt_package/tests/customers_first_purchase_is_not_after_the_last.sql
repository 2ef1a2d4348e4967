-- First and last purchase are in order, and there is either both or none.
with customers as (

    select * from {{ ref('customers') }}

),

final as (

    select count(*) as violations
    from customers
    where
        first_purchase_date > last_purchase_date
        or (first_purchase_date is null and last_purchase_date is not null)
        or (first_purchase_date is not null and last_purchase_date is null)

)

select violations
from final
where violations > 0
