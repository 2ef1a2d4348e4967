{% macro is_enabled() %}
    {#- Whether none of the named parts is switched off: is_enabled("contacts", "evaluation") asks for the variables
        customer360_contacts_enabled and customer360_evaluation_enabled. -#}
    {%- for part in varargs if not var("customer360_" ~ part ~ "_enabled", true) -%}
    {{ return(false) }}
    {%- endfor -%}
    {{ return(true) }}
{% endmacro %}
