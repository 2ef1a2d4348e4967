{% macro text_literal(text) %}
    {{- return(adapter.dispatch("text_literal", "__package__")(text)) -}}
{% endmacro %}

{% macro default__text_literal(text) %}'{{ text | replace("'", "''") }}'{% endmacro %}

{#- Spark reads backslashes as escapes. -#}
{% macro spark__text_literal(text) %}'{{ text | replace("\\", "\\\\") | replace("'", "\\'") }}'{% endmacro %}
