{#- Elementary's tables lie in a schema of their own; everything else where dbt puts it. -#}
{% macro generate_schema_name(custom_schema_name, node) %}
    {%- if node.package_name == 'elementary' -%}
        elementary
    {%- else -%}
        {{ default__generate_schema_name(custom_schema_name, node) }}
    {%- endif -%}
{% endmacro %}
