{% macro microseconds(timestamp) %}
    {#- Since 1970 in UTC: tells whether an instant is right, whatever the session's time zone shows. -#}
    {{- return(adapter.dispatch("microseconds", "customer360_integration_tests")(timestamp)) -}}
{% endmacro %}

{% macro default__microseconds(timestamp) %} cast(extract(epoch from {{ timestamp }}) * 1000000 as bigint) {% endmacro %}

{% macro spark__microseconds(timestamp) %} unix_micros({{ timestamp }}) {% endmacro %}
