-- One row a delivered contact that is not taken: its id as delivered, and the clauses that it breaks.
-- A table: with a view over both sources, replacing the two base views at once deadlocks in Postgres.
{{ config(enabled=customer360.is_enabled('contacts'), materialized='table') }}

with judged as (

    {{ customer360.judged(source('salesforce', 'contacts'), 'contacts', key='id') }}

),

versions as (

    {{ customer360.versions(
        relation=ref('base_salesforce__contacts'),
        key='id',
        columns=['username', 'name', 'gender', 'address', 'mail', 'birthdate'],
        identity=customer360.contract_identity('contacts'),
        loaded_at='loaded_at'
    ) }}

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
        case breach when 'identity' then 'contacts.identity' else 'contacts.id.primaryKey' end as clauses
    from versions
    where breach is not null

)

select * from final
