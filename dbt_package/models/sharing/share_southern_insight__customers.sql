{#- Generated from southern_insight.yaml (southern_insight, customers 2.0.0). Do not edit; run: c360 generate -#}
{{ config(
    materialized='view',
    schema='share_southern_insight',
    alias='customers',
    enabled=(var('share', none) == 'southern_insight')
) }}

select
    {{ customer360.by_engine({"postgres": "cast(pseudonym as text)", "databricks": "cast(pseudonym as string)"}) }} as id_pseudonym,
    {{ customer360.by_engine({"postgres": "cast(pseudonym_previous as text)", "databricks": "cast(pseudonym_previous as string)"}) }} as id_pseudonym_previous,
    {{ customer360.by_engine({"postgres": "cast(nullif(q1, '') as text)", "databricks": "cast(nullif(q1, '') as string)"}) }} as age,
    cast(nullif(q2, '') as bigint) as books_amount,
    {{ customer360.by_engine({"postgres": "cast(nullif(s, '') as text)", "databricks": "cast(nullif(s, '') as string)"}) }} as total_expense
from {{ ref('release_southern_insight__customers') }}
