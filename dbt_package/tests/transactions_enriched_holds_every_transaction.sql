-- The fact is as long as what it grows from: no late row is left behind, none stands twice.
-- It fails when an id that was undisputed is claimed twice by now, or a row came later than lookback_days allows:
-- build once with --full-refresh.
with joined as (

    select count(*) as transactions from {{ ref('int_transactions_joined') }}

),

enriched as (

    select count(*) as transactions from {{ ref('transactions_enriched') }}

),

final as (

    select abs(joined.transactions - enriched.transactions) as violations
    from joined
    cross join enriched

)

select violations
from final
where violations > 0
