{% macro deduplicated(relation, key, columns, loaded_at) %}
    {#- The rule: rows that say the same collapse to the one that was loaded last; a key that is claimed with
        different contents is nobody's. `relation` is no CTE, so that a filter on the outcome reaches its table. -#}
    select distinct
        one.{{ key }},
        {%- for column in columns %}
        one.{{ column }},
        {%- endfor %}
        one.{{ loaded_at }}
    from {{ relation }} as one
    where
        one.{{ key }} is not null
        and not exists (
            select 1
            from {{ relation }} as other
            where
                other.{{ key }} = one.{{ key }}
                and (
                    other.{{ loaded_at }} > one.{{ loaded_at }}
                    {%- for column in columns %}
                    or other.{{ column }} is distinct from one.{{ column }}
                    {%- endfor %}
                )
        )
{% endmacro %}
