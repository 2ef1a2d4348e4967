-- One row a customer and rank: the categories of the contract, from the likeliest next purchase to the least likely.
{{ config(
    enabled=customer360.is_enabled('contacts', 'transactions'),
    indexes=[{'columns': ['customer_id', 'rank'], 'unique': true}],
    grants=customer360.reader_grants()
) }}

with scores as (

    select * from {{ ref('int_category_scores') }}
    where scope = 'now'

),

final as (

    select
        contact_id as customer_id,
        cast(
            row_number() over (partition by contact_id order by score desc, position asc) as integer
        ) as rank,
        category,
        cast(score as numeric(8, 6)) as score,
        case
            when all_purchases = 0 then 'no purchase yet: popular with all customers'
            when purchases > 0
                then
                    cast(purchases as {{ dbt.type_string() }}) || ' of '
                    || cast(all_purchases as {{ dbt.type_string() }}) || ' purchases, the last on '
                    || cast({{ customer360.utc_date('last_purchase_date') }} as {{ dbt.type_string() }})
            else 'not bought yet: customers with such purchases buy it'
        end
        || case
            when lift >= 1.2 then '; often follows ' || last_category || ', the last purchase' else ''
        end as reason,
        all_purchases = 0 as is_fallback
    from scores

)

select * from final
