-- One row a customer and rank: the categories of the contract, from the likeliest next purchase to the least likely.
-- What others buy moves all scores: a purchase anywhere makes all rows anew, and no purchase makes none.
{{ config(
    enabled=customer360.is_enabled('contacts', 'transactions'),
    materialized='incremental' if target.type == 'postgres' else 'table',
    incremental_strategy='delete+insert' if target.type == 'postgres' else none,
    unique_key=['customer_id', 'rank'],
    on_schema_change='append_new_columns',
    pre_hook=[
        "{{ customer360.note_inputs(ref('int_inputs_noted'), [
            customer360.digest_of(
                ref('int_category_tallies'), ['contact_id', 'category', 'digest'], where=\"scope = 'now'\"
            ),
            customer360.digest_of(ref('stg_salesforce__contacts'), ['id'])
        ]) }}",
        "{{ customer360.delete_gone('customer_id', ref('stg_salesforce__contacts'), ref('int_inputs_noted')) }}"
    ],
    indexes=[{'columns': ['customer_id', 'rank'], 'unique': true}],
    grants=customer360.reader_grants()
) }}

{%- set noted = ref('int_inputs_noted') %}

with scores as (

    select * from {{ ref('int_category_scores') }}
    where scope = 'now' and {{ customer360.inputs_changed(noted) }}

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
