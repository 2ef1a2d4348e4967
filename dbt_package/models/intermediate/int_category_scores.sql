-- One row a scope, customer and category of the contract. Ephemeral: a view would stand over two views.
-- score = what the customer bought, smoothed by what customers with such purchases buy,
-- times what follows the last purchase.
{{ config(enabled=customer360.is_enabled('contacts', 'transactions'), materialized='ephemeral') }}

with contacts as (

    select * from {{ ref('stg_salesforce__contacts') }}

),

popularity as (

    select * from {{ ref('int_category_popularity') }}

),

tallies as (

    select * from {{ ref('int_category_tallies') }}

),

pairs as (

    select * from {{ ref('int_category_pairs') }}

),

neighbours as (

    select
        tallies.scope,
        tallies.contact_id,
        pairs.category,
        max(tallies.all_purchases) as all_purchases,
        sum({{ customer360.ratio('tallies.purchases * pairs.affinity', 'tallies.all_purchases') }}) as affinity,
        max(case when tallies.is_last = 1 then pairs.lift end) as lift,
        max(case when tallies.is_last = 1 then tallies.category end) as last_category
    from tallies
    inner join pairs on tallies.scope = pairs.scope and tallies.category = pairs.bought_category
    group by tallies.scope, tallies.contact_id, pairs.category

),

joined as (

    select
        popularity.scope,
        contacts.id as contact_id,
        popularity.category,
        popularity.position,
        popularity.popularity,
        coalesce(tallies.purchases, 0) as purchases,
        coalesce(neighbours.all_purchases, 0) as all_purchases,
        tallies.last_purchase_date,
        neighbours.last_category,
        coalesce(neighbours.affinity, popularity.popularity) as affinity,
        coalesce(neighbours.lift, 1) as lift
    from contacts
    cross join popularity
    left join tallies
        on popularity.scope = tallies.scope
        and contacts.id = tallies.contact_id
        and popularity.category = tallies.category
    left join neighbours
        on popularity.scope = neighbours.scope
        and contacts.id = neighbours.contact_id
        and popularity.category = neighbours.category

),

-- The customers with such a basket count as much as four purchases of the customer.
weighed as (

    select
        *,
        cast(
            {{ customer360.ratio('purchases + 4 * affinity', 'all_purchases + 4') }} * lift as decimal(18, 8)
        ) as weight
    from joined

),

final as (

    select
        scope,
        contact_id,
        category,
        position,
        popularity,
        purchases,
        all_purchases,
        last_purchase_date,
        last_category,
        lift,
        {{ customer360.ratio('weight', 'sum(weight) over (partition by scope, contact_id)') }} as score
    from weighed

)

select * from final
