{#- Generated from c360's own column_clause.sql. Do not edit; run: c360 generate #}
{% test column_clause(model, column_name, data_type=none) %}
    {#- The column is there; and where `data_type` is given, it has exactly this type: precision, length, time zone.
        A type without a size, such as numeric, promises none: it matches numeric(12,2).
        A column that is not there breaks the clause of its presence, not that of its type. -#}
    {{ config(fail_calc="coalesce(sum(violations), 0)") }}
    {%- set name = customer360.text_literal(column_name | replace('"', "") | replace("`", "")) %}

    with columns as (
        {{ customer360.relation_columns(model) }}
    )

    select 1 as violations
    from columns
    where name = {{ name }}
    {%- if data_type %}
    {%- set wanted = customer360.by_engine(data_type) %}
    {%- set found = "min(data_type)" if "(" in wanted else "min(regexp_replace(data_type, '[(][^)]*[)]', ''))" %}
    having {{ found }} <> {{ customer360.text_literal(wanted) }}
    {%- else %}
    having count(*) = 0
    {%- endif %}
{% endtest %}
