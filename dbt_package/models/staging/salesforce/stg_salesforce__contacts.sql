-- One row a contact. An id that two different people claim is nobody's.
with final as (

    {{ customer360.deduplicated(
        relation=ref('base_salesforce__contacts'),
        key='id',
        columns=['username', 'name', 'gender', 'address', 'mail', 'birthdate'],
        loaded_at='loaded_at'
    ) }}

)

select * from final
