{% macro ratio(numerator, denominator) -%}
    {#- A decimal with eight places. Engines agree on it: they do not on the scale of a bare division. -#}
    cast(cast({{ numerator }} as decimal(20, 8)) / nullif({{ denominator }}, 0) as decimal(18, 8))
{%- endmacro %}
