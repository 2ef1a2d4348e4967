-- One row a delivered contact that breaks no clause by itself; staging deduplicates.
{{ config(enabled=customer360.is_enabled('contacts')) }}

with contacts as (

    {{ customer360.judged(source('salesforce', 'contacts'), 'contacts', key='id') }}

),

final as (

    select
        {{ customer360.as_uuid('id') }} as id,
        username,
        name,
        gender,
        address,
        mail,
        birthdate,
        _loaded_at_utc as loaded_at
    from contacts
    where clauses = ''

)

select * from final
