{% macro deduplicated(relation, key, columns, identity, loaded_at) %}
    {#- The rule of one id, the same at the gate. Rows that say the same are one, and the row that was loaded last wins;
        but a key whose rows differ in a column of the `identity` is nobody's, and so is one whose last rows were loaded
        at one time with different contents. `relation` is no CTE, so that a filter on the outcome reaches its table. -#}
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
                    or (other.{{ loaded_at }} is not null and one.{{ loaded_at }} is null)
                    {%- for column in identity %}
                    or other.{{ column }} is distinct from one.{{ column }}
                    {%- endfor %}
                    {%- for column in columns if column not in identity %}
                    or (
                        other.{{ loaded_at }} is not distinct from one.{{ loaded_at }}
                        and other.{{ column }} is distinct from one.{{ column }}
                    )
                    {%- endfor %}
                )
        )
{% endmacro %}
