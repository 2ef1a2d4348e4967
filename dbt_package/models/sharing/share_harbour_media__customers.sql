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

)

select
    {{ customer360.by_engine({"postgres": "encode(sha256(keys.outer_pad || sha256(keys.inner_pad || convert_to(released.known_by, 'UTF8'))), 'hex')", "databricks": "sha2(concat(keys.outer_pad, unhex(sha2(concat(keys.inner_pad, encode(released.known_by, 'UTF-8')), 256))), 256)"}) }} as id_pseudonym,
    {{ customer360.by_engine({"postgres": "cast(case when q1_band_10_20 <> 1 then q1_band_10_20 || '-' || (q1_band_10_20 + case step when 1 then 9 else 19 end) end as text)", "databricks": "cast(case when q1_band_10_20 <> 1 then q1_band_10_20 || '-' || (q1_band_10_20 + case step when 1 then 9 else 19 end) end as string)"}) }} as age,
    cast(nullif(q2_truncate_quarter_year, date '9999-12-30') as date) as first_purchase_at,
    {{ customer360.by_engine({"postgres": "cast(case when q3_band_500_1000 <> 1 then q3_band_500_1000 || '-' || (q3_band_500_1000 + case step when 1 then 500 else 1000 end) end as text)", "databricks": "cast(case when q3_band_500_1000 <> 1 then q3_band_500_1000 || '-' || (q3_band_500_1000 + case step when 1 then 500 else 1000 end) end as string)"}) }} as total_expense,
    {{ customer360.by_engine({"postgres": "cast(step as integer)", "databricks": "cast(step as int)"}) }} as generalization_level
from released
inner join sharing.key as keys
    on released.key_version = keys.version and keys.partner = 'harbour_media'
where {{ customer360.by_engine({"postgres": "cast((current_timestamp at time zone 'UTC') as date)", "databricks": "cast(current_timestamp as date)"}) }} <= date '2030-12-31'
