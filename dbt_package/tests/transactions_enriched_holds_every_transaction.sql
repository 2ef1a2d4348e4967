-- The fact holds what it grows from, transaction by transaction: none is left behind, stands twice, or is out of date.
-- It fails when an id that was undisputed is claimed twice by now, or a row came later than lookback_days allows:
-- build once with --full-refresh.
with joined as (

    select
        id,
        contact_id,
        amount,
        category,
        count(*) as transactions
    from {{ ref('int_transactions_joined') }}
    group by id, contact_id, amount, category

),

enriched as (

    select
        id,
        contact_id,
        amount,
        category,
        count(*) as transactions
    from {{ ref('transactions_enriched') }}
    group by id, contact_id, amount, category

),

final as (

    select count(*) as violations
    from joined
    full outer join enriched
        on
            joined.id = enriched.id
            and joined.contact_id = enriched.contact_id
            and joined.amount = enriched.amount
            and joined.category = enriched.category
    where joined.id is null or enriched.id is null or joined.transactions <> enriched.transactions

)

select violations
from final
where violations > 0
