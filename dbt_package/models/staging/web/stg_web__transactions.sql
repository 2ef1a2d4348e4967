-- One row a transaction. An id that stands for two different transactions is nobody's.
with final as (

    {{ customer360.deduplicated(
        relation=ref('base_web__transactions'),
        key='id',
        columns=['contact_id', 'transaction_date', 'amount', 'item_count', 'category'],
        loaded_at='loaded_at'
    ) }}

)

select * from final
