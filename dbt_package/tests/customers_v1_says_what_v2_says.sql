-- 1.x of the contract stays true: row by row what 2.0.0 says, with its purchase times in UTC without a zone.
with former as (

    select * from {{ ref('customers', v=1) }}

),

newest as (

    select * from {{ ref('customers', v=2) }}

),

final as (

    select count(*) as violations
    from former
    full outer join newest on former.id = newest.id
    where
        former.id is null
        or newest.id is null
        or former.age <> newest.age
        or former.total_expense <> newest.total_expense
        or former.gender is distinct from newest.gender
        or former.first_purchase_date is distinct from {{ customer360.at_utc('newest.first_purchase_at') }}
        or former.last_purchase_date is distinct from {{ customer360.at_utc('newest.last_purchase_at') }}
        {%- for category in customer360.contract_enum('transactions', 'category') %}
        or former.{{ category.id }}_amount <> newest.{{ category.id }}_amount
        {%- endfor %}

)

select violations
from final
where violations > 0
