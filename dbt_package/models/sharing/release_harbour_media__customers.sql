{#- Generated from harbour_media.yaml (harbour_media, customers 2.0.0). Do not edit; run: c360 generate -#}
{{ config(
    materialized='table',
    schema='sharing',
    pre_hook=("set local work_mem = '256MB'; set local jit = off; set local parallel_tuple_cost = 0; set local enable_mergejoin = off; set local enable_nestloop = off" if target.type == 'postgres' else ''),
    enabled=(var('share', none) == 'harbour_media')
) }}

{%- set compare = customer360.last_release(this, ['person', 'q1_band_10_20', 'q2_truncate_quarter_year', 'q3_band_500_1000', 'step', 'canary', 'path_of_11', 'held', 'key_version']) %}

with each_canary as (

    select 1 as canary
    union all
    select 2 as canary
    union all
    select 3 as canary

),

people as (

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

    select c1, c2, c3
    from counted
    left join fine using (f1, f2, f3)
    where fine.f1 is null
    group by c1, c2, c3
    having sum(persons) >= 11

),

placed as (

    select distinct
        counted.f1,
        counted.f2,
        counted.f3,
        case when fine.f1 is null then counted.c1 else counted.f1 end as q1_band_10_20,
        case when fine.f1 is null then counted.c2 else counted.f2 end as q2_truncate_quarter_year,
        case when fine.f1 is null then counted.c3 else counted.f3 end as q3_band_500_1000,
        case when fine.f1 is null then 2 else 1 end as step
    from counted
    left join fine using (f1, f2, f3)
    left join coarse using (c1, c2, c3)
    where fine.f1 is not null or coarse.c1 is not null

),
{%- if compare %}

numbered as (

    select
        *,
        dense_rank() over (order by q1_band_10_20, q2_truncate_quarter_year, q3_band_500_1000, step) as number
    from (
        select f1, f2, f3, q1_band_10_20, q2_truncate_quarter_year, q3_band_500_1000, step, 0 as was_one
        from placed
        union all
        select null as f1, null as f2, null as f3, q1_band_10_20, q2_truncate_quarter_year, q3_band_500_1000, step, 1 as was_one
        from {{ this }}
        where key_version = (select max(version) from sharing.key where partner = 'harbour_media')
        group by q1_band_10_20, q2_truncate_quarter_year, q3_band_500_1000, step
    ) as either

),

now as (

    select
        people.person,
        numbered.number
    from people
    inner join numbered
        on people.f1 = numbered.f1 and people.f2 = numbered.f2 and people.f3 = numbered.f3 and numbered.was_one = 0

),

last as (

    select
        released.person,
        numbered.number,
        released.path_of_11 as last_path,
        released.held
    from {{ this }} as released
    inner join numbered
        on released.q1_band_10_20 = numbered.q1_band_10_20 and released.q2_truncate_quarter_year = numbered.q2_truncate_quarter_year and released.q3_band_500_1000 = numbered.q3_band_500_1000 and released.step = numbered.step and numbered.was_one = 1
    where released.canary is null and released.key_version = (select max(version) from sharing.key where partner = 'harbour_media')

),

matched as (

    select
        coalesce(now.person, last.person) as person,
        coalesce(last.last_path, 0) as last_path,
        coalesce(last.number, 0) as last_group,
        coalesce(now.number, last.number) as now_group,
        last.person is not null and (now.person is null) as is_untrue,
        coalesce(last.held, 0) as held
    from now
    full join last on now.person = last.person

),

ways as (

    select
        last_path,
        last_group,
        now_group,
        count(*) as persons
    from matched
    group by last_path, last_group, now_group

),

moving as (

    select last_path, last_group, now_group
    from ways
    where now_group <> last_group
    group by last_path, last_group, now_group
    having sum(persons) >= 11

),

stuck as (

    select last_path
    from ways
    left join moving using (last_path, last_group, now_group)
    where moving.last_path is null and ways.last_path > 0
    group by last_path
    having not (sum(persons) >= 11)

),

flows as (

    select distinct
        ways.last_path,
        ways.last_group,
        ways.now_group,
        case when moving.last_path is not null and stuck.last_path is null then ways.now_group else ways.last_group end as number
    from ways
    left join moving using (last_path, last_group, now_group)
    left join stuck on ways.last_path = stuck.last_path

),

chosen as (

    select
        flows.*,
        groups.q1_band_10_20,
        groups.q2_truncate_quarter_year,
        groups.q3_band_500_1000,
        groups.step,
        dense_rank() over (order by flows.last_path, flows.number) as path_of_11
    from flows
    inner join (
        select distinct number, q1_band_10_20, q2_truncate_quarter_year, q3_band_500_1000, step
        from numbered
    ) as groups
        on flows.number = groups.number

),

released as (

    select
        matched.person,
        chosen.q1_band_10_20,
        chosen.q2_truncate_quarter_year,
        chosen.q3_band_500_1000,
        chosen.step,
        chosen.path_of_11,
        case when matched.is_untrue or chosen.number <> matched.now_group then matched.held + 1 else 0 end as held
    from matched
    inner join chosen using (last_path, last_group, now_group)

),

moved as (

    select
        ways.last_path,
        chosen.q1_band_10_20,
        chosen.q2_truncate_quarter_year,
        chosen.q3_band_500_1000,
        chosen.step,
        chosen.path_of_11,
        sum(ways.persons) as persons
    from ways
    inner join chosen using (last_path, last_group, now_group)
    group by ways.last_path, chosen.q1_band_10_20, chosen.q2_truncate_quarter_year, chosen.q3_band_500_1000, chosen.step, chosen.path_of_11

),

canaries as (

    select
        each_canary.canary,
        coalesce(released.path_of_11, 0) as last_path
    from each_canary
    left join {{ this }} as released
        on each_canary.canary = released.canary and released.key_version = (select max(version) from sharing.key where partner = 'harbour_media')

),
{%- else %}

released as (

    select
        people.person,
        placed.q1_band_10_20,
        placed.q2_truncate_quarter_year,
        placed.q3_band_500_1000,
        placed.step,
        dense_rank() over (order by placed.q1_band_10_20, placed.q2_truncate_quarter_year, placed.q3_band_500_1000, placed.step) as path_of_11,
        0 as held
    from people
    inner join placed using (f1, f2, f3)

),

moved as (

    select
        0 as last_path,
        placed.q1_band_10_20, placed.q2_truncate_quarter_year, placed.q3_band_500_1000, placed.step,
        dense_rank() over (order by placed.q1_band_10_20, placed.q2_truncate_quarter_year, placed.q3_band_500_1000, placed.step) as path_of_11,
        sum(counted.persons) as persons
    from counted
    inner join placed using (f1, f2, f3)
    group by placed.q1_band_10_20, placed.q2_truncate_quarter_year, placed.q3_band_500_1000, placed.step

),

canaries as (

    select
        each_canary.canary,
        0 as last_path
    from each_canary
    left join moved
        on moved.persons < 0

),
{%- endif %}

went as (

    select
        last_path,
        q1_band_10_20,
        q2_truncate_quarter_year,
        q3_band_500_1000,
        step,
        path_of_11,
        row_number() over (partition by last_path order by persons desc, q1_band_10_20, q2_truncate_quarter_year, q3_band_500_1000, step) as place,
        count(*) over (partition by last_path) as places
    from moved

),

everybody as (

    select
        person,
        q1_band_10_20,
        q2_truncate_quarter_year,
        q3_band_500_1000,
        step,
        cast(null as int) as canary,
        path_of_11,
        held
    from released
    union all
    select
        null as person,
        went.q1_band_10_20,
        went.q2_truncate_quarter_year,
        went.q3_band_500_1000,
        went.step,
        canaries.canary,
        went.path_of_11,
        0 as held
    from canaries
    inner join went
        on canaries.last_path = went.last_path
        and went.place
        = case canaries.last_path when 0 then 1 + mod(canaries.canary - 1, went.places) else 1 end

)

-- the order of rows would tell who came when, and who is a canary
select
    *,
    (select max(version) from sharing.key where partner = 'harbour_media') as key_version
from everybody
order by random()
