{% snapshot contacts_history %}
{#- One row a contact and version of what customers are made of, by load time. Names and addresses stay out. -#}
{{ config(
    enabled=var('customer360_history_enabled', false) and customer360.is_enabled('contacts'),
    unique_key='id',
    strategy='timestamp',
    updated_at='loaded_at',
    hard_deletes='invalidate'
) }}

select
    id,
    gender,
    birthdate,
    loaded_at
from {{ ref('stg_salesforce__contacts') }}
{% endsnapshot %}
