{% macro now_utc() %}
    {{- return(adapter.dispatch("now_utc", "__package__")()) -}}
{% endmacro %}

{% macro default__now_utc() %}
    {%- set instant = __package__.as_of() -%}
    {%- if instant -%} cast('{{ instant.isoformat(" ") }}' as timestamp)
    {%- else -%} cast(current_timestamp at time zone 'UTC' as timestamp)
    {%- endif -%}
{% endmacro %}

{#- A Spark timestamp is an instant: the literal needs its zone, the current time needs no shift. -#}
{% macro spark__now_utc() %}
    {%- set instant = __package__.as_of() -%}
    {%- if instant -%} cast('{{ instant.isoformat(" ") }}+00:00' as timestamp)
    {%- else -%} current_timestamp()
    {%- endif -%}
{% endmacro %}
