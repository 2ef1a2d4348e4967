{#- Generated from c360's own now_utc.sql. Do not edit; run: c360 generate #}
{% macro now_utc() %}
    {{- return(adapter.dispatch("now_utc", "customer360")()) -}}
{% endmacro %}

{% macro default__now_utc() %}
    {%- set instant = customer360.as_of() -%}
    {%- if instant -%} cast('{{ instant.isoformat(" ") }}' as timestamp)
    {%- else -%} cast(current_timestamp at time zone 'UTC' as timestamp)
    {%- endif -%}
{% endmacro %}

{#- A Spark timestamp is an instant: the literal needs its zone, the current time needs no shift. -#}
{% macro spark__now_utc() %}
    {%- set instant = customer360.as_of() -%}
    {%- if instant -%} cast('{{ instant.isoformat(" ") }}+00:00' as timestamp)
    {%- else -%} current_timestamp()
    {%- endif -%}
{% endmacro %}
