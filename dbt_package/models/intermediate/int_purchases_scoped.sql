-- One row a purchase and scope: `now` sees all purchases, `holdout` those before the days that are held out. There is
-- no `holdout` where the evaluation is switched off.
{{ config(enabled=customer360.is_enabled('contacts', 'transactions')) }}

with scopes as (

    select
        'now' as scope,
        max(transaction_date) as until_date
    from {{ ref('transactions_enriched') }}
    {%- if customer360.is_enabled('evaluation') %}
    union all
    select
        'holdout' as scope,
        max(transaction_date) - interval '{{ var("holdout_days") }}' day as until_date
    from {{ ref('transactions_enriched') }}
    {%- endif %}

),

final as (

    select
        scopes.scope,
        transactions.id,
        transactions.contact_id,
        transactions.category,
        transactions.transaction_date,
        transactions.amount,
        transactions.loaded_at
    from {{ ref('transactions_enriched') }} as transactions
    inner join scopes on transactions.transaction_date <= scopes.until_date

)

select * from final
