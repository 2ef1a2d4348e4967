{#- A timestamp without a zone, which is in UTC here, as the instant that it is; and an instant as such a timestamp. -#}
{% macro at_utc(moment) %}
    {{- return(adapter.dispatch("at_utc", "customer360")(moment)) -}}
{% endmacro %}

{% macro default__at_utc(moment) %} {{ moment }} at time zone 'UTC' {% endmacro %}

{#- A Spark timestamp is an instant already. -#}
{% macro spark__at_utc(moment) %} {{ moment }} {% endmacro %}
