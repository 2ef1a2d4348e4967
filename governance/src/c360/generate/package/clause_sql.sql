{% macro clause_sql(texts, relation) %}
    {#- A clause's SQL for this engine. __relation__ in it stands for what is tested, __now__ for the clock. -#}
    {{- return(
        __package__.by_engine(texts)
        | replace("__relation__", relation | string)
        | replace("__now__", __package__.now_utc())
    ) -}}
{% endmacro %}
