-- One row a delivered transaction that breaks no clause by itself, typed; staging deduplicates.
{{ config(enabled=customer360.is_enabled('transactions')) }}

with transactions as (

    {{ customer360.judged(source('web', 'transactions'), 'transactions', key='id') }}

),

final as (

    select
        {{ customer360.as_uuid('id') }} as id,
        {{ customer360.as_uuid('contact_id') }} as contact_id,
        {{ customer360.as_timestamp_utc('transaction_date') }} as transaction_date,
        amount,
        item_count,
        category,
        _loaded_at_utc as loaded_at
    from transactions
    where clauses = ''

)

select * from final
