-- One row a delivered transaction, typed; staging deduplicates.
with transactions as (

    select * from {{ source('web', 'transactions') }}

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

)

select * from final
