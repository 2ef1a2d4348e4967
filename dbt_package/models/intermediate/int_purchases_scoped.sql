-- One row a purchase and scope: `now` sees all purchases, `holdout` those before the days that are held out. There is
-- no `holdout` where the evaluation is switched off.
{{ config(enabled=customer360.is_enabled('contacts', 'transactions')) }}

with transactions as (

    select * from {{ ref('transactions_enriched') }}

),

scopes as (

    select
        'now' as scope,
        max(transaction_date) as until_date
    from transactions
    {%- if customer360.is_enabled('evaluation') %}
    union all
    select
        'holdout' as scope,
        max(transaction_date) - interval '{{ var("holdout_days") }}' day as until_date
    from transactions
    {%- endif %}

),

final as (

    select
        scopes.scope,
        transactions.contact_id,
        transactions.category,
        transactions.transaction_date,
        lag(transactions.category) over (
            partition by scopes.scope, transactions.contact_id
            order by transactions.transaction_date, transactions.id
        ) as previous_category,
        row_number() over (
            partition by scopes.scope, transactions.contact_id
            order by transactions.transaction_date desc, transactions.id desc
        ) as recency
    from transactions
    inner join scopes on transactions.transaction_date <= scopes.until_date

)

select * from final
