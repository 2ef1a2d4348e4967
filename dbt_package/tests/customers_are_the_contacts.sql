-- Every contact is one customer and nobody else is: the joins neither fan out nor lose anyone.
with contacts as (

    select id from {{ ref('stg_salesforce__contacts') }}

),

customers as (

    select id from {{ ref('customers') }}

),

final as (

    select count(*) as violations
    from contacts
    full outer join customers on contacts.id = customers.id
    where contacts.id is null or customers.id is null

)

select violations
from final
where violations > 0
