-- One row a delivered contact; staging deduplicates.
with contacts as (

    select * from {{ source('salesforce', 'contacts') }}

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

)

select * from final
