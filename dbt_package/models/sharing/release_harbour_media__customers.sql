{#- Generated from harbour_media.yaml (harbour_media, customers 2.0.0). Do not edit; run: c360 generate -#}
{{ config(
    materialized='table',
    schema='sharing',
    enabled=(var('share', none) == 'harbour_media')
) }}

{%- set compare = customer360.last_release(this, ['person', 'pseudonym', 'pseudonym_previous', 'q1', 'q2', 'q3', 's', 'step']) %}

with people as (

    select
        {{ customer360.by_engine({"postgres": "cast(id as text)", "databricks": "cast(id as string)"}) }} as person,
        coalesce(cast(floor(age / 10.0) * 10 as bigint) || '-' || cast(floor(age / 10.0) * 10 + 9 as bigint), '') as f1,
        coalesce(cast(floor(age / 20.0) * 20 as bigint) || '-' || cast(floor(age / 20.0) * 20 + 19 as bigint), '') as c1,
        {{ customer360.by_engine({"postgres": "coalesce(cast(date_trunc('quarter', (first_purchase_at at time zone 'UTC')) as date) || '', '')", "databricks": "coalesce(trunc(date_add(date'1970-01-01', cast(floor(unix_micros(first_purchase_at) / 86400000000) as int)), 'quarter') || '', '')"}) }} as f2,
        {{ customer360.by_engine({"postgres": "coalesce(cast(date_trunc('year', (first_purchase_at at time zone 'UTC')) as date) || '', '')", "databricks": "coalesce(trunc(date_add(date'1970-01-01', cast(floor(unix_micros(first_purchase_at) / 86400000000) as int)), 'year') || '', '')"}) }} as c2,
        coalesce(cast(floor(total_expense / 500.0) * 500 as bigint) || '-' || cast(floor(total_expense / 500.0) * 500 + 500 as bigint), '') as f3,
        coalesce(cast(floor(total_expense / 1000.0) * 1000 as bigint) || '-' || cast(floor(total_expense / 1000.0) * 1000 + 1000 as bigint), '') as c3,
        '' as s
    from {{ ref('customers', v=2) }}

),

fine as (

    select
        f1,
        f2,
        f3,
        count(*) as persons,
        1 as kinds
    from people
    group by f1, f2, f3

),

placed as (

    select
        people.person,
        fine.persons >= 11 and fine.kinds >= 1 as is_fine,
        case when fine.persons >= 11 and fine.kinds >= 1 then people.f1 else people.c1 end as q1,
        case when fine.persons >= 11 and fine.kinds >= 1 then people.f2 else people.c2 end as q2,
        case when fine.persons >= 11 and fine.kinds >= 1 then people.f3 else people.c3 end as q3,
        people.s
    from people
    inner join fine on people.f1 = fine.f1 and people.f2 = fine.f2 and people.f3 = fine.f3

),

coarse as (

    select
        q1,
        q2,
        q3,
        count(*) as persons,
        1 as kinds
    from placed
    where not is_fine
    group by q1, q2, q3

),

grouped as (

    select
        placed.person,
        placed.q1,
        placed.q2,
        placed.q3,
        placed.s,
        case when placed.is_fine then 1 else 2 end as step
    from placed
    left join coarse on placed.q1 = coarse.q1 and placed.q2 = coarse.q2 and placed.q3 = coarse.q3 and not placed.is_fine
    where placed.is_fine or (coarse.persons >= 11 and coarse.kinds >= 1)

),
{%- if compare %}

last as (

    select released.person, released.q1, released.q2, released.q3, released.s, released.step
    from {{ this }} as released
    inner join (
        select q1, q2, q3
        from {{ this }}
        group by q1, q2, q3
        having count(*) >= 11
    ) as sound on released.q1 = sound.q1 and released.q2 = sound.q2 and released.q3 = sound.q3

),

ways as (

    select
        grouped.q1 as q1,
        grouped.q2 as q2,
        grouped.q3 as q3,
        last.q1 as last_q1,
        last.q2 as last_q2,
        last.q3 as last_q3,
        count(*) as persons
    from grouped
    full join last on grouped.person = last.person
    group by grouped.q1, last.q1, grouped.q2, last.q2, grouped.q3, last.q3

),

touched as (

    select q1, q2, q3
    from ways
    where persons < 11
    union
    select last_q1, last_q2, last_q3
    from ways
    where persons < 11

),

held as (

    select last.*
    from last
    inner join touched on last.q1 = touched.q1 and last.q2 = touched.q2 and last.q3 = touched.q3

),

mixed as (

    select grouped.*
    from grouped
    left join touched on grouped.q1 = touched.q1 and grouped.q2 = touched.q2 and grouped.q3 = touched.q3
    left join held on grouped.person = held.person
    where touched.q1 is null and held.person is null
    union all
    select held.*
    from held

),

unsound as (

    select 1 as found
    from mixed
    group by q1, q2, q3
    having not (count(*) >= 11)
    union all
    select 1 as found
    from mixed
    full join last on mixed.person = last.person
    group by mixed.q1, last.q1, mixed.q2, last.q2, mixed.q3, last.q3
    having count(*) < 11

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
        newest.partner = 'harbour_media'
        and newest.version = (select max(version) from sharing.key where partner = 'harbour_media')

)

select
    released.person,
    {{ customer360.by_engine({"postgres": "encode(sha256(keys.outer_pad || sha256(keys.inner_pad || convert_to(lower(trim(released.person)), 'UTF8'))), 'hex')", "databricks": "sha2(concat(keys.outer_pad, unhex(sha2(concat(keys.inner_pad, encode(lower(trim(released.person)), 'UTF-8')), 256))), 256)"}) }} as pseudonym,
    {{ customer360.by_engine({"postgres": "encode(sha256(keys.old_outer_pad || sha256(keys.old_inner_pad || convert_to(lower(trim(released.person)), 'UTF8'))), 'hex')", "databricks": "sha2(concat(keys.old_outer_pad, unhex(sha2(concat(keys.old_inner_pad, encode(lower(trim(released.person)), 'UTF-8')), 256))), 256)"}) }} as pseudonym_previous,
    released.q1,
    released.q2,
    released.q3,
    released.s,
    released.step
from released
cross join keys
