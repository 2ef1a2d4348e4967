{#- Generated from southern_insight.yaml (southern_insight, customers 2.0.0). Do not edit; run: c360 generate -#}
{{ config(
    materialized='table',
    schema='sharing',
    pre_hook=("set local work_mem = '256MB'; set local jit = off; set local parallel_tuple_cost = 0; set local enable_mergejoin = off; set local enable_nestloop = off" if target.type == 'postgres' else ''),
    enabled=(var('share', none) == 'southern_insight')
) }}

with each_canary as (

    select 1 as canary
    union all
    select 2 as canary
    union all
    select 3 as canary
    union all
    select 4 as canary
    union all
    select 5 as canary

),

people as (

    select
        id as person,
        coalesce(cast(age as bigint) - mod(mod(cast(age as bigint), 5) + 5, 5), 1) as f1,
        coalesce(cast(round(books_amount / 100.0) * 100 as bigint), 1) as f2,
        coalesce(cast(round(books_amount / 1000.0) * 1000 as bigint), 1) as c2,
        coalesce(cast(floor(total_expense) as bigint) - mod(mod(cast(floor(total_expense) as bigint), 250) + 250, 250), 1) as s_band_250
    from {{ ref('customers', v=2) }}

),

counted_all as (

    select
        f1,
        f2,
        c2,
        s_band_250,
        case f1 when 1 then 1 else f1 - mod(mod(f1, 25) + 25, 25) end as c1,
        count(*) as persons
    from people
    group by f1, f2, c2, s_band_250

),

alike_in_counted_all as (

    select
        f1,
        f2,
        c2,
        c1,
        s_band_250,
        persons,
        sum(persons) over (partition by s_band_250) as alike
    from counted_all

),

counted as (

    select
        f1,
        f2,
        c2,
        c1,
        case when s_band_250 <> 1 and alike >= 20 and (rarer = 0 or rarer >= 20) then s_band_250 else 1 end as s_band_250,
        persons
    from (
        select
            *,
            sum(persons) over (order by case s_band_250 when 1 then 0 else alike end, s_band_250) - alike as rarer
        from alike_in_counted_all
    ) as ranked

),

fine as (

    select f1, f2
    from counted
    group by f1, f2
    having sum(persons) >= 20 and count(distinct nullif(s_band_250, 1)) >= 3

),

coarse as (

    select c1, c2
    from counted
    left join fine using (f1, f2)
    where fine.f1 is null
    group by c1, c2
    having sum(persons) >= 20 and count(distinct nullif(s_band_250, 1)) >= 3

),

candidates as (

    select distinct
        counted.f1,
        counted.f2,
        counted.c2,
        case when fine.f1 is null then counted.c1 else counted.f1 end as q1_band_5_25,
        case when fine.f1 is null then counted.c2 else counted.f2 end as q2_round_100_1000,
        case when fine.f1 is null then 2 else 1 end as step
    from counted
    left join fine using (f1, f2)
    left join coarse using (c1, c2)
    where fine.f1 is not null or coarse.c1 is not null

),

kinds_0 as (

    select
        candidates.q1_band_5_25,
        candidates.q2_round_100_1000,
        candidates.step,
        counted.s_band_250,
        sum(counted.persons) as persons
    from counted
    inner join candidates using (f1, f2, c2)
    group by candidates.q1_band_5_25, candidates.q2_round_100_1000, candidates.step, counted.s_band_250

),

alike_in_kinds_0 as (

    select
        q1_band_5_25,
        q2_round_100_1000,
        step,
        s_band_250,
        persons,
        sum(persons) over (partition by s_band_250) as alike
    from kinds_0

),

told_1 as (

    select
        q1_band_5_25,
        q2_round_100_1000,
        step,
        case when s_band_250 <> 1 and alike >= 20 and (rarer = 0 or rarer >= 20) then s_band_250 else 1 end as s_band_250,
        persons
    from (
        select
            *,
            sum(persons) over (order by case s_band_250 when 1 then 0 else alike end, s_band_250) - alike as rarer
        from alike_in_kinds_0
    ) as ranked

),

sound_1 as (

    select q1_band_5_25, q2_round_100_1000, step
    from told_1
    group by q1_band_5_25, q2_round_100_1000, step
    having sum(persons) >= 20 and count(distinct nullif(s_band_250, 1)) >= 3

),

kinds_1 as (

    select told_1.*
    from told_1
    inner join sound_1 using (q1_band_5_25, q2_round_100_1000, step)

),

alike_in_kinds_1 as (

    select
        q1_band_5_25,
        q2_round_100_1000,
        step,
        s_band_250,
        persons,
        sum(persons) over (partition by s_band_250) as alike
    from kinds_1

),

told_2 as (

    select
        q1_band_5_25,
        q2_round_100_1000,
        step,
        case when s_band_250 <> 1 and alike >= 20 and (rarer = 0 or rarer >= 20) then s_band_250 else 1 end as s_band_250,
        persons
    from (
        select
            *,
            sum(persons) over (order by case s_band_250 when 1 then 0 else alike end, s_band_250) - alike as rarer
        from alike_in_kinds_1
    ) as ranked

),

sound_2 as (

    select q1_band_5_25, q2_round_100_1000, step
    from told_2
    group by q1_band_5_25, q2_round_100_1000, step
    having sum(persons) >= 20 and count(distinct nullif(s_band_250, 1)) >= 3

),

kinds_2 as (

    select told_2.*
    from told_2
    inner join sound_2 using (q1_band_5_25, q2_round_100_1000, step)

),

alike_in_kinds_2 as (

    select
        q1_band_5_25,
        q2_round_100_1000,
        step,
        s_band_250,
        persons,
        sum(persons) over (partition by s_band_250) as alike
    from kinds_2

),

told_3 as (

    select
        q1_band_5_25,
        q2_round_100_1000,
        step,
        case when s_band_250 <> 1 and alike >= 20 and (rarer = 0 or rarer >= 20) then s_band_250 else 1 end as s_band_250,
        persons
    from (
        select
            *,
            sum(persons) over (order by case s_band_250 when 1 then 0 else alike end, s_band_250) - alike as rarer
        from alike_in_kinds_2
    ) as ranked

),

sound_3 as (

    select q1_band_5_25, q2_round_100_1000, step
    from told_3
    group by q1_band_5_25, q2_round_100_1000, step
    having sum(persons) >= 20 and count(distinct nullif(s_band_250, 1)) >= 3

),

kinds_3 as (

    select told_3.*
    from told_3
    inner join sound_3 using (q1_band_5_25, q2_round_100_1000, step)

),

settled as (

    select *
    from kinds_3
    where (select count(*) from kinds_3) = (select count(*) from told_3)

),

told as (

    select distinct s_band_250
    from settled
    where s_band_250 <> 1

),

told_people as (

    select
        people.person,
        people.f1,
        people.f2,
        people.c2,
        case when told.s_band_250 is null then 1 else told.s_band_250 end as s_band_250
    from people
    left join told on people.s_band_250 = told.s_band_250

),

told_counted as (

    select
        counted.f1,
        counted.f2,
        counted.c2,
        counted.persons,
        case when told.s_band_250 is null then 1 else told.s_band_250 end as s_band_250
    from counted
    left join told on counted.s_band_250 = told.s_band_250

),

placed as (

    select candidates.*
    from candidates
    inner join (select distinct q1_band_5_25, q2_round_100_1000, step from settled) as groups
        on candidates.q1_band_5_25 = groups.q1_band_5_25 and candidates.q2_round_100_1000 = groups.q2_round_100_1000 and candidates.step = groups.step

),

released as (

    select
        people.person,
        placed.q1_band_5_25,
        placed.q2_round_100_1000,
        placed.step,
        people.s_band_250
    from told_people as people
    inner join placed using (f1, f2, c2)

),

moved as (

    select
        placed.q1_band_5_25, placed.q2_round_100_1000, placed.step,
        counted.s_band_250,
        sum(counted.persons) as persons
    from told_counted as counted
    inner join placed using (f1, f2, c2)
    group by placed.q1_band_5_25, placed.q2_round_100_1000, placed.step, counted.s_band_250

),

typical as (

    select
        q1_band_5_25,
        q2_round_100_1000,
        step,
        s_band_250,
        sum(persons) over (partition by q1_band_5_25, q2_round_100_1000, step) as persons,
        row_number() over (partition by q1_band_5_25, q2_round_100_1000, step order by persons desc, s_band_250) as nth
    from moved

),

went as (

    select
        q1_band_5_25,
        q2_round_100_1000,
        step,
        s_band_250,
        row_number() over (order by persons desc, q1_band_5_25, q2_round_100_1000, step) as place,
        count(*) over () as places
    from typical
    where nth = 1

),

everybody as (

    select
        person,
        q1_band_5_25,
        q2_round_100_1000,
        step,
        s_band_250,
        cast(null as int) as canary
    from released
    union all
    select
        null as person,
        went.q1_band_5_25,
        went.q2_round_100_1000,
        went.step,
        went.s_band_250,
        each_canary.canary
    from each_canary
    inner join went
        on went.place = 1 + mod(each_canary.canary - 1, went.places)

)

-- the order of rows would tell who came when, and who is a canary
select
    *,
    (select max(version) from sharing.key where partner = 'southern_insight') as key_version
from everybody
order by random()
