"""What stands around the tables of a draft: who it is, and that people have to say the rest."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from c360.draft.write import Draft, Property, Table

VERSION = "0.1.0"


def drafted(
    name: str,
    tables: tuple[Table, ...],
    notes: Sequence[str],
    proposals: tuple[dict[str, Any], ...] = (),
    layer: str = "sources",
    own: Mapping[str, Any] = MappingProxyType({}),
) -> Draft:
    """A contract that lints, and whose every placeholder says that it is one; `own` is what it says of itself."""
    document = {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": f"urn:datacontract:{name}",
        "name": name,
        "version": VERSION,
        "status": "draft",
        "description": {"purpose": "To be described."},
        "team": {"name": "to-be-named"},
        "support": [{"channel": "to-be-named"}],
    }
    document |= {key: value for key, value in own.items() if value and key not in ("apiVersion", "status")}
    notes = (
        *notes,
        "Everything in it is a proposal: check types and classifications, describe the columns, name the team.",
    )
    return Draft(document, tables, notes, proposals, layer)


def undescribed(table: str) -> dict[str, Any]:
    """A schema object that says no more than what the table is called."""
    return {
        "name": table,
        "logicalType": "object",
        "physicalType": "table",
        "physicalName": table,
        "description": "To be described: what one row is.",
    }


def freshness(table: str, properties: Sequence[Property]) -> tuple[dict[str, Any], ...]:
    """For the first column that looks like a time of loading or of the last change, a service level to switch on."""
    for hint in ("loaded_at", "updated_at", "loaded", "modified_at", "ingested", "updated"):
        for prop in properties:
            column = str(prop.document["name"])
            if hint in column.lower() and prop.document["physicalType"] in ("timestamp", "timestamptz"):
                promise = {
                    "id": "freshness", "property": "freshness", "value": 1, "unit": "d", "element": f"{table}.{column}",
                    "description": "The newest row is at most one day old.",
                }  # fmt: skip
                return ({"slaProperties": [promise]},)
    return ()
