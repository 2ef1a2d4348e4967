{% test unexpected_columns_clause(model, columns, allowed=false) %}
    {#- No column but `columns`; their order doesn't matter. -#}
    {{ config(fail_calc="coalesce(sum(violations), 0)") }}

    with columns as (
        {{ __package__.relation_columns(model) }}
    )

    select count(*) as violations
    from columns
    where
        name not in (
            {%- for column in columns %}
            {{ __package__.text_literal(column) }}{{ "," if not loop.last }}
            {%- endfor %}
        )
        {%- if allowed %} and 1 = 0 {%- endif %}
    having count(*) > 0
{% endtest %}
