-- One row a country: how many payments went there, and how much was paid.
with

payments as (

    select * from {{ source('seller_payments', 'payment') }}

),

receivers as (

    select * from {{ source('receivers', 'Receivers') }}

),

final as (

    select
        receivers.rcvr_cntry_code as country,
        count(*) as payments,
        sum(payments.amount) as paid
    from payments
    inner join receivers on payments.rcvr_id = receivers.rcvr_id
    group by receivers.rcvr_cntry_code

)

select * from final
