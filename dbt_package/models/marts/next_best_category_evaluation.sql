-- One row a method: how well it foretells the first purchase in the days held out, from all purchases before them.
-- Where there is none before them, nothing could be learnt: no customer is judged, and there are no rates.
{{ config(
    enabled=customer360.is_enabled('contacts', 'transactions', 'evaluation'),
    materialized='incremental' if target.type == 'postgres' else 'table',
    incremental_strategy='delete+insert' if target.type == 'postgres' else none,
    unique_key='method',
    on_schema_change='append_new_columns',
    pre_hook="{{ customer360.note_inputs(ref('int_inputs_noted'), [
        customer360.digest_of(ref('int_category_tallies'), ['scope', 'contact_id', 'category', 'digest']),
        customer360.digest_of(ref('stg_salesforce__contacts'), ['id'])
    ]) }}",
    grants=customer360.reader_grants()
) }}

{%- set methods = ['recommender', 'popularity', 'own_favourite'] %}
{%- set noted = ref('int_inputs_noted') %}

with scores as (

    select * from {{ ref('int_category_scores') }}
    where scope = 'holdout'

),

purchases as (

    select * from {{ ref('transactions_enriched') }}

),

held_out as (

    select
        contact_id,
        category,
        row_number() over (partition by contact_id order by transaction_date, id) as place
    from purchases
    where
        transaction_date > (
            select max(newest.transaction_date) - interval '{{ var("holdout_days") }}' day from purchases as newest
        )

),

ranked as (

    select
        contact_id,
        category,
        row_number() over (partition by contact_id order by score desc, position asc) as recommender,
        row_number() over (partition by contact_id order by popularity desc, position asc) as popularity,
        row_number() over (
            partition by contact_id order by purchases desc, popularity desc, position asc
        ) as own_favourite
    from scores
    where (select max(learnt.all_purchases) from scores as learnt) > 0

),

foretold as (

    select ranked.*
    from held_out
    inner join ranked on held_out.contact_id = ranked.contact_id and held_out.category = ranked.category
    where held_out.place = 1

),

placed as (
    {% for method in methods %}
    select
        '{{ method }}' as method,
        {{ method }} as place
    from foretold
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

methods as (
    {% for method in methods %}
    select '{{ method }}' as method
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

rated as (

    select
        method,
        case when place <= 1 then 1 else 0 end as first_hit,
        case when place <= 3 then 1 else 0 end as early_hit,
        {{ customer360.ratio('1', 'place') }} as reciprocal
    from placed

),

final as (

    select
        methods.method,
        count(rated.method) as customers,
        cast({{ customer360.ratio('sum(rated.first_hit)', 'count(rated.method)') }} as numeric(6, 4)) as hit_rate_at_1,
        cast({{ customer360.ratio('sum(rated.early_hit)', 'count(rated.method)') }} as numeric(6, 4)) as hit_rate_at_3,
        cast({{ customer360.ratio('sum(rated.reciprocal)', 'count(rated.method)') }} as numeric(6, 4)) as mrr
    from methods
    left join rated on methods.method = rated.method
    where {{ customer360.inputs_changed(noted) }}
    group by methods.method

)

select * from final
