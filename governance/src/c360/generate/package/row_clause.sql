{% test row_clause(model, violation, column_name=none) %}
    {#- Rows for which the SQL condition `violation` is true break the clause. Returns their number, never their
        contents. -#}
    {{ config(fail_calc="coalesce(sum(violations), 0)") }}

    select count(*) as violations
    from {{ model }}
    where {{ __package__.clause_sql(violation, model) }}
    having count(*) > 0
{% endtest %}
