{% macro age_in_years(birthdate, on_date=none) %}
    {{- return(adapter.dispatch("age_in_years", "customer360")(birthdate, on_date or customer360.today_utc())) -}}
{% endmacro %}

{#- Arithmetic on the calendar is ANSI and equal on every engine; age(), datediff() and months_between() are not.
    Someone born on 29 February has their birthday on 1 March in the other years. -#}
{% macro default__age_in_years(birthdate, on_date) -%}
    cast(
        extract(year from {{ on_date }}) - extract(year from {{ birthdate }})
        - case
            when
                extract(month from {{ on_date }}) * 100 + extract(day from {{ on_date }})
                < extract(month from {{ birthdate }}) * 100 + extract(day from {{ birthdate }})
                then 1
            else 0
        end as integer
    )
{%- endmacro %}
