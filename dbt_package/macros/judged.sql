{% macro judged(relation, dataset, key) %}
    {#- The rows of a source with two columns more: `clauses`, the ids of those that the row breaks by itself, comma-
        separated, and `delivered_key`, the key as text. With a gate before the source, no row in it breaks any. With none
        (var customer360_gate), any text is read into the contract's types: what has no value there is null, and breaks
        the clause of its type. -#}
    {%- if var("customer360_gate", true) %}
    select
        *,
        '' as clauses,
        cast({{ key }} as {{ dbt.type_string() }}) as delivered_key
    from {{ relation }}
    {%- else %}
    {%- set columns = customer360.contract_casts(dataset) %}
    with delivered as (

        select
            {%- for column in columns %}
            {{ customer360.by_engine(column.text) }} as {{ adapter.quote(column.column) }}{{ "," if not loop.last }}
            {%- endfor %}
        from {{ relation }}

    ),

    typed as (

        select
            {%- for column in columns %}
            {{ customer360.by_engine(column.value) }} as {{ adapter.quote(column.column) }},
            {%- endfor %}
            {{ key }} as delivered_key,
            concat_ws(
                ', '
                {%- for column in columns %}
                {%- set name = adapter.quote(column.column) %}
                {%- if column.required_clause %},
                case when {{ name }} is null then {{ customer360.text_literal(column.required_clause) }} end
                {%- endif %}
                {%- if column.type_clause %},
                case
                    when {{ name }} is not null and ({{ customer360.by_engine(column.value) }}) is null
                        then {{ customer360.text_literal(column.type_clause) }}
                end
                {%- endif %}
                {%- endfor %}
            ) as unread
        from delivered

    )

    select
        typed.*,
        concat_ws(
            ', ',
            nullif(unread, '')
            {%- for entry in customer360.contract_violations(dataset) %},
            case
                when {{ customer360.clause_sql(entry.violation, relation) }}
                    then {{ customer360.text_literal(entry.clause) }}
            end
            {%- endfor %}
        ) as clauses
    from typed
    {%- endif %}
{% endmacro %}
