{#- Generated from southern_insight.yaml (southern_insight, customers 2.0.0). Do not edit; run: c360 generate -#}
{{ config(
    materialized='view',
    schema='share_southern_insight',
    alias='customers',
    enabled=(var('share', none) == 'southern_insight' and target.type == 'postgres')
) }}

select
    cast(pseudonym as text) as id_pseudonym,
    cast(pseudonym_previous as text) as id_pseudonym_previous,
    cast(nullif(q1, '') as text) as age,
    cast(nullif(q2, '') as bigint) as books_amount,
    cast(nullif(s, '') as text) as total_expense
from {{ ref('release_southern_insight__customers') }}
