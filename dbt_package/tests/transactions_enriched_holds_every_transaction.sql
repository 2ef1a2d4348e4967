-- The fact holds what it grows from, row by row and column by column: none is left behind, gone or out of date.
-- It fails when a row was edited under its load time, or it came or went later than lookback_days allows: build once
-- with --full-refresh.
with joined as (

    select * from {{ ref('int_transactions_joined') }}

),

enriched as (

    select * from {{ ref('transactions_enriched') }}

),

final as (

    select count(*) as violations
    from joined
    full outer join enriched on joined.id = enriched.id
    where
        joined.id is null
        or enriched.id is null
        or joined.contact_id <> enriched.contact_id
        or joined.transaction_date <> enriched.transaction_date
        or joined.category <> enriched.category
        or joined.item_count <> enriched.item_count
        or joined.amount <> enriched.amount
        or joined.loaded_at <> enriched.loaded_at
        or enriched.amount_per_item <> cast(joined.amount / nullif(joined.item_count, 0) as numeric(14, 2))

)

select violations
from final
where violations > 0
