-- One row a scope and ordered pair of categories: how far buying the first speaks for the second.
-- affinity: the share of the second in what buyers of the first buy.
-- lift: how much more often the second follows the first than these buyers' tastes alone explain.
{{ config(enabled=customer360.is_enabled('contacts', 'transactions')) }}

{%- set values = customer360.contract_enum('transactions', 'category') %}

with categories as (

    select * from {{ ref('int_categories') }}

),

tallies as (

    select * from {{ ref('int_category_tallies') }}

),

-- Whole numbers as far as they go: customers with as many purchases share one division.
together as (

    select
        bought.scope,
        bought.category as bought_category,
        other.category,
        bought.all_purchases,
        sum(cast(bought.purchases as bigint) * other.purchases) as products
    from tallies as bought
    inner join tallies as other on bought.scope = other.scope and bought.contact_id = other.contact_id
    group by bought.scope, bought.category, other.category, bought.all_purchases

),

expected as (

    select
        scope,
        bought_category,
        category,
        sum({{ customer360.ratio('products', 'all_purchases') }}) as purchases
    from together
    group by scope, bought_category, category

),

followed as (

    select
        scope,
        category
        {%- for value in values %},
        sum(after_{{ value.id }}) as after_{{ value.id }}
        {%- endfor %}
    from tallies
    group by scope, category

),

observed as (

    select
        followed.scope,
        categories.category as bought_category,
        followed.category,
        case categories.category
            {%- for value in values %}
            when {{ customer360.text_literal(value.value) }} then followed.after_{{ value.id }}
            {%- endfor %}
        end as purchases
    from followed
    cross join categories

),

-- Ten invented purchases keep the lift of a rare pair near 1.
final as (

    select
        expected.scope,
        expected.bought_category,
        expected.category,
        {{ customer360.ratio(
            'expected.purchases',
            'sum(expected.purchases) over (partition by expected.scope, expected.bought_category)'
        ) }} as affinity,
        {{ customer360.ratio('coalesce(observed.purchases, 0) + 10', 'expected.purchases + 10') }} as lift
    from expected
    left join observed
        on expected.scope = observed.scope
        and expected.bought_category = observed.bought_category
        and expected.category = observed.category

)

select * from final
