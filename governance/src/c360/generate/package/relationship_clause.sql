{% test relationship_clause(model, columns, to, target_columns) %}
    {#- Each row leads to a row of `to`, by several columns; a row with a null among them refers to nothing. -#}
    {{ config(fail_calc="coalesce(sum(violations), 0)") }}

    select count(*) as violations
    from {{ model }} as child
    where
        not exists (
            select 1
            from {{ to }} as parent
            where
                {%- for column in columns %}
                {{ "and " if not loop.first }}parent.{{ adapter.quote(target_columns[loop.index0]) }} = child.{{ adapter.quote(column) }}
                {%- endfor %}
        )
        {%- for column in columns %}
        and child.{{ adapter.quote(column) }} is not null
        {%- endfor %}
    having count(*) > 0
{% endtest %}
