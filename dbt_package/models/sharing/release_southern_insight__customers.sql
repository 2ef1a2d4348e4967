{#- Generated from southern_insight.yaml (southern_insight, customers 2.0.0). Do not edit; run: c360 generate -#}
{{ config(
    materialized='table',
    schema='sharing',
    enabled=(var('share', none) == 'southern_insight')
) }}

{%- set compare = customer360.last_release(this, ['person', 'pseudonym', 'pseudonym_previous', 'q1', 'q2', 's', 'step']) %}

with people as (

    select
        {{ customer360.by_engine({"postgres": "cast(id as text)", "databricks": "cast(id as string)"}) }} as person,
        coalesce(cast(floor(age / 5.0) * 5 as bigint) || '-' || cast(floor(age / 5.0) * 5 + 4 as bigint), '') as f1,
        coalesce(cast(floor(age / 25.0) * 25 as bigint) || '-' || cast(floor(age / 25.0) * 25 + 24 as bigint), '') as c1,
        coalesce(cast(round(books_amount / 100.0) * 100 as bigint) || '', '') as f2,
        coalesce(cast(round(books_amount / 1000.0) * 1000 as bigint) || '', '') as c2,
        coalesce(cast(floor(total_expense / 250.0) * 250 as bigint) || '-' || cast(floor(total_expense / 250.0) * 250 + 250 as bigint), '') as s
    from {{ ref('customers', v=2) }}

),

fine as (

    select
        f1,
        f2,
        count(*) as persons,
        count(distinct s) as kinds
    from people
    group by f1, f2

),

placed as (

    select
        people.person,
        fine.persons >= 20 and fine.kinds >= 3 as is_fine,
        case when fine.persons >= 20 and fine.kinds >= 3 then people.f1 else people.c1 end as q1,
        case when fine.persons >= 20 and fine.kinds >= 3 then people.f2 else people.c2 end as q2,
        people.s
    from people
    inner join fine on people.f1 = fine.f1 and people.f2 = fine.f2

),

coarse as (

    select
        q1,
        q2,
        count(*) as persons,
        count(distinct s) as kinds
    from placed
    where not is_fine
    group by q1, q2

),

grouped as (

    select
        placed.person,
        placed.q1,
        placed.q2,
        placed.s,
        case when placed.is_fine then 1 else 2 end as step
    from placed
    left join coarse on placed.q1 = coarse.q1 and placed.q2 = coarse.q2 and not placed.is_fine
    where placed.is_fine or (coarse.persons >= 20 and coarse.kinds >= 3)

),
{%- if compare %}

last as (

    select released.person, released.q1, released.q2, released.s, released.step
    from {{ this }} as released
    inner join (
        select q1, q2
        from {{ this }}
        group by q1, q2
        having count(*) >= 20 and count(distinct s) >= 3
    ) as sound on released.q1 = sound.q1 and released.q2 = sound.q2

),

ways as (

    select
        grouped.q1 as q1,
        grouped.q2 as q2,
        last.q1 as last_q1,
        last.q2 as last_q2,
        count(*) as persons
    from grouped
    full join last on grouped.person = last.person
    group by grouped.q1, last.q1, grouped.q2, last.q2

),

touched as (

    select q1, q2
    from ways
    where persons < 20
    union
    select last_q1, last_q2
    from ways
    where persons < 20

),

held as (

    select last.*
    from last
    inner join touched on last.q1 = touched.q1 and last.q2 = touched.q2

),

mixed as (

    select grouped.*
    from grouped
    left join touched on grouped.q1 = touched.q1 and grouped.q2 = touched.q2
    left join held on grouped.person = held.person
    where touched.q1 is null and held.person is null
    union all
    select held.*
    from held

),

unsound as (

    select 1 as found
    from mixed
    group by q1, q2
    having not (count(*) >= 20 and count(distinct s) >= 3)
    union all
    select 1 as found
    from mixed
    full join last on mixed.person = last.person
    group by mixed.q1, last.q1, mixed.q2, last.q2
    having count(*) < 20

),

released as (

    select mixed.*
    from mixed
    where not exists (select unsound.found from unsound)
    union all
    select last.*
    from last
    where exists (select unsound.found from unsound)

),
{%- else %}

released as (

    select * from grouped

),
{%- endif %}

keys as (

    select
        newest.inner_pad,
        newest.outer_pad,
        older.inner_pad as old_inner_pad,
        older.outer_pad as old_outer_pad
    from sharing.key as newest
    left join sharing.key as older
        on
            newest.partner = older.partner
            and newest.version = older.version + 1
            and {{ customer360.by_engine({"postgres": "(older.retires at time zone 'UTC')", "databricks": "older.retires"}) }} > {{ customer360.now_utc() }}
    where
        newest.partner = 'southern_insight'
        and newest.version = (select max(version) from sharing.key where partner = 'southern_insight')

)

select
    released.person,
    {{ customer360.by_engine({"postgres": "encode(sha256(keys.outer_pad || sha256(keys.inner_pad || convert_to(lower(trim(released.person)), 'UTF8'))), 'hex')", "databricks": "sha2(concat(keys.outer_pad, unhex(sha2(concat(keys.inner_pad, encode(lower(trim(released.person)), 'UTF-8')), 256))), 256)"}) }} as pseudonym,
    {{ customer360.by_engine({"postgres": "encode(sha256(keys.old_outer_pad || sha256(keys.old_inner_pad || convert_to(lower(trim(released.person)), 'UTF8'))), 'hex')", "databricks": "sha2(concat(keys.old_outer_pad, unhex(sha2(concat(keys.old_inner_pad, encode(lower(trim(released.person)), 'UTF-8')), 256))), 256)"}) }} as pseudonym_previous,
    released.q1,
    released.q2,
    released.s,
    released.step
from released
cross join keys
