{% macro loaded_lately(loaded_at, known) %}
    {#- The condition that `loaded_at` is not more than var('lookback_days') before the newest row of `known`.
        True for all where the variable is not set. -#}
    {%- if var("lookback_days") is none -%}
    1 = 1
    {%- else -%}
    {{ loaded_at }} >= (
        select
            coalesce(max(newest.loaded_at), cast('1970-01-01' as timestamp))
            - interval '{{ var("lookback_days") }}' day
        from {{ known }} as newest
    )
    {%- endif -%}
{% endmacro %}
