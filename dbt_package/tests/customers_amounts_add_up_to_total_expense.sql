-- The amounts of all categories of the contract add up to the total expense.
with customers as (

    select * from {{ ref('customers') }}

),

final as (

    select count(*) as violations
    from customers
    where
        total_expense <> 0
        {%- for category in customer360.contract_enum('transactions', 'category') %}
        + {{ category.id }}_amount
        {%- endfor %}

)

select violations
from final
where violations > 0
