{#- Generated from southern_insight.yaml (southern_insight, customers 2.0.0). Do not edit; run: c360 generate -#}
{{ config(
    materialized='table',
    schema='sharing',
    pre_hook=("set local work_mem = '256MB'; set local jit = off; set local parallel_tuple_cost = 0; set local enable_mergejoin = off; set local enable_nestloop = off" if target.type == 'postgres' else ''),
    enabled=(var('share', none) == 'southern_insight')
) }}

{%- set compare = customer360.last_release(this, ['person', 'q1_band_5_25', 'q2_round_100_1000', 'step', 's_band_250', 'canary']) %}

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
        counted.c2,
        case when fine.f1 is null then counted.c1 else counted.f1 end as q1_band_5_25,
        case when fine.f1 is null then counted.c2 else counted.f2 end as q2_round_100_1000,
        case when fine.f1 is null then 2 else 1 end as step
    from counted
    left join fine using (f1, f2)
    left join coarse using (c1, c2)
    where fine.f1 is not null or coarse.c1 is not null

),
{%- if compare %}

numbered as (

    select
        *,
        dense_rank() over (order by q1_band_5_25, q2_round_100_1000, step) as number
    from (
        select f1, f2, c2, q1_band_5_25, q2_round_100_1000, step, 0 as was_one
        from placed
        union all
        select null as f1, null as f2, null as c2, q1_band_5_25, q2_round_100_1000, step, 1 as was_one
        from {{ this }}
        where canary is null
        group by q1_band_5_25, q2_round_100_1000, step
        having count(*) >= 20 and count(distinct s_band_250) >= 3
    ) as either

),

now as (

    select
        people.person,
        numbered.number,
        people.s_band_250
    from people
    left join numbered
        on people.f1 = numbered.f1 and people.f2 = numbered.f2 and people.c2 = numbered.c2 and numbered.was_one = 0

),

last as (

    select
        released.person,
        numbered.number,
        released.s_band_250
    from {{ this }} as released
    left join numbered
        on released.q1_band_5_25 = numbered.q1_band_5_25 and released.q2_round_100_1000 = numbered.q2_round_100_1000 and released.step = numbered.step
        and numbered.was_one = 1
    where released.canary is null

),

matched as (

    select
        coalesce(now.person, last.person) as person,
        coalesce(now.number, 0) as now_group,
        coalesce(last.number, 0) as last_group,
        now.s_band_250 as now_s_band_250,
        last.s_band_250 as last_s_band_250
    from now
    full join last on now.person = last.person

),

ways as (

    select
        now_group,
        last_group,
        now_s_band_250,
        last_s_band_250,
        count(*) as persons
    from matched
    group by now_group, last_group, now_s_band_250, last_s_band_250

),

flows as (

    select
        now_group,
        last_group,
        sum(persons) as persons
    from ways
    group by now_group, last_group

),

stuck as (

    select last_group
    from flows
    where last_group > 0
    group by last_group
    having sum(case when now_group = last_group or persons < 20 then persons else 0 end) between 1 and 19

),

open_0 as (

    select flows.now_group, flows.last_group
    from flows
    left join stuck using (last_group)
    where stuck.last_group is null and (flows.now_group = flows.last_group or flows.persons >= 20)

),

poor_1 as (

    select number
    from (
        select
            case when way.now_group is null then ways.last_group else ways.now_group end as number,
            case when way.now_group is null then ways.last_s_band_250 else ways.now_s_band_250 end as kind
        from ways
        left join open_0 as way using (now_group, last_group)
    ) as placed
    where number > 0
    group by number
    having count(distinct kind) < 3

),

open_1 as (

    select open_0.now_group, open_0.last_group
    from open_0
    left join poor_1 as entry on open_0.now_group = entry.number
    left join poor_1 as leaving on open_0.last_group = leaving.number
    where entry.number is null and leaving.number is null

),

poor_2 as (

    select number
    from (
        select
            case when way.now_group is null then ways.last_group else ways.now_group end as number,
            case when way.now_group is null then ways.last_s_band_250 else ways.now_s_band_250 end as kind
        from ways
        left join open_1 as way using (now_group, last_group)
    ) as placed
    where number > 0
    group by number
    having count(distinct kind) < 3

),

open_2 as (

    select open_1.now_group, open_1.last_group
    from open_1
    left join poor_2 as entry on open_1.now_group = entry.number
    left join poor_2 as leaving on open_1.last_group = leaving.number
    where entry.number is null and leaving.number is null

),

poor_3 as (

    select number
    from (
        select
            case when way.now_group is null then ways.last_group else ways.now_group end as number,
            case when way.now_group is null then ways.last_s_band_250 else ways.now_s_band_250 end as kind
        from ways
        left join open_2 as way using (now_group, last_group)
    ) as placed
    where number > 0
    group by number
    having count(distinct kind) < 3

),

settled as (

    select *
    from open_2
    where not exists (select 1 from poor_3)

),

groups as (

    select distinct number, q1_band_5_25, q2_round_100_1000, step
    from numbered

),

chosen as (

    select
        flows.now_group,
        flows.last_group,
        way.now_group is not null as is_open,
        groups.q1_band_5_25,
        groups.q2_round_100_1000,
        groups.step
    from flows
    left join settled as way using (now_group, last_group)
    inner join groups on groups.number = case when way.now_group is null then flows.last_group else flows.now_group end

),

released as (

    select
        matched.person,
        chosen.q1_band_5_25,
        chosen.q2_round_100_1000,
        chosen.step,
        case when chosen.is_open then matched.now_s_band_250 else matched.last_s_band_250 end as s_band_250
    from matched
    inner join chosen using (now_group, last_group)

),

moved as (

    select
        ways.last_group,
        chosen.q1_band_5_25,
        chosen.q2_round_100_1000,
        chosen.step,
        case when chosen.is_open then ways.now_s_band_250 else ways.last_s_band_250 end as s_band_250,
        sum(ways.persons) as persons
    from ways
    inner join chosen using (now_group, last_group)
    group by ways.last_group, chosen.q1_band_5_25, chosen.q2_round_100_1000, chosen.step, s_band_250

),

canaries as (

    select
        each_canary.canary,
        case when released.canary is null then 0 else numbered.number end as last_group
    from each_canary
    left join {{ this }} as released on each_canary.canary = released.canary
    left join numbered
        on released.q1_band_5_25 = numbered.q1_band_5_25 and released.q2_round_100_1000 = numbered.q2_round_100_1000 and released.step = numbered.step
        and numbered.was_one = 1

)
{%- else %}

released as (

    select
        people.person,
        placed.q1_band_5_25,
        placed.q2_round_100_1000,
        placed.step,
        people.s_band_250
    from people
    inner join placed using (f1, f2, c2)

),

moved as (

    select
        0 as last_group,
        placed.q1_band_5_25, placed.q2_round_100_1000, placed.step,
        counted.s_band_250,
        sum(counted.persons) as persons
    from counted
    inner join placed using (f1, f2, c2)
    group by placed.q1_band_5_25, placed.q2_round_100_1000, placed.step, counted.s_band_250

),

canaries as (

    select canary, 0 as last_group
    from each_canary

)
{%- endif %},

typical as (

    select
        last_group,
        q1_band_5_25,
        q2_round_100_1000,
        step,
        s_band_250,
        sum(persons) over (partition by last_group, q1_band_5_25, q2_round_100_1000, step) as persons,
        row_number() over (partition by last_group, q1_band_5_25, q2_round_100_1000, step order by persons desc, s_band_250) as nth
    from moved

),

went as (

    select
        last_group,
        q1_band_5_25,
        q2_round_100_1000,
        step,
        s_band_250,
        row_number() over (partition by last_group order by persons desc, q1_band_5_25, q2_round_100_1000, step) as place,
        count(*) over (partition by last_group) as places
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
        canaries.canary
    from canaries
    inner join went
        on canaries.last_group = went.last_group
        and went.place
        = case canaries.last_group when 0 then 1 + mod(canaries.canary - 1, went.places) else 1 end

)

-- the order of rows would tell who came when, and who is a canary
select *
from everybody
order by random()
