{% macro loaded_at_query(column, relation) %}
    {{- return(adapter.dispatch("loaded_at_query", "customer360")(adapter.quote(column), relation)) -}}
{% endmacro %}

{#- dbt compares with the real clock: shift the last load by what var('as_of') lies behind it.
    Loads after the clock don't count: one timestamp in the future would hide a stale load. -#}
{% macro default__loaded_at_query(column, relation) %}
    select cast(current_timestamp at time zone 'UTC' as timestamp) - ({{ customer360.now_utc() }} - max({{ column }}))
    from {{ relation }}
    where {{ column }} <= {{ customer360.now_utc() }}
{% endmacro %}

{% macro spark__loaded_at_query(column, relation) %}
    select current_timestamp() - ({{ customer360.now_utc() }} - max({{ column }}))
    from {{ relation }}
    where {{ column }} <= {{ customer360.now_utc() }}
{% endmacro %}
