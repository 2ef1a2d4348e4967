"""From what another format says of tables to drafts: what is missing is proposed, what cannot be kept is told."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from c360.contract.load import relationship_of
from c360.draft.classify import Classified, beside_a_person, classify, level_of
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


def draft_of(
    name: str, part: dict[str, Any], told: Sequence[str], levels: Sequence[str], known: Known, layer: str = "sources"
) -> Draft:
    """A contract of one table, given as an ODCS schema object."""
    return drafted(name, (completed(part, levels, known),), told, layer=layer)


def completed(part: dict[str, Any], levels: Sequence[str], known: Known) -> Table:
    """A schema object with what every column needs here: types, a description, a classification to be confirmed."""
    columns = [prop for prop in part.get("properties") or [] if isinstance(prop, dict)]
    found = [classify(str(prop.get("name")), "", False) for prop in columns]
    if any(one.level == "pii_direct" for one in found):
        found = [beside_a_person(one) for one in found]
    name = str(part.get("name"))
    said = {key: value for key, value in part.items() if key not in ("properties", "logicalType") and value}
    properties = (_completed(name, prop, one, levels, known) for prop, one in zip(columns, found, strict=True))
    return Table(undescribed(name) | said, tuple(properties))


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
    kept = []
    for relation in document.get("relationships") or []:
        if _leads_somewhere(table, document["name"], relation, known):
            kept.append({"type": "foreignKey", **relation})
        else:
            told.append(f"It refers to {relation.get('to')}, which no contract describes: say so when one does.")
    document["relationships"] = kept
    order = sorted(document, key=lambda key: _FIRST.index(key) if key in _FIRST else len(_FIRST))
    return Property(
        {key: document[key] for key in order if document[key] not in (None, [], {}, False, "")}, tuple(told)
    )


def _leads_somewhere(table: str, column: str, relation: dict[str, Any], known: Known) -> bool:
    try:
        target = relationship_of(Path(), table, relation, column, known)
    except Breach:
        return False
    return set(target.target_columns) <= known.get(target.target, frozenset())
