{%- set noon = customer360.as_timestamp_utc("'2023-05-08 12:00:00'") -%}
{%- set late = customer360.as_timestamp_utc("'2023-05-08 23:59:59.999'") -%}
{%- set early = customer360.as_timestamp_utc("'2023-05-08 00:00:00'") -%}
{{ cases_not_met([
    ["utc_date at noon", customer360.utc_date(noon), "'2023-05-08'"],
    ["utc_date just before midnight", customer360.utc_date(late), "'2023-05-08'"],
    ["utc_date at midnight", customer360.utc_date(early), "'2023-05-08'"],
    ["utc_date of null", customer360.utc_date("cast(null as timestamp)"), "null"],
    ["today_utc is the day of now_utc", customer360.today_utc(), customer360.utc_date(customer360.now_utc())],
    ["ratio rounds half up", customer360.ratio("1", "3"), "'0.33333333'"],
    ["ratio of two thirds", customer360.ratio("2", "3"), "'0.66666667'"],
    ["ratio below zero", customer360.ratio("-2", "3"), "'-0.66666667'"],
    ["ratio by zero", customer360.ratio("1", "0"), "null"],
    [
        "as_uuid is lower case",
        customer360.as_uuid("'0D2B3C66-6F1C-4F0E-9A38-6F5DD2F5F1A1'"),
        "'0d2b3c66-6f1c-4f0e-9a38-6f5dd2f5f1a1'",
    ],
    ["as_uuid of null", customer360.as_uuid("null"), "null"],
    ["text_literal with a quote", "length(" ~ customer360.text_literal("it's") ~ ")", "4"],
    ["text_literal with a backslash", "length(" ~ customer360.text_literal("a\\b") ~ ")", "3"],
    ["an engine is served its own text", customer360.by_engine({"postgres": "1", "databricks": "1", "any": "2"}), "1"],
    ["any text serves every engine", customer360.by_engine({"any": "2"}), "2"],
]) }}
