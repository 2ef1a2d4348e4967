{% macro today_utc() %}
    {%- set instant = customer360.as_of() -%}
    {%- if instant -%} cast('{{ instant.date() }}' as date)
    {%- else -%} {{ customer360.utc_date(customer360.now_utc()) }}
    {%- endif -%}
{% endmacro %}
