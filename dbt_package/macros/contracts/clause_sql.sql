{#- Generated from c360's own clause_sql.sql. Do not edit; run: c360 generate #}
{% macro clause_sql(texts, relation) %}
    {#- A clause's SQL for this engine. __relation__ in it stands for what is tested, __now__ for the clock. -#}
    {{- return(
        customer360.by_engine(texts)
        | replace("__relation__", relation | string)
        | replace("__now__", customer360.now_utc())
    ) -}}
{% endmacro %}
