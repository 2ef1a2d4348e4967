"""A dbt macro that knows the enums of the contracts, so that models loop over contract facts."""

import json

from c360.generate.plan import Catalog


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
        f"        {_jinja(name)}: [\n"
        + "".join(f"            {_jinja(entry)},\n" for entry in entries)
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


def _jinja(value: object) -> str:
    """A literal that Jinja reads as data: JSON, with the openings of templates as escapes, and null as none."""
    text = json.dumps(value, ensure_ascii=False)
    for opener in ("{{", "{%", "{#", "}}", "%}", "#}"):
        text = text.replace(opener, "".join(f"\\u{ord(ch):04x}" for ch in opener)) if opener in text[1:-1] else text
    return text.replace(": null", ": none")
