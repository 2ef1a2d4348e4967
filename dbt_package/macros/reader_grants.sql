{% macro reader_grants() %}
    {#- The `grants` of a mart: select for each role in var('customer360_readers'). -#}
    {%- set readers = var("customer360_readers", []) -%}
    {{ return({"select": readers} if readers else {}) }}
{% endmacro %}
