{#- Generated from contracts/ (conditions on rows of all sources). Do not edit; run: c360 generate #}
{% macro contract_violations(dataset) %}
    {%- set entries = {
        "orders": [
            {"clause": "orders.code.minLength", "violation": {"any": "char_length(code) < 3"}},
            {"clause": "orders.code.maxLength", "violation": {"any": "char_length(code) > 10"}},
            {"clause": "orders.code.pattern", "violation": {"postgres": "not (code ~ '^[A-Z]{2}[0-9]+''?$')", "databricks": "not (code rlike '^[A-Z]{2}\\\\d+\\'?\\\\z')"}},
            {"clause": "orders.size.enum", "violation": {"postgres": "size not in ('S', 'it''s, L', ('$' || '{NOW}'), ('{' || '{ 7 * 7 \u007d\u007d'), 'back\\slash')", "databricks": "size not in ('S', 'it\\'s, L', ('$' || '{NOW}'), ('{' || '{ 7 * 7 \u007d\u007d'), 'back\\\\slash')"}},
            {"clause": "orders.price.minimum", "violation": {"postgres": "(price < 0 or price = 'NaN')", "databricks": "price < 0"}},
            {"clause": "orders.price.exclusiveMaximum", "violation": {"postgres": "(price >= 100000 or price = 'NaN')", "databricks": "price >= 100000"}},
            {"clause": "orders.price.multipleOf", "violation": {"postgres": "mod(cast(price as numeric), cast('0.05' as numeric)) <> 0", "databricks": "mod(cast(price as decimal(38,10)), cast('0.05' as decimal(38,10))) <> 0"}},
            {"clause": "orders.due.maximum", "violation": {"any": "due > date '2099-12-31'"}},
            {"clause": "orders.due.exclusiveMinimum", "violation": {"any": "due <= date '1999-12-31'"}},
            {"clause": "orders.stamped.format", "violation": {"postgres": "(stamped is not null and (translate(stamped, '123456789', '000000000') <> '00/00/0000 00:00:00' or substr(stamped, 12, 2) > '23' or substr(stamped, 15, 2) > '59' or substr(stamped, 18, 2) > '59' or not (pg_input_is_valid(substr(stamped, 7, 4) || '-' || substr(stamped, 4, 2) || '-' || substr(stamped, 1, 2) || ' ' || substr(stamped, 12, 2) || ':' || substr(stamped, 15, 2) || ':' || substr(stamped, 18, 2), 'timestamp'))))", "databricks": "(stamped is not null and (translate(stamped, '123456789', '000000000') <> '00/00/0000 00:00:00' or substr(stamped, 12, 2) > '23' or substr(stamped, 15, 2) > '59' or substr(stamped, 18, 2) > '59' or not (try_cast(substr(stamped, 7, 4) || '-' || substr(stamped, 4, 2) || '-' || substr(stamped, 1, 2) || ' ' || substr(stamped, 12, 2) || ':' || substr(stamped, 15, 2) || ':' || substr(stamped, 18, 2) as timestamp) is not null)))"}},
            {"clause": "orders.contact.format", "violation": {"postgres": "(contact is not null and (not (contact ~ '^([A-Za-z0-9.!#$%&''*+/=?^_`|~{}-]+@[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*)$')))", "databricks": "(contact is not null and (not (contact rlike '^([A-Za-z0-9.!#$%&\\'*+/=?^_`|~{}-]+@[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\\\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*)\\\\z')))"}},
            {"clause": "orders.details.logicalType", "violation": {"postgres": "(details is not null and coalesce(jsonb_typeof(details), 'none') <> 'object')", "databricks": "false"}},
            {"clause": "orders.details.ship.logicalType", "violation": {"postgres": "jsonb_typeof((details -> 'ship to')) not in ('null', 'string')", "databricks": "false"}},
            {"clause": "orders.details.ship.required", "violation": {"postgres": "(not coalesce(jsonb_typeof(details), 'none') <> 'object' and coalesce(jsonb_typeof((details -> 'ship to')), 'null') = 'null')", "databricks": "false"}},
            {"clause": "orders.details.ship.enum", "violation": {"postgres": "(case when jsonb_typeof((details -> 'ship to')) = 'string' then ((details -> 'ship to') #>> '{}') end) not in ('O''Brien')", "databricks": "false"}},
            {"clause": "orders.details.lines.logicalType", "violation": {"postgres": "jsonb_typeof((details -> 'lines')) not in ('null', 'array')", "databricks": "false"}},
            {"clause": "orders.details.lines.minItems", "violation": {"postgres": "case when jsonb_typeof((details -> 'lines')) = 'array' then jsonb_array_length((details -> 'lines')) end < 1", "databricks": "false"}},
            {"clause": "orders.details.lines.items.logicalType", "violation": {"postgres": "exists (select 1 from jsonb_array_elements(case when jsonb_typeof((details -> 'lines')) = 'array' then (details -> 'lines') end) as i1(value) where jsonb_typeof(i1.value) not in ('null', 'object'))", "databricks": "false"}},
            {"clause": "orders.details.lines.items.sku.logicalType", "violation": {"postgres": "exists (select 1 from jsonb_array_elements(case when jsonb_typeof((details -> 'lines')) = 'array' then (details -> 'lines') end) as i1(value) where jsonb_typeof((i1.value -> 'sku')) not in ('null', 'string'))", "databricks": "false"}},
            {"clause": "orders.details.lines.items.sku.required", "violation": {"postgres": "exists (select 1 from jsonb_array_elements(case when jsonb_typeof((details -> 'lines')) = 'array' then (details -> 'lines') end) as i1(value) where (not coalesce(jsonb_typeof(i1.value), 'none') <> 'object' and coalesce(jsonb_typeof((i1.value -> 'sku')), 'null') = 'null'))", "databricks": "false"}},
            {"clause": "orders.details.lines.items.sku.pattern", "violation": {"postgres": "exists (select 1 from jsonb_array_elements(case when jsonb_typeof((details -> 'lines')) = 'array' then (details -> 'lines') end) as i1(value) where not ((case when jsonb_typeof((i1.value -> 'sku')) = 'string' then ((i1.value -> 'sku') #>> '{}') end) ~ '^[0-9]{3}$'))", "databricks": "false"}},
            {"clause": "orders.due_after_order", "violation": {"any": "(due < ordered)"}},
            {"clause": "orders.loaded.notInFuture", "violation": {"any": "loaded > __now__ + interval '3600' second"}},
        ],
        "people": [
        ],
    } -%}
    {{ return(entries[dataset]) }}
{% endmacro %}
