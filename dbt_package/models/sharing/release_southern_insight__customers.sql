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
        coalesce(cast(age as bigint) - mod(mod(cast(age as bigint), 5) + 5, 5), 1) as f1,
        coalesce(cast(round(books_amount / 100.0) * 100 as bigint), 1) as f2,
        coalesce(cast(round(books_amount / 1000.0) * 1000 as bigint), 1) as c2,
        coalesce(cast(floor(total_expense) as bigint) - mod(mod(cast(floor(total_expense) as bigint), 250) + 250, 250), 1) as s_band_250
    from {{ ref('customers', v=2) }}

),

counted as (

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
    inner join placed using (f1, f2, c2)

),
{%- if compare %}

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
        coalesce(grouped.q1_band_5_25, 1) as now_q1_band_5_25,
        coalesce(grouped.q2_round_100_1000, 1) as now_q2_round_100_1000,
        coalesce(grouped.step, 0) as now_step,
        coalesce(grouped.s_band_250, 1) as now_s_band_250,
        coalesce(last.q1_band_5_25, 1) as last_q1_band_5_25,
        coalesce(last.q2_round_100_1000, 1) as last_q2_round_100_1000,
        coalesce(last.step, 0) as last_step,
        coalesce(last.s_band_250, 1) as last_s_band_250
    from grouped
    full join last on grouped.person = last.person

),

ways as (

    select
        now_q1_band_5_25,
        now_q2_round_100_1000,
        now_step,
        last_q1_band_5_25,
        last_q2_round_100_1000,
        last_step,
        now_s_band_250,
        last_s_band_250,
        count(*) as persons
    from matched
    group by now_q1_band_5_25, now_q2_round_100_1000, now_step, last_q1_band_5_25, last_q2_round_100_1000, last_step, now_s_band_250, last_s_band_250

),

flows as (

    select
        now_q1_band_5_25,
        now_q2_round_100_1000,
        now_step,
        last_q1_band_5_25,
        last_q2_round_100_1000,
        last_step,
        sum(persons) as persons
    from ways
    group by now_q1_band_5_25, now_q2_round_100_1000, now_step, last_q1_band_5_25, last_q2_round_100_1000, last_step

),

stuck as (

    select last_q1_band_5_25, last_q2_round_100_1000, last_step
    from flows
    where last_step > 0
    group by last_q1_band_5_25, last_q2_round_100_1000, last_step
    having sum(case when now_q1_band_5_25 = last_q1_band_5_25 and now_q2_round_100_1000 = last_q2_round_100_1000 and now_step = last_step or persons < 20 then persons else 0 end) between 1 and 19

),

open_0 as (

    select now_q1_band_5_25, now_q2_round_100_1000, now_step, last_q1_band_5_25, last_q2_round_100_1000, last_step
    from flows
    left join stuck using (last_q1_band_5_25, last_q2_round_100_1000, last_step)
    where stuck.last_step is null and (now_q1_band_5_25 = last_q1_band_5_25 and now_q2_round_100_1000 = last_q2_round_100_1000 and now_step = last_step or flows.persons >= 20)

),

poor_1 as (

    select q1_band_5_25, q2_round_100_1000, step
    from (
        select
            case when way.now_step is null then ways.last_q1_band_5_25 else ways.now_q1_band_5_25 end as q1_band_5_25,
            case when way.now_step is null then ways.last_q2_round_100_1000 else ways.now_q2_round_100_1000 end as q2_round_100_1000,
            case when way.now_step is null then ways.last_step else ways.now_step end as step,
            case when way.now_step is null then ways.last_s_band_250 else ways.now_s_band_250 end as s_band_250
        from ways
        left join open_0 as way using (now_q1_band_5_25, now_q2_round_100_1000, now_step, last_q1_band_5_25, last_q2_round_100_1000, last_step)
    ) as placed
    where step > 0
    group by q1_band_5_25, q2_round_100_1000, step
    having count(distinct s_band_250) < 3

),

open_1 as (

    select open_0.now_q1_band_5_25, open_0.now_q2_round_100_1000, open_0.now_step, open_0.last_q1_band_5_25, open_0.last_q2_round_100_1000, open_0.last_step
    from open_0
    left join poor_1 as entry on open_0.now_q1_band_5_25 = entry.q1_band_5_25 and open_0.now_q2_round_100_1000 = entry.q2_round_100_1000 and open_0.now_step = entry.step
    left join poor_1 as leaving on open_0.last_q1_band_5_25 = leaving.q1_band_5_25 and open_0.last_q2_round_100_1000 = leaving.q2_round_100_1000 and open_0.last_step = leaving.step
    where entry.step is null and leaving.step is null

),

poor_2 as (

    select q1_band_5_25, q2_round_100_1000, step
    from (
        select
            case when way.now_step is null then ways.last_q1_band_5_25 else ways.now_q1_band_5_25 end as q1_band_5_25,
            case when way.now_step is null then ways.last_q2_round_100_1000 else ways.now_q2_round_100_1000 end as q2_round_100_1000,
            case when way.now_step is null then ways.last_step else ways.now_step end as step,
            case when way.now_step is null then ways.last_s_band_250 else ways.now_s_band_250 end as s_band_250
        from ways
        left join open_1 as way using (now_q1_band_5_25, now_q2_round_100_1000, now_step, last_q1_band_5_25, last_q2_round_100_1000, last_step)
    ) as placed
    where step > 0
    group by q1_band_5_25, q2_round_100_1000, step
    having count(distinct s_band_250) < 3

),

open_2 as (

    select open_1.now_q1_band_5_25, open_1.now_q2_round_100_1000, open_1.now_step, open_1.last_q1_band_5_25, open_1.last_q2_round_100_1000, open_1.last_step
    from open_1
    left join poor_2 as entry on open_1.now_q1_band_5_25 = entry.q1_band_5_25 and open_1.now_q2_round_100_1000 = entry.q2_round_100_1000 and open_1.now_step = entry.step
    left join poor_2 as leaving on open_1.last_q1_band_5_25 = leaving.q1_band_5_25 and open_1.last_q2_round_100_1000 = leaving.q2_round_100_1000 and open_1.last_step = leaving.step
    where entry.step is null and leaving.step is null

),

poor_3 as (

    select q1_band_5_25, q2_round_100_1000, step
    from (
        select
            case when way.now_step is null then ways.last_q1_band_5_25 else ways.now_q1_band_5_25 end as q1_band_5_25,
            case when way.now_step is null then ways.last_q2_round_100_1000 else ways.now_q2_round_100_1000 end as q2_round_100_1000,
            case when way.now_step is null then ways.last_step else ways.now_step end as step,
            case when way.now_step is null then ways.last_s_band_250 else ways.now_s_band_250 end as s_band_250
        from ways
        left join open_2 as way using (now_q1_band_5_25, now_q2_round_100_1000, now_step, last_q1_band_5_25, last_q2_round_100_1000, last_step)
    ) as placed
    where step > 0
    group by q1_band_5_25, q2_round_100_1000, step
    having count(distinct s_band_250) < 3

),

settled as (

    select *
    from open_2
    where not exists (select 1 from poor_3)

),

released as (

    select
        matched.person,
        case when way.now_step is null then matched.last_q1_band_5_25 else matched.now_q1_band_5_25 end as q1_band_5_25,
        case when way.now_step is null then matched.last_q2_round_100_1000 else matched.now_q2_round_100_1000 end as q2_round_100_1000,
        case when way.now_step is null then matched.last_step else matched.now_step end as step,
        case when way.now_step is null then matched.last_s_band_250 else matched.now_s_band_250 end as s_band_250,
        matched.last_q1_band_5_25,
        matched.last_q2_round_100_1000,
        matched.last_step
    from matched
    left join settled as way using (now_q1_band_5_25, now_q2_round_100_1000, now_step, last_q1_band_5_25, last_q2_round_100_1000, last_step)
    where case when way.now_step is null then matched.last_step else matched.now_step end > 0

)
{%- else %}

released as (

    select
        person,
        q1_band_5_25,
        q2_round_100_1000,
        step,
        s_band_250,
        1 as last_q1_band_5_25,
        1 as last_q2_round_100_1000,
        0 as last_step
    from grouped

)
{%- endif %},

went as (

    select
        last_q1_band_5_25,
        last_q2_round_100_1000,
        last_step,
        q1_band_5_25,
        q2_round_100_1000,
        step,
        any_value(s_band_250) as s_band_250,
        row_number() over (partition by last_q1_band_5_25, last_q2_round_100_1000, last_step order by count(*) desc, q1_band_5_25, q2_round_100_1000, step) as place,
        count(*) over (partition by last_q1_band_5_25, last_q2_round_100_1000, last_step) as places
    from released
    group by last_q1_band_5_25, last_q2_round_100_1000, last_step, q1_band_5_25, q2_round_100_1000, step

),

numbered as (

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

before as (

    {%- if compare %}
    select canary, q1_band_5_25 as last_q1_band_5_25, q2_round_100_1000 as last_q2_round_100_1000, step as last_step
    from {{ this }}
    where canary is not null
    {%- else %}
    select canary, 1 as last_q1_band_5_25, 1 as last_q2_round_100_1000, 0 as last_step
    from numbered
    where canary = 0
    {%- endif %}

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
        numbered.canary
    from numbered
    left join before using (canary)
    inner join went
        on went.last_q1_band_5_25 = coalesce(before.last_q1_band_5_25, 1) and went.last_q2_round_100_1000 = coalesce(before.last_q2_round_100_1000, 1) and went.last_step = coalesce(before.last_step, 0)
        and went.place = case went.last_step when 0 then 1 + mod(numbered.canary - 1, went.places) else 1 end

)

-- the order of rows would tell who came when, and who is a canary
select *
from everybody
order by random()
