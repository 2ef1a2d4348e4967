-- One row a scope and customer who bought: a digest of their purchases, by which a change of them shows.
{{ config(enabled=customer360.is_enabled('contacts', 'transactions')) }}

select
    scope,
    contact_id,
    sum({{ customer360.row_digest(['id', 'loaded_at']) }}) as digest
from {{ ref('int_purchases_scoped') }}
group by scope, contact_id
