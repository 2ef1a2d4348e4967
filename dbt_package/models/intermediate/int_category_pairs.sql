-- One row a scope and ordered pair of categories: how far buying the first speaks for the second.
-- affinity: the share of the second in what buyers of the first buy.
-- lift: how much more often the second follows the first than these buyers' tastes alone explain.
{{ config(enabled=customer360.is_enabled('contacts', 'transactions')) }}

with purchases as (

    select * from {{ ref('int_purchases_scoped') }}

),

tallies as (

    select * from {{ ref('int_category_tallies') }}

),

expected as (

    select
        bought.scope,
        bought.category as bought_category,
        other.category,
        sum({{ customer360.ratio('bought.purchases * other.purchases', 'bought.all_purchases') }}) as purchases
    from tallies as bought
    inner join tallies as other on bought.scope = other.scope and bought.contact_id = other.contact_id
    group by bought.scope, bought.category, other.category

),

observed as (

    select
        scope,
        previous_category as bought_category,
        category,
        count(*) as purchases
    from purchases
    where previous_category is not null
    group by scope, previous_category, category

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
