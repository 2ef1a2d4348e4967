-- One row a transaction, as it was loaded last. An id that two contacts are said to have paid is nobody's.
{{ config(enabled=customer360.is_enabled('transactions')) }}

with final as (

    {{ customer360.deduplicated(
        relation=ref('base_web__transactions'),
        key='id',
        columns=['contact_id', 'transaction_date', 'amount', 'item_count', 'category'],
        identity=customer360.contract_identity('transactions'),
        loaded_at='loaded_at'
    ) }}

)

select * from final
