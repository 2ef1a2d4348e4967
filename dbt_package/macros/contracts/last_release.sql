{#- Generated from policies of partners. Do not edit; run: c360 generate -#}
{% macro last_release(relation, columns) %}
    {#- Whether there is a release with these columns, for the next one to be compared with. -#}
    {%- set last = load_relation(relation) if flags.INTROSPECT != false else none -%}
    {%- if last and target.type == "spark" and config.get("file_format") != "delta" and flags.WHICH != "compile" -%}
        {{ exceptions.raise_compiler_error("Without Delta, Spark drops the last release before it can be compared.") }}
    {%- endif -%}
    {{ return(last and (adapter.get_columns_in_relation(last) | map(attribute="name") | list) == columns) }}
{% endmacro %}
