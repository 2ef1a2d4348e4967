{% macro utc_date(timestamp) %}
    {{- return(adapter.dispatch("utc_date", "customer360")(timestamp)) -}}
{% endmacro %}

{% macro default__utc_date(timestamp) %} cast({{ timestamp }} as date) {% endmacro %}

{#- Spark casts an instant in the session's time zone; shift it so that the session sees UTC. -#}
{% macro spark__utc_date(timestamp) %} cast(to_utc_timestamp({{ timestamp }}, current_timezone()) as date) {% endmacro %}
