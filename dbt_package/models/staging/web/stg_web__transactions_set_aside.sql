-- One row a delivered transaction that is not taken: its id as delivered, and the clauses that it breaks.
-- A table: with a view over both sources, replacing the two base views at once deadlocks in Postgres.
{{ config(
    enabled=customer360.is_enabled('contacts', 'transactions'),
    materialized='incremental' if target.type == 'postgres' else 'table',
    incremental_strategy='append',
    pre_hook=[
        "{{ customer360.note_inputs(ref('int_inputs_noted'), [
            customer360.digest_of(
                source('web', 'transactions'),
                ['id', 'contact_id', '_loaded_at_utc'] if var('customer360_gate', true) else ['one.*']
            ),
            customer360.digest_of(ref('stg_salesforce__contacts'), ['id'])
        ]) }}",
        "{% if is_incremental() %} delete from {{ this }} where {{ customer360.inputs_changed(ref('int_inputs_noted')) }} {% endif %}"
    ]
) }}

{%- set noted = ref('int_inputs_noted') %}

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

    select distinct transactions.id
    from {{ ref('base_web__transactions') }} as transactions
    left join contacts on transactions.contact_id = contacts.id
    where
        contacts.id is null
        and transactions.id is not null
        and (
            transactions.id not in (select versions.id from versions)
            or transactions.id in (
                select versions.id from versions
                where versions.breach is null and not versions.is_divided
            )
        )

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
where {{ customer360.inputs_changed(noted) }}
