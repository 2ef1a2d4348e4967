-- One row a counter and day: how many bicycles went by.
with

counts as (

    select * from {{ source('counts', 'counts') }}

),

final as (

    select
        counter,
        cast(hour as date) as day,
        sum(bicycles) as bicycles
    from counts
    group by counter, cast(hour as date)

)

select * from final
