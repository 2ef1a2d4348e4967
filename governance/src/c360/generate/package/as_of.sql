{% macro as_of() %}
    {#- The instant of var('as_of') as a datetime without zone, in UTC; none when the clock is the real one.
        c360 says it by the environment: for another variable dbt would parse the whole project anew. -#}
    {%- set text = var("as_of", none) or (env_var("C360_AS_OF", "") if execute else none) -%}
    {%- if not text -%} {{ return(none) }} {%- endif -%}
    {%- set instant = modules.datetime.datetime.fromisoformat(text | string) -%}
    {%- if instant.tzinfo -%}
        {%- set instant = instant.astimezone(modules.pytz.utc).replace(tzinfo=none) -%}
    {%- endif -%}
    {{ return(instant) }}
{% endmacro %}
