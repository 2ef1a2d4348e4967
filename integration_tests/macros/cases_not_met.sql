{% macro cases_not_met(rows) %}
    {#- The cases whose outcome is not as expected. rows: [[what, SQL of the outcome, SQL of what is expected], …]. -#}
    with cases as (
        {%- for what, outcome, expected in rows %}
        select
            '{{ what }}' as what,
            cast({{ outcome }} as {{ dbt.type_string() }}) as outcome,
            cast({{ expected }} as {{ dbt.type_string() }}) as expected
        {{ "union all" if not loop.last }}
        {%- endfor %}
    )

    select * from cases where outcome is distinct from expected
{% endmacro %}
