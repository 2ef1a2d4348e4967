{#- Generated from policies of partners. Do not edit; run: c360 generate -#}
{% test k_anonymous(model, columns, k, sensitive=none, no_value=none, holds=none) %}
    {#- Groups of equal quasi-identifiers with fewer than k persons, or whose sensitive labels do not hold what is asked
    of them: a condition over one row a label. -#}
    {%- set group = columns | join(", ") %}
    select {{ group }}
    from {{ model }}
    group by {{ group }}
    having count(distinct person) < {{ k }}
    {%- if sensitive %}
    union all
    select {{ group }}
    from (
        select
            {{ group }},
            {{ sensitive }},
            count(*) as persons,
            sum(count(*)) over (partition by {{ group }}) as size,
            row_number() over (
                partition by {{ group }}
                order by case {{ sensitive }} when {{ no_value }} then 0 else count(*) end desc
            ) as place,
            1.0 * sum(count(*)) over (partition by {{ sensitive }}) / sum(count(*)) over () as share
        from {{ model }}
        where person is not null
        group by {{ group }}, {{ sensitive }}
    ) as labels
    group by {{ group }}
    having not ({{ holds }})
    {%- endif %}
{% endtest %}
