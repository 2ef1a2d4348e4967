{% macro by_engine(texts) %}
    {#- The text for this engine out of {postgres: …, databricks: …} or {any: …}; Spark is served as Databricks. -#}
    {%- set engine = "databricks" if target.type in ("spark", "databricks") else target.type -%}
    {%- if engine in texts -%} {{ return(texts[engine]) }} {%- endif -%}
    {%- if "any" in texts -%} {{ return(texts["any"]) }} {%- endif -%}
    {%- set others = texts.keys() | join(", ") -%}
    {{ exceptions.raise_compiler_error("This clause has no SQL for " ~ engine ~ ", only for " ~ others ~ ".") }}
{% endmacro %}
