-- One row a transaction whose contact is known.
{{ config(enabled=customer360.is_enabled('contacts', 'transactions')) }}

with transactions as (

    select * from {{ ref('stg_web__transactions') }}

),

contacts as (

    select * from {{ ref('stg_salesforce__contacts') }}

),

final as (

    select
        transactions.id,
        transactions.contact_id,
        transactions.transaction_date,
        transactions.category,
        transactions.item_count,
        transactions.amount,
        transactions.loaded_at
    from transactions
    inner join contacts on transactions.contact_id = contacts.id

)

select * from final
