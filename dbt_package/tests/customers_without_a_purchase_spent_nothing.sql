-- Who never bought is kept, with no dates and a total of zero; who bought has both dates.
with customers as (

    select * from {{ ref('customers') }}

),

buyers as (

    select distinct contact_id from {{ ref('transactions_enriched') }}

),

final as (

    select count(*) as violations
    from customers
    left join buyers on customers.id = buyers.contact_id
    where
        (buyers.contact_id is null and (customers.total_expense <> 0 or customers.first_purchase_at is not null))
        or (buyers.contact_id is not null and customers.first_purchase_at is null)

)

select violations
from final
where violations > 0
