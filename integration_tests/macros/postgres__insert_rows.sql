{#- Elementary's own way writes every value by Jinja, some 10,000 macro calls a build: here all rows are one JSON. -#}
{% macro postgres__insert_rows(table_relation, rows, should_commit=false, chunk_size=5000, on_query_exceed=none) %}
    {%- if not rows or not table_relation -%} {{ return(none) }} {%- endif -%}
    {%- set columns = adapter.get_columns_in_relation(table_relation) | map(attribute='name') | list -%}
    {%- set kept = [] -%}
    {%- for row in rows -%}
        {%- set values = {} -%}
        {%- for column in columns if row.get(column) is defined -%}
            {%- do values.update({column: row.get(column)}) -%}
        {%- endfor -%}
        {%- do kept.append(values) -%}
    {%- endfor -%}
    {%- set now = elementary.edr_current_timestamp() -%}
    {%- set query -%}
        insert into {{ table_relation }} ({{ columns | join(', ') }})
        select
            {% for column in columns -%}
                {{ now if column == 'created_at' else column }}{{ ', ' if not loop.last }}
            {%- endfor %}
        from json_populate_recordset(null::{{ table_relation }}, '{{ tojson(kept) | replace("'", "''") }}')
    {%- endset -%}
    {%- do elementary.run_query(query) -%}
    {%- if should_commit -%} {%- do adapter.commit() -%} {%- endif -%}
{% endmacro %}
