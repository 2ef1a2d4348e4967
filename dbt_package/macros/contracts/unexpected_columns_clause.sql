{#- Generated from c360's own unexpected_columns_clause.sql. Do not edit; run: c360 generate #}
{% test unexpected_columns_clause(model, columns, allowed=false) %}
    {#- No column but `columns`; their order doesn't matter. -#}
    {{ config(fail_calc="coalesce(sum(violations), 0)") }}

    with columns as (
        {{ customer360.relation_columns(model) }}
    )

    select count(*) as violations
    from columns
    where
        name not in (
            {%- for column in columns %}
            {{ customer360.text_literal(column) }}{{ "," if not loop.last }}
            {%- endfor %}
        )
        {%- if allowed %} and 1 = 0 {%- endif %}
    having count(*) > 0
{% endtest %}
