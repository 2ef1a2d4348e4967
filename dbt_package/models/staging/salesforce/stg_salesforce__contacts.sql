-- One row a contact, as it was loaded last. An id that two different people claim is nobody's.
{{ config(enabled=customer360.is_enabled('contacts')) }}

with final as (

    {{ customer360.deduplicated(
        relation=ref('base_salesforce__contacts'),
        key='id',
        columns=['username', 'name', 'gender', 'address', 'mail', 'birthdate'],
        identity=customer360.contract_identity('contacts'),
        loaded_at='loaded_at'
    ) }}

)

select * from final
