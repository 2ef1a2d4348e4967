{% macro row_digest(columns) %}
    {#- A number that stands for the values of these columns in one row. Sums of it tell sets of rows apart. -#}
    {{- return(adapter.dispatch("row_digest", "customer360")(columns)) -}}
{% endmacro %}

{% macro postgres__row_digest(columns) -%}
    hash_record_extended(row({{ columns | join(", ") }}), 0)
{%- endmacro %}

{% macro default__row_digest(columns) -%}
    cast(xxhash64({{ columns | join(", ") }}) as decimal(38, 0))
{%- endmacro %}
