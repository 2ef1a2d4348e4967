"""Columns that follow an enum: a product with a column a category gets one for a category that joins the list.

A schema object says so by a custom property:

    columnPerEnumValue: {enum: orders.category, name: "{id}_amount", like: beauty_amount}

`enum` is the column (dataset.column) that holds the list, `name` the new column's name from an entry's id, and `like`
the property whose type, clauses and classification it takes. Columns that the contract spells out stay as they are.
"""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from c360.contract.document import dicts
from c360.errors import Breach
from c360.printable import shown

PROPERTY = "columnPerEnumValue"


def add_enum_columns(documents: Iterable[dict[str, Any]]) -> None:
    """Add the missing columns to the documents, in the order of the enum and after the last one spelt out.

    Raises Breach for a value without an id.
    """
    documents = list(documents)
    enums = {
        f"{part.get('name')}.{prop.get('name')}": prop["enum"]
        for document in documents
        for part in dicts(document.get("schema"))
        for prop in dicts(part.get("properties"))
        if isinstance(prop.get("enum"), list)
    }
    for document in documents:
        for part in dicts(document.get("schema")):
            for custom in dicts(part.get("customProperties")):
                if custom.get("property") == PROPERTY and isinstance(custom.get("value"), dict):
                    _add(part, custom["value"], enums.get(str(custom["value"].get("enum")), []))


def _add(part: dict[str, Any], rule: dict[str, Any], entries: list[Any]) -> None:
    properties = part.get("properties") or []
    like = next((p for p in dicts(properties) if p.get("name") == rule.get("like")), None)
    if like is None:
        return
    form = str(rule.get("name", "{id}"))
    model = next((e for e in dicts(entries) if form.replace("{id}", str(e.get("id"))) == like["name"]), {})
    names = [prop.get("name") for prop in dicts(properties)]
    place = names.index(like["name"]) + 1
    for entry in dicts(entries):
        if not entry.get("id"):
            raise Breach(
                f"The value {shown(entry.get('value'))} of {shown(rule.get('enum'))} has no id to name a column after.",
                "Give every value of that enum an id of letters, digits and _.",
            )
        name = form.replace("{id}", str(entry.get("id")))
        if name in names:
            place = max(place, names.index(name) + 1)
            continue
        column = deepcopy(like) | {"name": name}
        column.pop("physicalName", None)
        described = str(like.get("description") or "")
        column["description"] = described.replace(str(model.get("value", "\0")), str(entry.get("value")))
        properties.insert(place, column)
        names.insert(place, name)
        place += 1
