{#- Generated for c360 shares. Do not edit; run: c360 generate -#}
{% test k_anonymous(model, columns, k, l) %}
    {#- Groups of equal quasi-identifiers with fewer than k persons, or fewer than l kinds of what is sensitive. -#}
    select {{ columns | join(", ") }}
    from {{ model }}
    group by {{ columns | join(", ") }}
    having count(distinct person) < {{ k }} or count(distinct s) < {{ l }}
{% endtest %}
