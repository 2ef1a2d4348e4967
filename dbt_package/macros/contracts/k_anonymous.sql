{#- Generated from policies of partners. Do not edit; run: c360 generate -#}
{% test k_anonymous(model, columns, k, sensitive=none, l=1) %}
    {#- Groups of equal quasi-identifiers with fewer than k persons, or fewer than l kinds of what is sensitive. -#}
    select {{ columns | join(", ") }}
    from {{ model }}
    group by {{ columns | join(", ") }}
    having count(distinct person) < {{ k }}{% if sensitive %} or count(distinct {{ sensitive }}) < {{ l }}{% endif %}
{% endtest %}
