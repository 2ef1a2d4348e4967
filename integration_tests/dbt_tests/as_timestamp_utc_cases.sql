{#- Microseconds since 1970; date -u -d '…' +%s gives the seconds. -#}
{%- set cases = [
    ["milliseconds", "2023-05-08 14:03:22.123", "1683554602123000"],
    ["no fraction", "2023-05-08 14:03:22", "1683554602000000"],
    ["one digit", "2023-05-08 14:03:22.5", "1683554602500000"],
    ["six digits", "2023-05-08 14:03:22.123456", "1683554602123456"],
    ["seven digits", "2023-05-08 14:03:22.1234567", "null"],
    ["a T between day and time", "2023-05-08T14:03:22.123", "1683554602123000"],
    ["midnight", "2023-05-08 00:00:00.000", "1683504000000000"],
    ["just before midnight", "2023-05-08 23:59:59.999", "1683590399999000"],
    ["an hour that clocks skip in Sydney", "2023-10-01 02:30:00.000", "1696127400000000"],
    ["an hour that clocks skip in Berlin", "2023-03-26 02:30:00.000", "1679797800000000"],
    ["29 February", "2024-02-29 12:00:00.000", "1709208000000000"],
    ["29 February of a common year", "2023-02-29 12:00:00.000", "null"],
    ["month 13", "2023-13-01 12:00:00.000", "null"],
    ["24 o clock", "2023-05-08 24:00:00.000", "null"],
    ["second 60", "2023-05-08 23:59:60.000", "null"],
    ["a day without time", "2023-05-08", "null"],
    ["a zone of its own", "2023-05-08 14:03:22.123+10:00", "null"],
    ["a blank before", " 2023-05-08 14:03:22.123", "null"],
    ["empty", "", "null"],
    ["no time at all", "yesterday", "null"],
] -%}
{%- set rows = [] -%}
{%- for what, text, micros in cases -%}
    {%- do rows.append([what, microseconds(customer360.as_timestamp_utc("'" ~ text ~ "'")), micros]) -%}
{%- endfor -%}
{%- set nothing = "cast(null as " ~ dbt.type_string() ~ ")" -%}
{%- do rows.append(["null", microseconds(customer360.as_timestamp_utc(nothing)), "null"]) -%}
{{ cases_not_met(rows) }}
