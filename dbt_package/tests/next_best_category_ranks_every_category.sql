-- Each customer has every category of the contract once, ranked from 1 without a gap, and scores that add up to 1.
with ranked as (

    select * from {{ ref('next_best_category') }}

),

final as (

    select customer_id
    from ranked
    group by customer_id
    having
        count(distinct category) <> {{ customer360.contract_enum('transactions', 'category') | length }}
        or count(*) <> max(rank)
        or count(distinct rank) <> max(rank)
        or abs(sum(score) - 1) > 0.00001

)

select count(*) as violations
from final
having count(*) > 0
