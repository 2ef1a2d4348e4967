-- One row a transaction whose contact is known. New, late and corrected rows come in; rows that are gone leave.
{{ config(
    enabled=customer360.is_enabled('contacts', 'transactions'),
    materialized='table' if target.type == 'spark' else 'incremental',
    incremental_strategy='delete+insert' if target.type == 'postgres' else 'merge',
    unique_key='id',
    on_schema_change='append_new_columns',
    pre_hook=[
        "{{ customer360.note_inputs(ref('int_inputs_noted'), [
            customer360.digest_of(ref('base_web__transactions'), ['id', 'contact_id', 'loaded_at']),
            customer360.digest_of(ref('stg_salesforce__contacts'), ['id'])
        ]) }}",
        "{{ customer360.delete_gone_transactions(
            this, ref('int_transactions_joined'), ref('int_inputs_noted'),
            customer360.first_day_changed(this, ref('base_web__transactions'), ref('stg_salesforce__contacts'))
        ) }}"
    ],
    indexes=[{'columns': ['id'], 'unique': true}, {'columns': ['contact_id']}, {'columns': ['loaded_at']}],
    liquid_clustered_by=['contact_id', 'transaction_date'],
    grants=customer360.reader_grants()
) }}

{%- set noted = ref('int_inputs_noted') %}

with transactions as (

    select * from {{ ref('int_transactions_joined') }}

),

{%- set first_day = customer360.first_day_changed(
    this, ref('base_web__transactions'), ref('stg_salesforce__contacts')
) %}

-- The bound skips what is known before it is typed, deduplicated and joined; a row may come late by any time.
arrived as (

    select *
    from transactions
    {#- With --no-introspect there is no connection to ask whether the table exists. #}
    {% if flags.INTROSPECT and is_incremental() %}
    where
        {{ customer360.inputs_changed(noted) }}
        and loaded_at >= ({{ first_day }})
        and not exists (
            select 1
            from {{ this }} as known
            where known.id = transactions.id and known.loaded_at >= transactions.loaded_at
        )
    {% endif %}

),

final as (

    select
        id,
        contact_id,
        transaction_date,
        category,
        item_count,
        amount,
        cast(amount / nullif(item_count, 0) as numeric(14, 2)) as amount_per_item,
        loaded_at
    from arrived

)

select * from final
