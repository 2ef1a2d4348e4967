{#- Generated from c360's own relationship_clause.sql. Do not edit; run: c360 generate #}
{% test relationship_clause(model, columns, target_columns, to=none, to_source=none) %}
    {#- Each row leads to a row of another table, by several columns; a row with a null among them refers to nothing.
        The table is `to`, or `to_source`: [source, table]. That is looked up by its name, in this package first. So the
        test of a product depends on the product alone, and `--select source:*` leaves it out. -#}
    {{ config(fail_calc="coalesce(sum(violations), 0)") }}
    {%- if to_source and execute %}
    {%- set there = graph.sources.values()
        | selectattr("source_name", "equalto", to_source[0]) | selectattr("name", "equalto", to_source[1]) | list %}
    {%- set ours = there | selectattr("package_name", "equalto", "customer360") | list %}
    {%- set to = (ours + there)[0].relation_name %}
    {%- endif %}

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
