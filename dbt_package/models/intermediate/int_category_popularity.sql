-- One row a scope and category of the contract: its share in all purchases.
{{ config(enabled=customer360.is_enabled('contacts', 'transactions')) }}

with categories as (

    select * from {{ ref('int_categories') }}

),

tallies as (

    select * from {{ ref('int_category_tallies') }}

),

scopes as (

    select 'now' as scope
    {%- if customer360.is_enabled('evaluation') %}
    union all
    select 'holdout' as scope
    {%- endif %}

),

counted as (

    select
        scopes.scope,
        categories.category,
        categories.position,
        coalesce(sum(tallies.purchases), 0) as purchases
    from scopes
    cross join categories
    left join tallies on scopes.scope = tallies.scope and categories.category = tallies.category
    group by scopes.scope, categories.category, categories.position

),

-- One invented purchase a category: where nothing is sold yet, all are equally popular.
final as (

    select
        scope,
        category,
        position,
        {{ customer360.ratio('purchases + 1', 'sum(purchases + 1) over (partition by scope)') }} as popularity
    from counted

)

select * from final
