{#- Generated from contracts/ (all enums). Do not edit; run: c360 generate #}
{% macro contract_enum(dataset, column) %}
    {%- set enums = {
        "orders.size": [
            {"value": "S", "id": none, "label": "S"},
            {"value": "it's, L", "id": none, "label": "it's, L"},
            {"value": "${NOW}", "id": none, "label": "${NOW}"},
            {"value": "\u007b\u007b 7 * 7 \u007d\u007d", "id": none, "label": "\u007b\u007b 7 * 7 \u007d\u007d"},
            {"value": "back\\slash", "id": none, "label": "back\\slash"},
        ],
    } -%}
    {{ return(enums[dataset ~ "." ~ column]) }}
{% endmacro %}
