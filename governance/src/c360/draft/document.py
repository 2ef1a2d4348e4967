"""From what another format says of tables to drafts: what is missing is proposed, what cannot be kept is told."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from c360.clause.said import as_list
from c360.contract.load import relationship_of
from c360.draft.classify import Classified, beside_a_person, classify, level_of
from c360.draft.constraints import Described, checked, declared
from c360.draft.frame import drafted, undescribed
from c360.draft.types import logical_type, physical_type
from c360.draft.write import Draft, Property, Table
from c360.errors import Breach

Known = Mapping[str, frozenset[str]]
"""The columns of every dataset that a relationship may lead to."""

_FIRST = (
    "id", "name", "physicalName", "businessName", "description", "logicalType", "logicalTypeOptions", "physicalType",
    "primaryKey", "primaryKeyPosition", "required", "unique", "classification", "enum", "relationships", "examples",
)  # fmt: skip
_REFERENCE = re.compile(r"[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*)+|.*/.*/.*", re.ASCII)


def draft_of(
    described: Described, told: Sequence[str], levels: Sequence[str], known: Known, layer: str = "sources"
) -> Draft:
    """A contract of one table."""
    return drafted(str(described.part["name"]), (completed(described, levels, known),), told, layer=layer)


def completed(described: Described, levels: Sequence[str], known: Known) -> Table:
    """A schema object with what every column needs here: types, a description, a classification to be confirmed; and
    with what the constraints of its table promise."""
    part, evidence = declared(described)
    columns = [prop for prop in part.get("properties") or [] if isinstance(prop, dict)]
    found = [classify(str(prop.get("name")), "", False) for prop in columns]
    if any(one.level == "pii_direct" for one in found):
        found = [beside_a_person(one) for one in found]
    name = str(part.get("name"))
    properties = [_completed(name, prop, one, levels, known) for prop, one in zip(columns, found, strict=True)]
    rules = list(part.get("quality") or [])
    told = checked(described, [prop.document for prop in properties], rules, level_of("pii_direct", levels))
    relations, led_nowhere = _led(name, None, part.get("relationships") or [], known)
    said = {key: value for key, value in part.items() if key not in ("properties", "logicalType")}
    said |= {"relationships": relations, "quality": rules}
    document = undescribed(name) | {key: value for key, value in said.items() if value}
    ordered = (
        Property(_ordered(prop.document), (*prop.evidence, *told.get(prop.document["name"], ()))) for prop in properties
    )
    return Table(document, tuple(ordered), (*described.told, *evidence, *led_nowhere, *told.get("", ())))


def _completed(table: str, prop: dict[str, Any], found: Classified, levels: Sequence[str], known: Known) -> Property:
    document, told = dict(prop), []
    logical = document.get("logicalType")
    if not document.get("physicalType"):
        document["physicalType"] = physical_type(logical or "string")
        told.append("No physical type was given.")
    document["logicalType"] = logical or logical_type(str(document["physicalType"]))
    document["description"] = document.get("description") or "To be described."
    if document.get("classification") not in levels:
        document["classification"] = level_of(found.level, levels)
        told.append(f"Classified as {document['classification']}, to be confirmed: {found.why}.")
        document["customProperties"] = [
            *(document.get("customProperties") or []),
            {"property": "toBeConfirmed", "value": "classification"},
        ]
    relations, led_nowhere = _led(table, document["name"], document.get("relationships") or [], known)
    document["relationships"] = [{"type": "foreignKey", **relation} for relation in relations]
    return Property(document, (*told, *led_nowhere))


def _ordered(document: dict[str, Any]) -> dict[str, Any]:
    order = sorted(document, key=lambda key: _FIRST.index(key) if key in _FIRST else len(_FIRST))
    return {key: document[key] for key in order if document[key] not in (None, [], {}, False, "")}


def _led(
    table: str, column: str | None, relations: Sequence[dict[str, Any]], known: Known
) -> tuple[list[dict[str, Any]], list[str]]:
    """The relationships that lead to what a contract describes, and what is told of the others."""
    kept, told = [], []
    for relation in relations:
        to = ", ".join(map(str, as_list(relation.get("to"))))
        own = "" if column else f" ({', '.join(map(str, as_list(relation.get('from'))))})"
        if not _leads_somewhere(table, column, relation, known):
            told.append(f"It refers to {to}{own}, which no contract describes: say so when one does.")
        elif not all(
            _REFERENCE.fullmatch(str(end)) for end in (*as_list(relation["to"]), *as_list(relation.get("from")))
        ):
            told.append(f"It refers to {to}{own}: no reference of ODCS can be written so; rename, and say so then.")
        else:
            kept.append(relation)
    return kept, told


def _leads_somewhere(table: str, column: str | None, relation: dict[str, Any], known: Known) -> bool:
    try:
        target = relationship_of(Path(), table, relation, column, known)
    except Breach:
        return False
    return set(target.target_columns) <= known.get(target.target, frozenset())
