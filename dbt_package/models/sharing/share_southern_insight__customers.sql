{#- Generated from southern_insight.yaml (southern_insight, customers 2.0.0). Do not edit; run: c360 generate -#}
{{ config(
    materialized=customer360.by_engine({"postgres": "view", "databricks": "table"}),
    schema='share_southern_insight',
    alias='customers',
    enabled=(var('share', none) == 'southern_insight')
) }}

with released as (

    select
        *,
        coalesce({{ customer360.by_engine({"postgres": "lower(trim(cast(person as text)))", "databricks": "lower(trim(cast(person as string)))"}) }}, {{ customer360.by_engine({"postgres": "'canary ' || cast(canary as text)", "databricks": "'canary ' || cast(canary as string)"}) }}) as known_by
    from {{ ref('release_southern_insight__customers') }}

)

select
    {{ customer360.by_engine({"postgres": "encode(sha256(keys.outer_pad || sha256(keys.inner_pad || convert_to(released.known_by, 'UTF8'))), 'hex')", "databricks": "sha2(concat(keys.outer_pad, unhex(sha2(concat(keys.inner_pad, encode(released.known_by, 'UTF-8')), 256))), 256)"}) }} as id_pseudonym,
    {{ customer360.by_engine({"postgres": "cast(case when q1_band_5_25 <> 1 then q1_band_5_25 || '-' || (q1_band_5_25 + case step when 1 then 4 else 24 end) end as text)", "databricks": "cast(case when q1_band_5_25 <> 1 then q1_band_5_25 || '-' || (q1_band_5_25 + case step when 1 then 4 else 24 end) end as string)"}) }} as age,
    cast(nullif(q2_round_100_1000, 1) as bigint) as books_amount,
    {{ customer360.by_engine({"postgres": "cast(case when s_band_250 <> 1 then s_band_250 || '-' || (s_band_250 + 250) end as text)", "databricks": "cast(case when s_band_250 <> 1 then s_band_250 || '-' || (s_band_250 + 250) end as string)"}) }} as total_expense,
    {{ customer360.by_engine({"postgres": "cast(step as integer)", "databricks": "cast(step as int)"}) }} as generalization_level
from released
inner join sharing.key as keys
    on released.key_version = keys.version and keys.partner = 'southern_insight'
where {{ customer360.by_engine({"postgres": "cast((current_timestamp at time zone 'UTC') as date)", "databricks": "cast(current_timestamp as date)"}) }} <= date '2029-06-30'
