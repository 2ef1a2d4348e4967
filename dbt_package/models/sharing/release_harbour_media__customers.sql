{#- Generated from harbour_media.yaml (harbour_media, customers 2.0.0). Do not edit; run: c360 generate -#}
{{ config(
    materialized='table',
    schema='sharing',
    pre_hook="{{ 'set local enable_mergejoin = off; set local enable_nestloop = off' if target.type == 'postgres' else '' }}",
    enabled=(var('share', none) == 'harbour_media')
) }}

{%- set compare = customer360.last_release(this, ['person', 'q1_band_10_20', 'q2_truncate_quarter_year', 'q3_band_500_1000', 'step', 'canary']) %}

with people as (

    select
        id as person,
        coalesce(cast(floor(age) as bigint) - mod(mod(cast(floor(age) as bigint), 10) + 10, 10), 1) as f1,
        coalesce(cast(floor(age) as bigint) - mod(mod(cast(floor(age) as bigint), 20) + 20, 20), 1) as c1,
        {{ customer360.by_engine({"postgres": "coalesce(cast(date_trunc('quarter', (first_purchase_at at time zone 'UTC')) as date), date '9999-12-30')", "databricks": "coalesce(trunc(date_add(date'1970-01-01', cast(floor(unix_micros(first_purchase_at) / 86400000000) as int)), 'quarter'), date '9999-12-30')"}) }} as f2,
        {{ customer360.by_engine({"postgres": "coalesce(cast(date_trunc('year', (first_purchase_at at time zone 'UTC')) as date), date '9999-12-30')", "databricks": "coalesce(trunc(date_add(date'1970-01-01', cast(floor(unix_micros(first_purchase_at) / 86400000000) as int)), 'year'), date '9999-12-30')"}) }} as c2,
        coalesce(cast(floor(total_expense) as bigint) - mod(mod(cast(floor(total_expense) as bigint), 500) + 500, 500), 1) as f3,
        coalesce(cast(floor(total_expense) as bigint) - mod(mod(cast(floor(total_expense) as bigint), 1000) + 1000, 1000), 1) as c3
    from {{ ref('customers', v=2) }}

),

counted as (

    select
        f1,
        f2,
        f3,
        c1,
        c2,
        c3,
        count(*) as persons
    from people
    group by f1, f2, f3, c1, c2, c3

),

fine as (

    select f1, f2, f3
    from counted
    group by f1, f2, f3
    having sum(persons) >= 11

),

coarse as (

    select counted.c1, counted.c2, counted.c3
    from counted
    left join fine using (f1, f2, f3)
    where fine.f1 is null
    group by counted.c1, counted.c2, counted.c3
    having sum(persons) >= 11

),

placed as (

    select distinct
        counted.f1,
        counted.f2,
        counted.f3,
        counted.c1,
        counted.c2,
        counted.c3,
        case when fine.f1 is null then counted.c1 else counted.f1 end as q1_band_10_20,
        case when fine.f1 is null then counted.c2 else counted.f2 end as q2_truncate_quarter_year,
        case when fine.f1 is null then counted.c3 else counted.f3 end as q3_band_500_1000,
        case when fine.f1 is null then 2 else 1 end as step
    from counted
    left join fine using (f1, f2, f3)
    left join coarse using (c1, c2, c3)
    where fine.f1 is not null or coarse.c1 is not null

),

grouped as (

    select
        people.person,
        placed.q1_band_10_20,
        placed.q2_truncate_quarter_year,
        placed.q3_band_500_1000,
        placed.step
    from people
    inner join placed using (f1, f2, f3, c1, c2, c3)

)
{%- if compare %},

last_sound as (

    select q1_band_10_20, q2_truncate_quarter_year, q3_band_500_1000, step
    from {{ this }}
    where canary is null
    group by q1_band_10_20, q2_truncate_quarter_year, q3_band_500_1000, step
    having count(*) >= 11

),

last as (

    select released.person, released.q1_band_10_20, released.q2_truncate_quarter_year, released.q3_band_500_1000, released.step
    from {{ this }} as released
    inner join last_sound using (q1_band_10_20, q2_truncate_quarter_year, q3_band_500_1000, step)
    where released.canary is null

),

matched as (

    select
        coalesce(grouped.person, last.person) as person,
        grouped.q1_band_10_20 as now_q1_band_10_20,
        grouped.q2_truncate_quarter_year as now_q2_truncate_quarter_year,
        grouped.q3_band_500_1000 as now_q3_band_500_1000,
        grouped.step as now_step,
        last.q1_band_10_20 as last_q1_band_10_20,
        last.q2_truncate_quarter_year as last_q2_truncate_quarter_year,
        last.q3_band_500_1000 as last_q3_band_500_1000,
        last.step as last_step,
        coalesce(grouped.q1_band_10_20 = last.q1_band_10_20 and grouped.q2_truncate_quarter_year = last.q2_truncate_quarter_year and grouped.q3_band_500_1000 = last.q3_band_500_1000 and grouped.step = last.step, false) as stays
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
        now_q1_band_10_20 as q1_band_10_20,
        now_q2_truncate_quarter_year as q2_truncate_quarter_year,
        now_q3_band_500_1000 as q3_band_500_1000,
        now_step as step,
        count(*) as persons
    from matched
    where stays
    group by now_q1_band_10_20, now_q2_truncate_quarter_year, now_q3_band_500_1000, now_step

),

held_0 as (

    select now_q1_band_10_20 as q1_band_10_20, now_q2_truncate_quarter_year as q2_truncate_quarter_year, now_q3_band_500_1000 as q3_band_500_1000, now_step as step
    from moved
    where now_step is not null
    group by now_q1_band_10_20, now_q2_truncate_quarter_year, now_q3_band_500_1000, now_step
    having count(*) < 11
    union
    select last_q1_band_10_20 as q1_band_10_20, last_q2_truncate_quarter_year as q2_truncate_quarter_year, last_q3_band_500_1000 as q3_band_500_1000, last_step as step
    from moved
    where last_step is not null
    group by last_q1_band_10_20, last_q2_truncate_quarter_year, last_q3_band_500_1000, last_step
    having count(*) < 11

),

came_1 as (

    select
        moved.now_q1_band_10_20 as q1_band_10_20,
        moved.now_q2_truncate_quarter_year as q2_truncate_quarter_year,
        moved.now_q3_band_500_1000 as q3_band_500_1000,
        moved.now_step as step,
        1 as persons
    from moved
    left join held_0 as held on moved.last_q1_band_10_20 = held.q1_band_10_20 and moved.last_q2_truncate_quarter_year = held.q2_truncate_quarter_year and moved.last_q3_band_500_1000 = held.q3_band_500_1000 and moved.last_step = held.step
    where moved.now_step is not null and held.step is null

),

held_1 as (

    select q1_band_10_20, q2_truncate_quarter_year, q3_band_500_1000, step
    from held_0
    union
    select q1_band_10_20, q2_truncate_quarter_year, q3_band_500_1000, step
    from came_1
    group by q1_band_10_20, q2_truncate_quarter_year, q3_band_500_1000, step
    having count(*) < 11
    union
    select q1_band_10_20, q2_truncate_quarter_year, q3_band_500_1000, step
    from (
        select *
        from came_1
        union all
        select *
        from stayed
    ) as everybody
    group by q1_band_10_20, q2_truncate_quarter_year, q3_band_500_1000, step
    having not (sum(persons) >= 11)

),

came_2 as (

    select
        moved.now_q1_band_10_20 as q1_band_10_20,
        moved.now_q2_truncate_quarter_year as q2_truncate_quarter_year,
        moved.now_q3_band_500_1000 as q3_band_500_1000,
        moved.now_step as step,
        1 as persons
    from moved
    left join held_1 as held on moved.last_q1_band_10_20 = held.q1_band_10_20 and moved.last_q2_truncate_quarter_year = held.q2_truncate_quarter_year and moved.last_q3_band_500_1000 = held.q3_band_500_1000 and moved.last_step = held.step
    where moved.now_step is not null and held.step is null

),

held_2 as (

    select q1_band_10_20, q2_truncate_quarter_year, q3_band_500_1000, step
    from held_1
    union
    select q1_band_10_20, q2_truncate_quarter_year, q3_band_500_1000, step
    from came_2
    group by q1_band_10_20, q2_truncate_quarter_year, q3_band_500_1000, step
    having count(*) < 11
    union
    select q1_band_10_20, q2_truncate_quarter_year, q3_band_500_1000, step
    from (
        select *
        from came_2
        union all
        select *
        from stayed
    ) as everybody
    group by q1_band_10_20, q2_truncate_quarter_year, q3_band_500_1000, step
    having not (sum(persons) >= 11)

),

came_3 as (

    select
        moved.now_q1_band_10_20 as q1_band_10_20,
        moved.now_q2_truncate_quarter_year as q2_truncate_quarter_year,
        moved.now_q3_band_500_1000 as q3_band_500_1000,
        moved.now_step as step,
        1 as persons
    from moved
    left join held_2 as held on moved.last_q1_band_10_20 = held.q1_band_10_20 and moved.last_q2_truncate_quarter_year = held.q2_truncate_quarter_year and moved.last_q3_band_500_1000 = held.q3_band_500_1000 and moved.last_step = held.step
    where moved.now_step is not null and held.step is null

),

held_3 as (

    select q1_band_10_20, q2_truncate_quarter_year, q3_band_500_1000, step
    from held_2
    union
    select q1_band_10_20, q2_truncate_quarter_year, q3_band_500_1000, step
    from came_3
    group by q1_band_10_20, q2_truncate_quarter_year, q3_band_500_1000, step
    having count(*) < 11
    union
    select q1_band_10_20, q2_truncate_quarter_year, q3_band_500_1000, step
    from (
        select *
        from came_3
        union all
        select *
        from stayed
    ) as everybody
    group by q1_band_10_20, q2_truncate_quarter_year, q3_band_500_1000, step
    having not (sum(persons) >= 11)

),

unsettled as (

    select held_3.step
    from held_3
    left join held_2 as held using (q1_band_10_20, q2_truncate_quarter_year, q3_band_500_1000, step)
    where held.step is null

),

released as (

    select
        matched.person,
        case when held.step is null then matched.now_q1_band_10_20 else matched.last_q1_band_10_20 end as q1_band_10_20,
        case when held.step is null then matched.now_q2_truncate_quarter_year else matched.last_q2_truncate_quarter_year end as q2_truncate_quarter_year,
        case when held.step is null then matched.now_q3_band_500_1000 else matched.last_q3_band_500_1000 end as q3_band_500_1000,
        case when held.step is null then matched.now_step else matched.last_step end as step
    from matched
    left join held_2 as held on matched.last_q1_band_10_20 = held.q1_band_10_20 and matched.last_q2_truncate_quarter_year = held.q2_truncate_quarter_year and matched.last_q3_band_500_1000 = held.q3_band_500_1000 and matched.last_step = held.step
    left join held_2 as closed on matched.now_q1_band_10_20 = closed.q1_band_10_20 and matched.now_q2_truncate_quarter_year = closed.q2_truncate_quarter_year and matched.now_q3_band_500_1000 = closed.q3_band_500_1000 and matched.now_step = closed.step
    where
        not exists (select 1 from unsettled)
        and (held.step is not null or (matched.now_step is not null and closed.step is null))
    union all
    select last.person, last.q1_band_10_20, last.q2_truncate_quarter_year, last.q3_band_500_1000, last.step
    from last
    where exists (select 1 from unsettled)

)
{%- endif %},

everybody as (

    select
        person,
        q1_band_10_20,
        q2_truncate_quarter_year,
        q3_band_500_1000,
        step,
        cast(null as int) as canary
    from {{ 'released' if compare else 'grouped' }}

)

-- the order of rows would tell who came when, and who is a canary
select *
from everybody
order by random()
