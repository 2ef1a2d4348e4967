{#- Generated from c360's own query_clause.sql. Do not edit; run: c360 generate #}
{% test query_clause(model, query, column_name=none) %}
    {#- `query` returns the number of violations as its one value; null is one violation: nobody could tell. -#}
    {{ config(fail_calc="coalesce(sum(violations), 0)") }}

    with counted(violations) as (
        {{ customer360.clause_sql(query, model) }}
    )

    select coalesce(violations, 1) as violations
    from counted
    where coalesce(violations, 1) > 0
{% endtest %}
