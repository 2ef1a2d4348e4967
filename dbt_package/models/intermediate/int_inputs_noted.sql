-- One row a model that is built anew only where its inputs have changed: what it was built from.
{{ config(
    enabled=customer360.is_enabled('contacts'),
    materialized='incremental' if target.type == 'postgres' else 'table',
    indexes=[{'columns': ['model'], 'unique': true}]
) }}

select
    cast(null as {{ dbt.type_string() }}) as model,
    cast(null as {{ dbt.type_string() }}) as inputs,
    cast(null as {{ dbt.type_string() }}) as former_inputs
where 1 = 0
