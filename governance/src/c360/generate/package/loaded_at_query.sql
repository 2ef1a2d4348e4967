{% macro loaded_at_query(column, relation, zoned=false) %}
    {#- `zoned`: the column has a time zone, and is brought to UTC whatever the zone of the session. -#}
    {{- return(adapter.dispatch("loaded_at_query", "__package__")(adapter.quote(column), relation, zoned)) -}}
{% endmacro %}

{#- dbt compares with the real clock: shift the last load by what var('as_of') lies behind it.
    Loads after the clock don't count: one timestamp in the future would hide a stale load. -#}
{% macro default__loaded_at_query(column, relation, zoned) %}
    {%- set column = "(" ~ column ~ " at time zone 'UTC')" if zoned else "cast(" ~ column ~ " as timestamp)" %}
    select cast(current_timestamp at time zone 'UTC' as timestamp) - ({{ __package__.now_utc() }} - max({{ column }}))
    from {{ relation }}
    where {{ column }} <= {{ __package__.now_utc() }}
{% endmacro %}

{% macro spark__loaded_at_query(column, relation, zoned) %}
    select current_timestamp() - ({{ __package__.now_utc() }} - max({{ column }}))
    from {{ relation }}
    where {{ column }} <= {{ __package__.now_utc() }}
{% endmacro %}
