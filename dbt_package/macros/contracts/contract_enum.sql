{#- Generated from contracts/ (all enums). Do not edit; run: c360 generate #}
{% macro contract_enum(dataset, column) %}
    {%- set enums = {
        "transactions.category": [
            {"value": "Apps & Games", "id": "app_and_games", "label": "Apps & Games"},
            {"value": "Beauty", "id": "beauty", "label": "Beauty"},
            {"value": "Books", "id": "books", "label": "Books"},
            {"value": "Clothing, Shoes & Accessories", "id": "clothing_shoes_and_accessories", "label": "Clothing, Shoes & Accessories"},
            {"value": "Movies & TV", "id": "movies_and_tv", "label": "Movies & TV"},
            {"value": "Sports, Fitness & Outdoors", "id": "sports_fitness_and_outdoors", "label": "Sports, Fitness & Outdoors"},
        ],
    } -%}
    {{ return(enums[dataset ~ "." ~ column]) }}
{% endmacro %}
