{#- Generated from contracts/ (all identities). Do not edit; run: c360 generate #}
{% macro contract_identity(dataset) %}
    {%- set identities = {
        "orders": ["line"],
    } -%}
    {{ return(identities.get(dataset, [])) }}
{% endmacro %}
