-- One row a scope, customer and category that the customer has bought.
-- An incremental build tallies those customers anew whose purchases changed.
{{ config(
    enabled=customer360.is_enabled('contacts', 'transactions'),
    materialized='incremental' if target.type == 'postgres' else 'table',
    incremental_strategy='append',
    on_schema_change='append_new_columns',
    pre_hook=[
        "{{ customer360.note_inputs(ref('int_inputs_noted'), [
            customer360.digest_of(ref('transactions_enriched'), ['id', 'loaded_at'])
        ]) }}",
        "{{ customer360.delete_outdated_tallies(ref('int_contact_digests'), ref('int_inputs_noted')) }}"
    ],
    indexes=[{'columns': ['scope', 'contact_id', 'category'], 'unique': true}]
) }}

{%- set noted = ref('int_inputs_noted') %}

with purchases as (

    select * from {{ ref('int_purchases_scoped') }}

),

touched as (

    select
        scope,
        contact_id
    from purchases
    where {{ customer360.inputs_changed(noted) }}
    {#- An anti-join would be made after the join below. #}
    {%- if flags.INTROSPECT and is_incremental() %}
    except
    select
        scope,
        contact_id
    from {{ this }}
    {%- else %}
    group by scope, contact_id
    {%- endif %}

),

ordered as (

    select
        purchases.*,
        sum({{ customer360.row_digest(['purchases.id', 'purchases.loaded_at']) }}) over (
            partition by purchases.scope, purchases.contact_id
        ) as digest,
        lag(purchases.category) over (
            partition by purchases.scope, purchases.contact_id
            order by purchases.transaction_date, purchases.id
        ) as previous_category,
        row_number() over (
            partition by purchases.scope, purchases.contact_id
            order by purchases.transaction_date desc, purchases.id desc
        ) as recency
    from purchases
    inner join touched on purchases.scope = touched.scope and purchases.contact_id = touched.contact_id

),

counted as (

    select
        scope,
        contact_id,
        category,
        digest,
        cast(count(*) as integer) as purchases,
        cast(sum(amount) as numeric(14, 2)) as amount,
        min(transaction_date) as first_purchase_date,
        max(transaction_date) as last_purchase_date,
        max(case when recency = 1 then 1 else 0 end) as is_last
        {%- for category in customer360.contract_enum('transactions', 'category') %},
        sum(
            case when previous_category = {{ customer360.text_literal(category.value) }} then 1 else 0 end
        ) as after_{{ category.id }}
        {%- endfor %}
    from ordered
    group by scope, contact_id, category, digest

),

final as (

    select
        *,
        sum(purchases) over (partition by scope, contact_id) as all_purchases
    from counted

)

select * from final
