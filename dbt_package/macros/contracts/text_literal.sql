{#- Generated from c360's own text_literal.sql. Do not edit; run: c360 generate #}
{% macro text_literal(text) %}
    {{- return(adapter.dispatch("text_literal", "customer360")(text)) -}}
{% endmacro %}

{% macro default__text_literal(text) %}'{{ text | replace("'", "''") }}'{% endmacro %}

{#- Spark reads backslashes as escapes. -#}
{% macro spark__text_literal(text) %}'{{ text | replace("\\", "\\\\") | replace("'", "\\'") }}'{% endmacro %}
