{#- Generated from harbour_media.yaml (harbour_media, customers 2.0.0). Do not edit; run: c360 generate -#}
{{ config(
    materialized='view',
    schema='share_harbour_media',
    alias='customers',
    enabled=(var('share', none) == 'harbour_media')
) }}

select
    {{ customer360.by_engine({"postgres": "cast(pseudonym as text)", "databricks": "cast(pseudonym as string)"}) }} as id_pseudonym,
    {{ customer360.by_engine({"postgres": "cast(pseudonym_previous as text)", "databricks": "cast(pseudonym_previous as string)"}) }} as id_pseudonym_previous,
    {{ customer360.by_engine({"postgres": "cast(nullif(q1, '') as text)", "databricks": "cast(nullif(q1, '') as string)"}) }} as age,
    cast(nullif(q2, '') as date) as first_purchase_at,
    {{ customer360.by_engine({"postgres": "cast(nullif(q3, '') as text)", "databricks": "cast(nullif(q3, '') as string)"}) }} as total_expense
from {{ ref('release_harbour_media__customers') }}
