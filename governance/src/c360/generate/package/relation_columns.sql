{% macro relation_columns(relation) %}
    {{- return(adapter.dispatch("relation_columns", "__package__")(relation)) -}}
{% endmacro %}

{#- information_schema leaves out precision and lengths. -#}
{% macro postgres__relation_columns(relation) %}
    select
        cast(attname as text) as name,
        format_type(atttypid, atttypmod) as data_type
    from pg_catalog.pg_attribute
    where attrelid = to_regclass({{ __package__.text_literal(relation | string) }}) and attnum > 0 and not attisdropped
{% endmacro %}

{#- Spark has no catalogue to query: what DESCRIBE says, as rows; none with --no-introspect. -#}
{% macro spark__relation_columns(relation) %}
    {%- set columns = adapter.get_columns_in_relation(relation) if execute and flags.INTROSPECT else [] %}
    {%- for column in columns %}
    select {{ __package__.text_literal(column.name) }} as name, {{ __package__.text_literal(column.dtype | lower) }} as data_type
    union all
    {%- endfor %}
    select cast(null as string) as name, cast(null as string) as data_type
{% endmacro %}
