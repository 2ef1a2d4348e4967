"""A dbt macro that knows the enums of the contracts, so that models loop over contract facts."""

from c360.generate.plan import Catalog
from c360.generate.text import jinja_value


def render(catalog: Catalog) -> str:
    enums = {
        f"{dataset.name}.{column.name}": [
            {
                "value": entry.get("value"),
                "id": entry.get("id"),
                "label": entry.get("label") or entry.get("value"),
            }
            for entry in column.enum
        ]
        for _, dataset in catalog.pairs()
        for column in dataset.columns
        if column.enum
    }
    lines = "".join(
        f"        {jinja_value(name)}: [\n"
        + "".join(f"            {jinja_value(entry)},\n" for entry in entries)
        + "        ],\n"
        for name, entries in enums.items()
    )
    return (
        "{#- Generated from contracts/ (all enums). Do not edit; run: c360 generate #}\n"
        "{% macro contract_enum(dataset, column) %}\n"
        "    {%- set enums = {\n"
        f"{lines}"
        "    } -%}\n"
        '    {{ return(enums[dataset ~ "." ~ column]) }}\n'
        "{% endmacro %}\n"
    )
