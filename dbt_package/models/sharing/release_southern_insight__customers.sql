{#- Generated from southern_insight.yaml (southern_insight, customers 2.0.0). Do not edit; run: c360 generate -#}
{{ config(
    materialized='table',
    schema='sharing',
    pre_hook="{{ 'set local enable_mergejoin = off; set local enable_nestloop = off' if target.type == 'postgres' else '' }}",
    enabled=(var('share', none) == 'southern_insight')
) }}

{%- set compare = customer360.last_release(this, ['person', 'q1_band_5_25', 'q2_round_100_1000', 'step', 's_band_250', 'canary']) %}

with people as (

    select
        id as person,
        coalesce(cast(floor(age) as bigint) - mod(mod(cast(floor(age) as bigint), 5) + 5, 5), 1) as f1,
        coalesce(cast(floor(age) as bigint) - mod(mod(cast(floor(age) as bigint), 25) + 25, 25), 1) as c1,
        coalesce(cast(round(books_amount / 100.0) * 100 as bigint), 1) as f2,
        coalesce(cast(round(books_amount / 1000.0) * 1000 as bigint), 1) as c2,
        coalesce(cast(floor(total_expense) as bigint) - mod(mod(cast(floor(total_expense) as bigint), 250) + 250, 250), 1) as s_band_250
    from {{ ref('customers', v=2) }}

),

counted as (

    select
        f1,
        f2,
        c1,
        c2,
        s_band_250,
        count(*) as persons
    from people
    group by f1, f2, c1, c2, s_band_250

),

fine as (

    select f1, f2
    from counted
    group by f1, f2
    having sum(persons) >= 20 and count(distinct s_band_250) >= 3

),

coarse as (

    select counted.c1, counted.c2
    from counted
    left join fine using (f1, f2)
    where fine.f1 is null
    group by counted.c1, counted.c2
    having sum(persons) >= 20 and count(distinct s_band_250) >= 3

),

placed as (

    select distinct
        counted.f1,
        counted.f2,
        counted.c1,
        counted.c2,
        case when fine.f1 is null then counted.c1 else counted.f1 end as q1_band_5_25,
        case when fine.f1 is null then counted.c2 else counted.f2 end as q2_round_100_1000,
        case when fine.f1 is null then 2 else 1 end as step
    from counted
    left join fine using (f1, f2)
    left join coarse using (c1, c2)
    where fine.f1 is not null or coarse.c1 is not null

),

grouped as (

    select
        people.person,
        placed.q1_band_5_25,
        placed.q2_round_100_1000,
        placed.step,
        people.s_band_250
    from people
    inner join placed using (f1, f2, c1, c2)

)
{%- if compare %},

last_sound as (

    select q1_band_5_25, q2_round_100_1000, step
    from {{ this }}
    where canary is null
    group by q1_band_5_25, q2_round_100_1000, step
    having count(*) >= 20 and count(distinct s_band_250) >= 3

),

last as (

    select released.person, released.q1_band_5_25, released.q2_round_100_1000, released.step, released.s_band_250
    from {{ this }} as released
    inner join last_sound using (q1_band_5_25, q2_round_100_1000, step)
    where released.canary is null

),

matched as (

    select
        coalesce(grouped.person, last.person) as person,
        grouped.q1_band_5_25 as now_q1_band_5_25,
        grouped.q2_round_100_1000 as now_q2_round_100_1000,
        grouped.step as now_step,
        grouped.s_band_250 as now_s_band_250,
        last.q1_band_5_25 as last_q1_band_5_25,
        last.q2_round_100_1000 as last_q2_round_100_1000,
        last.step as last_step,
        last.s_band_250 as last_s_band_250,
        coalesce(grouped.q1_band_5_25 = last.q1_band_5_25 and grouped.q2_round_100_1000 = last.q2_round_100_1000 and grouped.step = last.step, false) as stays
    from grouped
    full join last on grouped.person = last.person

),

moved as (

    select *
    from matched
    where not stays

),

stayed as (

    select
        now_q1_band_5_25 as q1_band_5_25,
        now_q2_round_100_1000 as q2_round_100_1000,
        now_step as step,
        now_s_band_250 as s_band_250,
        count(*) as persons
    from matched
    where stays
    group by now_q1_band_5_25, now_q2_round_100_1000, now_step, now_s_band_250

),

held_0 as (

    select now_q1_band_5_25 as q1_band_5_25, now_q2_round_100_1000 as q2_round_100_1000, now_step as step
    from moved
    where now_step is not null
    group by now_q1_band_5_25, now_q2_round_100_1000, now_step
    having count(*) < 20
    union
    select last_q1_band_5_25 as q1_band_5_25, last_q2_round_100_1000 as q2_round_100_1000, last_step as step
    from moved
    where last_step is not null
    group by last_q1_band_5_25, last_q2_round_100_1000, last_step
    having count(*) < 20

),

came_1 as (

    select
        moved.now_q1_band_5_25 as q1_band_5_25,
        moved.now_q2_round_100_1000 as q2_round_100_1000,
        moved.now_step as step,
        moved.now_s_band_250 as s_band_250,
        1 as persons
    from moved
    left join held_0 as held on moved.last_q1_band_5_25 = held.q1_band_5_25 and moved.last_q2_round_100_1000 = held.q2_round_100_1000 and moved.last_step = held.step
    where moved.now_step is not null and held.step is null

),

held_1 as (

    select q1_band_5_25, q2_round_100_1000, step
    from held_0
    union
    select q1_band_5_25, q2_round_100_1000, step
    from came_1
    group by q1_band_5_25, q2_round_100_1000, step
    having count(*) < 20
    union
    select q1_band_5_25, q2_round_100_1000, step
    from (
        select *
        from came_1
        union all
        select *
        from stayed
    ) as everybody
    group by q1_band_5_25, q2_round_100_1000, step
    having not (sum(persons) >= 20 and count(distinct s_band_250) >= 3)

),

came_2 as (

    select
        moved.now_q1_band_5_25 as q1_band_5_25,
        moved.now_q2_round_100_1000 as q2_round_100_1000,
        moved.now_step as step,
        moved.now_s_band_250 as s_band_250,
        1 as persons
    from moved
    left join held_1 as held on moved.last_q1_band_5_25 = held.q1_band_5_25 and moved.last_q2_round_100_1000 = held.q2_round_100_1000 and moved.last_step = held.step
    where moved.now_step is not null and held.step is null

),

held_2 as (

    select q1_band_5_25, q2_round_100_1000, step
    from held_1
    union
    select q1_band_5_25, q2_round_100_1000, step
    from came_2
    group by q1_band_5_25, q2_round_100_1000, step
    having count(*) < 20
    union
    select q1_band_5_25, q2_round_100_1000, step
    from (
        select *
        from came_2
        union all
        select *
        from stayed
    ) as everybody
    group by q1_band_5_25, q2_round_100_1000, step
    having not (sum(persons) >= 20 and count(distinct s_band_250) >= 3)

),

came_3 as (

    select
        moved.now_q1_band_5_25 as q1_band_5_25,
        moved.now_q2_round_100_1000 as q2_round_100_1000,
        moved.now_step as step,
        moved.now_s_band_250 as s_band_250,
        1 as persons
    from moved
    left join held_2 as held on moved.last_q1_band_5_25 = held.q1_band_5_25 and moved.last_q2_round_100_1000 = held.q2_round_100_1000 and moved.last_step = held.step
    where moved.now_step is not null and held.step is null

),

held_3 as (

    select q1_band_5_25, q2_round_100_1000, step
    from held_2
    union
    select q1_band_5_25, q2_round_100_1000, step
    from came_3
    group by q1_band_5_25, q2_round_100_1000, step
    having count(*) < 20
    union
    select q1_band_5_25, q2_round_100_1000, step
    from (
        select *
        from came_3
        union all
        select *
        from stayed
    ) as everybody
    group by q1_band_5_25, q2_round_100_1000, step
    having not (sum(persons) >= 20 and count(distinct s_band_250) >= 3)

),

unsettled as (

    select held_3.step
    from held_3
    left join held_2 as held using (q1_band_5_25, q2_round_100_1000, step)
    where held.step is null

),

released as (

    select
        matched.person,
        case when held.step is null then matched.now_q1_band_5_25 else matched.last_q1_band_5_25 end as q1_band_5_25,
        case when held.step is null then matched.now_q2_round_100_1000 else matched.last_q2_round_100_1000 end as q2_round_100_1000,
        case when held.step is null then matched.now_step else matched.last_step end as step,
        case when held.step is null then matched.now_s_band_250 else matched.last_s_band_250 end as s_band_250
    from matched
    left join held_2 as held on matched.last_q1_band_5_25 = held.q1_band_5_25 and matched.last_q2_round_100_1000 = held.q2_round_100_1000 and matched.last_step = held.step
    left join held_2 as closed on matched.now_q1_band_5_25 = closed.q1_band_5_25 and matched.now_q2_round_100_1000 = closed.q2_round_100_1000 and matched.now_step = closed.step
    where
        not exists (select 1 from unsettled)
        and (held.step is not null or (matched.now_step is not null and closed.step is null))
    union all
    select last.person, last.q1_band_5_25, last.q2_round_100_1000, last.step, last.s_band_250
    from last
    where exists (select 1 from unsettled)

)
{%- endif %},

everybody as (

    select
        person,
        q1_band_5_25,
        q2_round_100_1000,
        step,
        s_band_250,
        cast(null as int) as canary
    from {{ 'released' if compare else 'grouped' }}

)

-- the order of rows would tell who came when, and who is a canary
select *
from everybody
order by random()
