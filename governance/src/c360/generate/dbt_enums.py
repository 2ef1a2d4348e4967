"""dbt macros that know facts of the contracts (enums, identities), so that models loop over them."""

from c360.contract.catalog import Catalog
from c360.generate.text import jinja_value


def enums(catalog: Catalog) -> str:
    """`contract_enum(dataset, column)`: the entries of an enum."""
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


def identities(catalog: Catalog) -> str:
    """`contract_identity(dataset)`: the columns that may not change under a key."""
    lines = "".join(
        f"        {jinja_value(dataset.name)}: {jinja_value([dataset.physical(name) for name in dataset.identity])},\n"
        for _, dataset in catalog.pairs()
        if dataset.identity
    )
    return (
        "{#- Generated from contracts/ (all identities). Do not edit; run: c360 generate #}\n"
        "{% macro contract_identity(dataset) %}\n"
        "    {%- set identities = {\n"
        f"{lines}"
        "    } -%}\n"
        "    {{ return(identities.get(dataset, [])) }}\n"
        "{% endmacro %}\n"
    )
