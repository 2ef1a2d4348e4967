{#- Generated from harbour_media.yaml (harbour_media, customers 2.0.0). Do not edit; run: c360 generate -#}
{{ config(
    materialized=customer360.by_engine({"postgres": "view", "databricks": "table"}),
    schema='share_harbour_media',
    alias='customers',
    enabled=(var('share', none) == 'harbour_media')
) }}

with released as (

    select
        *,
        coalesce({{ customer360.by_engine({"postgres": "lower(trim(cast(person as text)))", "databricks": "lower(trim(cast(person as string)))"}) }}, {{ customer360.by_engine({"postgres": "'canary ' || cast(canary as text)", "databricks": "'canary ' || cast(canary as string)"}) }}) as known_by
    from {{ ref('release_harbour_media__customers') }}

),

keys as (

    select
        newest.inner_pad as newest_inner_pad,
        newest.outer_pad as newest_outer_pad,
        older.inner_pad as older_inner_pad,
        older.outer_pad as older_outer_pad
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
    {{ customer360.by_engine({"postgres": "encode(sha256(keys.newest_outer_pad || sha256(keys.newest_inner_pad || convert_to(released.known_by, 'UTF8'))), 'hex')", "databricks": "sha2(concat(keys.newest_outer_pad, unhex(sha2(concat(keys.newest_inner_pad, encode(released.known_by, 'UTF-8')), 256))), 256)"}) }} as id_pseudonym,
    {{ customer360.by_engine({"postgres": "encode(sha256(keys.older_outer_pad || sha256(keys.older_inner_pad || convert_to(released.known_by, 'UTF8'))), 'hex')", "databricks": "sha2(concat(keys.older_outer_pad, unhex(sha2(concat(keys.older_inner_pad, encode(released.known_by, 'UTF-8')), 256))), 256)"}) }} as id_pseudonym_previous,
    {{ customer360.by_engine({"postgres": "cast(case when q1_band_10_20 <> 1 then q1_band_10_20 || '-' || (q1_band_10_20 + case step when 1 then 9 else 19 end) end as text)", "databricks": "cast(case when q1_band_10_20 <> 1 then q1_band_10_20 || '-' || (q1_band_10_20 + case step when 1 then 9 else 19 end) end as string)"}) }} as age,
    cast(nullif(q2_truncate_quarter_year, date '9999-12-30') as date) as first_purchase_at,
    {{ customer360.by_engine({"postgres": "cast(case when q3_band_500_1000 <> 1 then q3_band_500_1000 || '-' || (q3_band_500_1000 + case step when 1 then 500 else 1000 end) end as text)", "databricks": "cast(case when q3_band_500_1000 <> 1 then q3_band_500_1000 || '-' || (q3_band_500_1000 + case step when 1 then 500 else 1000 end) end as string)"}) }} as total_expense,
    {{ customer360.by_engine({"postgres": "cast(step as integer)", "databricks": "cast(step as int)"}) }} as generalization_level
from released
cross join keys
where {{ customer360.by_engine({"postgres": "cast((current_timestamp at time zone 'UTC') as date)", "databricks": "cast(current_timestamp as date)"}) }} <= date '2030-12-31'
