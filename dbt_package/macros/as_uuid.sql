{% macro as_uuid(id) %}
    {{- return(adapter.dispatch("as_uuid", "customer360")(id)) -}}
{% endmacro %}

{% macro default__as_uuid(id) %} cast({{ id }} as uuid) {% endmacro %}

{#- Spark and Databricks have no uuid type: its text in lower case. -#}
{% macro spark__as_uuid(id) %} lower(cast({{ id }} as string)) {% endmacro %}
