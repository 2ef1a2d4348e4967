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
        coalesce(cast(age as bigint) - mod(mod(cast(age as bigint), 10) + 10, 10), 1) as f1,
        {{ customer360.by_engine({"postgres": "coalesce(cast(date_trunc('quarter', (first_purchase_at at time zone 'UTC')) as date), date '9999-12-30')", "databricks": "coalesce(trunc(date_add(date'1970-01-01', cast(floor(unix_micros(first_purchase_at) / 86400000000) as int)), 'quarter'), date '9999-12-30')"}) }} as f2,
        coalesce(cast(floor(total_expense) as bigint) - mod(mod(cast(floor(total_expense) as bigint), 500) + 500, 500), 1) as f3
    from {{ ref('customers', v=2) }}

),

counted as (

    select
        f1,
        f2,
        f3,
        case f1 when 1 then 1 else f1 - mod(mod(f1, 20) + 20, 20) end as c1,
        {{ customer360.by_engine({"postgres": "case f2 when date '9999-12-30' then date '9999-12-30' else cast(date_trunc('year', cast(f2 as timestamp)) as date) end", "databricks": "case f2 when date '9999-12-30' then date '9999-12-30' else trunc(f2, 'year') end"}) }} as c2,
        case f3 when 1 then 1 else f3 - mod(mod(f3, 1000) + 1000, 1000) end as c3,
        count(*) as persons
    from people
    group by f1, f2, f3

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
    inner join placed using (f1, f2, f3)

),
{%- if compare %}

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
        coalesce(grouped.q1_band_10_20, 1) as now_q1_band_10_20,
        coalesce(grouped.q2_truncate_quarter_year, date '9999-12-30') as now_q2_truncate_quarter_year,
        coalesce(grouped.q3_band_500_1000, 1) as now_q3_band_500_1000,
        coalesce(grouped.step, 0) as now_step,
        coalesce(last.q1_band_10_20, 1) as last_q1_band_10_20,
        coalesce(last.q2_truncate_quarter_year, date '9999-12-30') as last_q2_truncate_quarter_year,
        coalesce(last.q3_band_500_1000, 1) as last_q3_band_500_1000,
        coalesce(last.step, 0) as last_step
    from grouped
    full join last on grouped.person = last.person

),

ways as (

    select
        now_q1_band_10_20,
        now_q2_truncate_quarter_year,
        now_q3_band_500_1000,
        now_step,
        last_q1_band_10_20,
        last_q2_truncate_quarter_year,
        last_q3_band_500_1000,
        last_step,
        count(*) as persons
    from matched
    group by now_q1_band_10_20, now_q2_truncate_quarter_year, now_q3_band_500_1000, now_step, last_q1_band_10_20, last_q2_truncate_quarter_year, last_q3_band_500_1000, last_step

),

flows as (

    select
        now_q1_band_10_20,
        now_q2_truncate_quarter_year,
        now_q3_band_500_1000,
        now_step,
        last_q1_band_10_20,
        last_q2_truncate_quarter_year,
        last_q3_band_500_1000,
        last_step,
        sum(persons) as persons
    from ways
    group by now_q1_band_10_20, now_q2_truncate_quarter_year, now_q3_band_500_1000, now_step, last_q1_band_10_20, last_q2_truncate_quarter_year, last_q3_band_500_1000, last_step

),

stuck as (

    select last_q1_band_10_20, last_q2_truncate_quarter_year, last_q3_band_500_1000, last_step
    from flows
    where last_step > 0
    group by last_q1_band_10_20, last_q2_truncate_quarter_year, last_q3_band_500_1000, last_step
    having sum(case when now_q1_band_10_20 = last_q1_band_10_20 and now_q2_truncate_quarter_year = last_q2_truncate_quarter_year and now_q3_band_500_1000 = last_q3_band_500_1000 and now_step = last_step or persons < 11 then persons else 0 end) between 1 and 10

),

open_0 as (

    select now_q1_band_10_20, now_q2_truncate_quarter_year, now_q3_band_500_1000, now_step, last_q1_band_10_20, last_q2_truncate_quarter_year, last_q3_band_500_1000, last_step
    from flows
    left join stuck using (last_q1_band_10_20, last_q2_truncate_quarter_year, last_q3_band_500_1000, last_step)
    where stuck.last_step is null and (now_q1_band_10_20 = last_q1_band_10_20 and now_q2_truncate_quarter_year = last_q2_truncate_quarter_year and now_q3_band_500_1000 = last_q3_band_500_1000 and now_step = last_step or flows.persons >= 11)

),

released as (

    select
        matched.person,
        case when way.now_step is null then matched.last_q1_band_10_20 else matched.now_q1_band_10_20 end as q1_band_10_20,
        case when way.now_step is null then matched.last_q2_truncate_quarter_year else matched.now_q2_truncate_quarter_year end as q2_truncate_quarter_year,
        case when way.now_step is null then matched.last_q3_band_500_1000 else matched.now_q3_band_500_1000 end as q3_band_500_1000,
        case when way.now_step is null then matched.last_step else matched.now_step end as step,
        matched.last_q1_band_10_20,
        matched.last_q2_truncate_quarter_year,
        matched.last_q3_band_500_1000,
        matched.last_step
    from matched
    left join open_0 as way using (now_q1_band_10_20, now_q2_truncate_quarter_year, now_q3_band_500_1000, now_step, last_q1_band_10_20, last_q2_truncate_quarter_year, last_q3_band_500_1000, last_step)
    where case when way.now_step is null then matched.last_step else matched.now_step end > 0

)
{%- else %}

released as (

    select
        person,
        q1_band_10_20,
        q2_truncate_quarter_year,
        q3_band_500_1000,
        step,
        1 as last_q1_band_10_20,
        date '9999-12-30' as last_q2_truncate_quarter_year,
        1 as last_q3_band_500_1000,
        0 as last_step
    from grouped

)
{%- endif %},

went as (

    select
        last_q1_band_10_20,
        last_q2_truncate_quarter_year,
        last_q3_band_500_1000,
        last_step,
        q1_band_10_20,
        q2_truncate_quarter_year,
        q3_band_500_1000,
        step,
        row_number() over (partition by last_q1_band_10_20, last_q2_truncate_quarter_year, last_q3_band_500_1000, last_step order by count(*) desc, q1_band_10_20, q2_truncate_quarter_year, q3_band_500_1000, step) as place,
        count(*) over (partition by last_q1_band_10_20, last_q2_truncate_quarter_year, last_q3_band_500_1000, last_step) as places
    from released
    group by last_q1_band_10_20, last_q2_truncate_quarter_year, last_q3_band_500_1000, last_step, q1_band_10_20, q2_truncate_quarter_year, q3_band_500_1000, step

),

numbered as (

    select 1 as canary
    union all
    select 2 as canary
    union all
    select 3 as canary

),

before as (

    {%- if compare %}
    select canary, q1_band_10_20 as last_q1_band_10_20, q2_truncate_quarter_year as last_q2_truncate_quarter_year, q3_band_500_1000 as last_q3_band_500_1000, step as last_step
    from {{ this }}
    where canary is not null
    {%- else %}
    select canary, 1 as last_q1_band_10_20, date '9999-12-30' as last_q2_truncate_quarter_year, 1 as last_q3_band_500_1000, 0 as last_step
    from numbered
    where canary = 0
    {%- endif %}

),

everybody as (

    select
        person,
        q1_band_10_20,
        q2_truncate_quarter_year,
        q3_band_500_1000,
        step,
        cast(null as int) as canary
    from released
    union all
    select
        null as person,
        went.q1_band_10_20,
        went.q2_truncate_quarter_year,
        went.q3_band_500_1000,
        went.step,
        numbered.canary
    from numbered
    left join before using (canary)
    inner join went
        on went.last_q1_band_10_20 = coalesce(before.last_q1_band_10_20, 1) and went.last_q2_truncate_quarter_year = coalesce(before.last_q2_truncate_quarter_year, date '9999-12-30') and went.last_q3_band_500_1000 = coalesce(before.last_q3_band_500_1000, 1) and went.last_step = coalesce(before.last_step, 0)
        and went.place = case went.last_step when 0 then 1 + mod(numbered.canary - 1, went.places) else 1 end

)

-- the order of rows would tell who came when, and who is a canary
select *
from everybody
order by random()
