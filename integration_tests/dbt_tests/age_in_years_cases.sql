{%- set cases = [
    ["birthday today", "2000-06-15", "2026-06-15", 26],
    ["birthday tomorrow", "2000-06-15", "2026-06-14", 25],
    ["birthday yesterday", "2000-06-15", "2026-06-16", 26],
    ["born today", "2026-06-15", "2026-06-15", 0],
    ["29 February, on 28 February of a common year", "2004-02-29", "2025-02-28", 20],
    ["29 February, on 1 March of a common year", "2004-02-29", "2025-03-01", 21],
    ["29 February, on 28 February of a leap year", "2004-02-29", "2024-02-28", 19],
    ["29 February, on 29 February", "2004-02-29", "2024-02-29", 20],
    ["last day of the year", "1999-12-31", "2026-01-01", 26],
    ["first day of the year", "2000-01-01", "2025-12-31", 25],
    ["a later month, an earlier day", "2000-07-01", "2026-06-30", 25],
    ["an earlier month, a later day", "2000-05-31", "2026-06-01", 26],
    ["a century", "1899-03-01", "2026-02-28", 126],
] -%}
{%- set rows = [] -%}
{%- for what, birthdate, day, age in cases -%}
    {%- do rows.append([
        what,
        customer360.age_in_years("cast('" ~ birthdate ~ "' as date)", "cast('" ~ day ~ "' as date)"),
        age
    ]) -%}
{%- endfor -%}
{%- set nobody, some_day = "cast(null as date)", "cast('2026-01-01' as date)" -%}
{%- do rows.append(["nobody knows the birthday", customer360.age_in_years(nobody, some_day), "null"]) -%}
{%- do rows.append(["nobody knows the day", customer360.age_in_years(some_day, nobody), "null"]) -%}
{{ cases_not_met(rows) }}
