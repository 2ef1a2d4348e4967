-- One row a customer: every contact, with or without a purchase. An incremental build writes rows that differ.
{{ config(
    enabled=customer360.is_enabled('contacts'),
    materialized='incremental' if target.type == 'postgres' else 'table',
    incremental_strategy='delete+insert' if target.type == 'postgres' else none,
    unique_key='id',
    on_schema_change='append_new_columns',
    pre_hook=[
        "{{ customer360.note_inputs(ref('int_inputs_noted'), [
            customer360.digest_of(
                ref('int_category_tallies'), ['contact_id', 'category', 'digest'], where=\"scope = 'now'\"
            ) if customer360.is_enabled('transactions') else \"select 'none'\",
            customer360.digest_of(ref('stg_salesforce__contacts'), ['id', 'gender', 'birthdate']),
            'select cast(' ~ customer360.today_utc() ~ ' as text)'
        ]) }}",
        "{{ customer360.delete_gone('id', ref('stg_salesforce__contacts'), ref('int_inputs_noted')) }}"
    ],
    indexes=[{'columns': ['id'], 'unique': true}],
    grants=customer360.reader_grants()
) }}

{%- set categories = customer360.contract_enum('transactions', 'category') %}
{%- set noted = ref('int_inputs_noted') %}

with contacts as (

    select * from {{ ref('stg_salesforce__contacts') }}

),

-- With no transactions nobody bought anything.
tallies as (

    {% if customer360.is_enabled('transactions') %}
    select * from {{ ref('int_category_tallies') }}
    where scope = 'now'
    {% else %}
    select
        id as contact_id,
        cast(null as timestamp) as first_purchase_date,
        cast(null as timestamp) as last_purchase_date,
        cast(null as {{ dbt.type_string() }}) as category,
        cast(null as numeric(12, 2)) as amount
    from contacts
    where 1 = 0
    {% endif %}

),

purchases as (

    select
        contact_id,
        min(first_purchase_date) as first_purchase,
        max(last_purchase_date) as last_purchase,
        {%- for category in categories %}
        sum(
            case when category = {{ customer360.text_literal(category.value) }} then amount else 0 end
        ) as {{ category.id }}_amount,
        {%- endfor %}
        sum(amount) as total_expense
    from tallies
    group by contact_id

),

joined as (

    select
        contacts.id,
        contacts.gender,
        {{ customer360.age_in_years('contacts.birthdate') }} as age,
        cast(coalesce(purchases.total_expense, 0) as numeric(14, 2)) as total_expense,
        {{ customer360.at_utc('purchases.first_purchase') }} as first_purchase_at,
        {{ customer360.at_utc('purchases.last_purchase') }} as last_purchase_at
        {%- for category in categories %},
        cast(coalesce(purchases.{{ category.id }}_amount, 0) as numeric(14, 2)) as {{ category.id }}_amount
        {%- endfor %}
    from contacts
    left join purchases on contacts.id = purchases.contact_id
    where {{ customer360.inputs_changed(noted) }}

),

final as (

    select * from joined
    {%- if flags.INTROSPECT and is_incremental() %}
    where
        not exists (
            select 1
            from {{ this }} as known
            where
                known.id = joined.id
                and to_jsonb(known.*) = to_jsonb(joined.*)
        )
    {%- endif %}

)

select * from final
