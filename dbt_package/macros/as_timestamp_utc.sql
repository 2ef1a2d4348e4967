{% macro as_timestamp_utc(text) %}
    {{- return(adapter.dispatch("as_timestamp_utc", "customer360")(text)) -}}
{% endmacro %}

{#- The guard: engines disagree about 24:00, second 60, years before 1000 and more than six decimals. -#}
{% macro timestamp_pattern() -%}
    ^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}[ T]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?$
{%- endmacro %}

{#- A timestamp without time zone ignores the session's zone, as wanted. -#}
{% macro postgres__as_timestamp_utc(text) -%}
    case
        when
            cast({{ text }} as text) ~ '{{ customer360.timestamp_pattern() }}'
            and pg_input_is_valid(cast({{ text }} as text), 'timestamp')
            then cast(cast({{ text }} as text) as timestamp)
    end
{%- endmacro %}

{#- A Spark timestamp is an instant: say that the text is UTC, or the session's zone is assumed. -#}
{% macro spark__as_timestamp_utc(text) -%}
    case
        when cast({{ text }} as string) rlike '{{ customer360.timestamp_pattern() }}'
            then try_cast(concat(cast({{ text }} as string), '+00:00') as timestamp)
    end
{%- endmacro %}
