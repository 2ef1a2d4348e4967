{#- Generated from contracts/ (all identities). Do not edit; run: c360 generate #}
{% macro contract_identity(dataset) %}
    {%- set identities = {
        "contacts": ["name", "birthdate"],
        "transactions": ["contact_id"],
    } -%}
    {{ return(identities.get(dataset, [])) }}
{% endmacro %}
