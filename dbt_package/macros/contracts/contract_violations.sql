{#- Generated from contracts/ (conditions on rows of all sources). Do not edit; run: c360 generate #}
{% macro contract_violations(dataset) %}
    {%- set entries = {
        "contacts": [
            {"clause": "contacts.username.maxLength", "violation": {"any": "char_length(username) > 100"}},
            {"clause": "contacts.mail.pattern", "violation": {"postgres": "not (mail ~ '^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$')", "databricks": "not (mail rlike '^[^@\\\\s]+@[^@\\\\s]+\\\\.[^@\\\\s]+\\\\z')"}},
            {"clause": "contacts.birthdate.minimum", "violation": {"any": "birthdate < date '1900-01-01'"}},
            {"clause": "contacts.birthdate.not_in_future", "violation": {"any": "(birthdate > CAST(_loaded_at_utc AS DATE))"}},
            {"clause": "contacts._loaded_at_utc.notInFuture", "violation": {"any": "_loaded_at_utc > __now__ + interval '3600' second"}},
        ],
        "transactions": [
            {"clause": "transactions.transaction_date.format", "violation": {"postgres": "(transaction_date is not null and not (case when char_length(transaction_date) = 23 and pg_input_is_valid(transaction_date, 'timestamp') then to_char(cast(transaction_date as timestamp), 'YYYY-MM-DD\" \"HH24:MI:SS.FF3') is not distinct from transaction_date else false end))", "databricks": "(transaction_date is not null and (translate(transaction_date, '123456789', '000000000') <> '0000-00-00 00:00:00.000' or substr(transaction_date, 12, 2) > '23' or substr(transaction_date, 15, 2) > '59' or substr(transaction_date, 18, 2) > '59' or not (try_cast(transaction_date as timestamp) is not null)))"}},
            {"clause": "transactions.amount.minimum", "violation": {"postgres": "(amount < 0 or amount = 'NaN')", "databricks": "amount < 0"}},
            {"clause": "transactions.item_count.minimum", "violation": {"any": "item_count < 1"}},
            {"clause": "transactions.category.enum", "violation": {"any": "category not in ('Apps & Games', 'Beauty', 'Books', 'Clothing, Shoes & Accessories', 'Movies & TV', 'Sports, Fitness & Outdoors')"}},
            {"clause": "transactions.transaction_date.notInFuture", "violation": {"postgres": "case when substr(transaction_date, 1, 10) >= cast(cast(__now__ as date) as text) and translate(transaction_date, '123456789', '000000000') = '0000-00-00 00:00:00.000' and substr(transaction_date, 12, 2) <= '23' and substr(transaction_date, 15, 2) <= '59' and substr(transaction_date, 18, 2) <= '59' and pg_input_is_valid(transaction_date, 'timestamp') then cast(transaction_date as timestamp) > __now__ + interval '172800' second else false end", "databricks": "(substr(transaction_date, 1, 10) >= cast(cast(__now__ as date) as string) and translate(transaction_date, '123456789', '000000000') = '0000-00-00 00:00:00.000' and substr(transaction_date, 12, 2) <= '23' and substr(transaction_date, 15, 2) <= '59' and substr(transaction_date, 18, 2) <= '59' and try_cast(transaction_date || '+00:00' as timestamp) > __now__ + interval '172800' second)"}},
            {"clause": "transactions._loaded_at_utc.notInFuture", "violation": {"any": "_loaded_at_utc > __now__ + interval '3600' second"}},
        ],
    } -%}
    {{ return(entries[dataset]) }}
{% endmacro %}
