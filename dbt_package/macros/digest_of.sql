{% macro digest_of(relation, columns, where="1 = 1") -%}
    {#- A query for one text that stands for the values of these columns in all rows. No column beside them is read. -#}
    select count(*) || ':' || coalesce(sum({{ customer360.row_digest(columns) }}), 0)
    from {{ relation }} as one
    where {{ where }}
{%- endmacro %}
