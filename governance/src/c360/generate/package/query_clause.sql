{% test query_clause(model, query, column_name=none) %}
    {#- `query` returns the number of violations as its one value; null is one violation: nobody could tell. -#}
    {{ config(fail_calc="coalesce(sum(violations), 0)") }}

    with counted(violations) as (
        {{ __package__.clause_sql(query, model) }}
    )

    select coalesce(violations, 1) as violations
    from counted
    where coalesce(violations, 1) > 0
{% endtest %}
