{% macro deduplicated(relation, key, columns, identity, loaded_at) %}
    {#- The rule of one id, the same at the gate. Rows that say the same are one, and the version that was loaded last
        counts, among those that nothing contradicts; a key whose rows differ in a column of the `identity` is nobody's.
        A key that stands once, as nearly all do, is compared with nothing; and `relation` is no CTE, so that a filter on
        the outcome reaches its table. -#}
    with versions as (

        {{ customer360.versions(relation, key, columns, identity, loaded_at) }}

    ),

    holding as (

        select
            *,
            row_number() over (partition by {{ key }} order by {{ loaded_at }} desc) as recency
        from versions
        where breach is null and not is_divided

    )

    select
        {{ key }},
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        {{ loaded_at }}
    from {{ relation }} as one
    where
        {{ key }} is not null
        and not exists (select 1 from versions where versions.{{ key }} = one.{{ key }})
    union all
    select
        {{ key }},
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        {{ loaded_at }}
    from holding
    where recency = 1
{% endmacro %}
