-- One row a delivered transaction that is not taken: its id as delivered, and the clauses that it breaks.
-- A table: with a view over both sources, replacing the two base views at once deadlocks in Postgres.
{{ config(enabled=customer360.is_enabled('contacts', 'transactions'), materialized='table') }}

with judged as (

    {{ customer360.judged(source('web', 'transactions'), 'transactions', key='id') }}

),

versions as (

    {{ customer360.versions(
        relation=ref('base_web__transactions'),
        key='id',
        columns=['contact_id', 'transaction_date', 'amount', 'item_count', 'category'],
        identity=customer360.contract_identity('transactions'),
        loaded_at='loaded_at'
    ) }}

),

contacts as (

    select * from {{ ref('stg_salesforce__contacts') }}

),

strangers as (

    select transactions.id
    from {{ ref('stg_web__transactions') }} as transactions
    left join contacts on transactions.contact_id = contacts.id
    where contacts.id is null

),

final as (

    select
        delivered_key as id,
        clauses
    from judged
    where clauses <> ''
    union all
    select
        cast(id as {{ dbt.type_string() }}) as id,
        case breach when 'identity' then 'transactions.identity' else 'transactions.id.primaryKey' end as clauses
    from versions
    where breach is not null
    union all
    select
        cast(id as {{ dbt.type_string() }}) as id,
        'transactions.contact_id.relationship' as clauses
    from strangers

)

select * from final
