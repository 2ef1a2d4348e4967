{% macro versions(relation, key, columns, identity, loaded_at) %}
    {#- What the rows of a key that stands several times say: one row a version, loaded when it was said last. `breach`
        is the kind of clause that it breaks beside the others, as at the gate: `primaryKey` where they say different
        things at one load time, `identity` where they differ in a column of the `identity`; else null. -#}
    with repeated as (

        select {{ key }}
        from {{ relation }}
        where {{ key }} is not null
        group by {{ key }}
        having count(*) > 1

    ),

    stated as (

        select
            {{ key }},
            {%- for column in columns %}
            {{ column }},
            {%- endfor %}
            max({{ loaded_at }}) as {{ loaded_at }}
        from {{ relation }}
        where {{ key }} in (select repeated.{{ key }} from repeated)
        group by
            {{ key }}
            {%- for column in columns %},
            {{ column }}
            {%- endfor %}

    ),

    divided as (

        select {{ key }}
        from stated
        group by {{ key }}
        having
            1 = 0
            {%- for column in identity %}
            or count(distinct {{ column }}) > 1
            or count({{ column }}) not in (0, count(*))
            {%- endfor %}

    ),

    counted as (

        select
            *,
            count(*) over (partition by {{ key }}) as versions,
            count(*) over (partition by {{ key }}, {{ loaded_at }}) as rivals
        from stated

    )

    select
        counted.*,
        case
            when versions > 1 and (rivals > 1 or {{ loaded_at }} is null) then 'primaryKey'
            when divided.{{ key }} is not null then 'identity'
        end as breach,
        divided.{{ key }} is not null as is_divided
    from counted
    left join divided on counted.{{ key }} = divided.{{ key }}
{% endmacro %}
