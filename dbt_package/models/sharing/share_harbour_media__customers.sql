{#- Generated from harbour_media.yaml (harbour_media, customers 2.0.0). Do not edit; run: c360 generate -#}
{{ config(
    materialized='view',
    schema='share_harbour_media',
    alias='customers',
    enabled=(var('share', none) == 'harbour_media' and target.type == 'postgres')
) }}

select
    cast(pseudonym as text) as id_pseudonym,
    cast(pseudonym_previous as text) as id_pseudonym_previous,
    cast(nullif(q1, '') as text) as age,
    cast(nullif(q2, '') as date) as first_purchase_at,
    cast(nullif(q3, '') as text) as total_expense
from {{ ref('release_harbour_media__customers') }}
