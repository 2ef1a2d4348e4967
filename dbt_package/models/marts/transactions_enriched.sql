-- One row a transaction whose contact is known. Grows by what was loaded, late rows and corrections included.
{{ config(
    materialized='table' if target.type == 'spark' else 'incremental',
    incremental_strategy='delete+insert' if target.type == 'postgres' else 'merge',
    unique_key='id',
    on_schema_change='append_new_columns',
    indexes=[{'columns': ['id'], 'unique': true}, {'columns': ['contact_id']}, {'columns': ['loaded_at']}],
    liquid_clustered_by=['contact_id', 'transaction_date'],
    grants=customer360.reader_grants()
) }}

with transactions as (

    select * from {{ ref('int_transactions_joined') }}

),

delivered as (

    select * from {{ ref('base_web__transactions') }}
    {#- With --no-introspect there is no connection to ask whether the table exists. #}
    {% if flags.INTROSPECT and is_incremental() and var('lookback_days') is not none %}
    where
        loaded_at >= (
            select coalesce(max(known.loaded_at), cast('1970-01-01' as timestamp))
                - interval '{{ var("lookback_days") }}' day
            from {{ this }} as known
        )
    {% endif %}

),

-- The bound skips what is known before it is deduplicated and joined; a row may come late by any time.
arrived as (

    select *
    from transactions
    {% if flags.INTROSPECT and is_incremental() %}
    where
        loaded_at >= (
            select min(delivered.loaded_at)
            from delivered
            where
                not exists (
                    select 1
                    from {{ this }} as known
                    where known.id = delivered.id and known.loaded_at >= delivered.loaded_at
                )
        )
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
