"""From what another format says of tables to drafts: what is missing is proposed, what cannot be kept is noted."""

import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from c360.clause.promise import as_list
from c360.clause.types import own_type
from c360.contract.document import dicts
from c360.contract.load import relationship_of
from c360.draft.classify import (
    Classified,
    beside_a_person,
    classify,
    level_named,
    level_of,
    stated_classification,
    with_parts,
)
from c360.draft.constraints import TableDescription, apply_checks, with_declared_constraints
from c360.draft.frame import drafted, undescribed
from c360.draft.types import beyond_postgres, logical_named, logical_type, physical_type
from c360.draft.write import Draft, Property, Table
from c360.errors import Breach

_HOLDERS = {"properties": "object", "items": "array", "map": "map"}
_HOLD_MORE = {"map": ("map", "object"), "vector": ("logicalTypeOptions", "array")}
"""Logical types of which the standard wants to know more, that, and what is one where that is not said."""
Known = Mapping[str, frozenset[str]]
"""The columns of every dataset that a relationship may lead to."""

_FIRST = (
    "id", "name", "physicalName", "businessName", "description", "logicalType", "logicalTypeOptions", "physicalType",
    "primaryKey", "primaryKeyPosition", "required", "unique", "classification", "enum", "relationships", "examples",
)  # fmt: skip
_REFERENCE = re.compile(r"[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*)+|.*/.*/.*", re.ASCII)


def draft_of(
    described: TableDescription, notes: Sequence[str], levels: Sequence[str], known: Known, layer: str = "sources"
) -> Draft:
    """A contract of one table."""
    return drafted(str(described.part["name"]), (completed(described, levels, known),), notes, layer=layer)


def completed(described: TableDescription, levels: Sequence[str], known: Known) -> Table:
    """A schema object with what every column needs here: types, a description, a classification to be confirmed; and
    with what the constraints of its table promise."""
    part, evidence = with_declared_constraints(described)
    columns = [prop for prop in part.get("properties") or [] if isinstance(prop, dict)]
    found = [with_parts(classify(str(prop.get("name")), "", False), names_inside(prop)) for prop in columns]
    if any(one.level == "pii_direct" for one in found):
        found = [beside_a_person(one) for one in found]
    name = str(part.get("name"))
    properties = [_completed(name, prop, one, levels, known) for prop, one in zip(columns, found, strict=True)]
    rules = list(part.get("quality") or [])
    notes = apply_checks(described, [prop.document for prop in properties], rules, level_of("pii_direct", levels))
    relations, led_nowhere = _led(name, None, part.get("relationships") or [], known)
    said = {key: value for key, value in part.items() if key not in ("properties", "logicalType")}
    said |= {"relationships": relations, "quality": rules}
    document = undescribed(name) | {key: value for key, value in said.items() if value}
    ordered = (
        Property(_ordered(prop.document), (*prop.evidence, *notes.get(prop.document["name"], ())))
        for prop in properties
    )
    return Table(document, tuple(ordered), (*described.notes, *evidence, *led_nowhere, *notes.get("", ())))


def _completed(table: str, prop: dict[str, Any], found: Classified, levels: Sequence[str], known: Known) -> Property:
    document = deepcopy(prop)
    notes = _known_logical(document)
    for _, part in [("", document), *parts_inside(document)]:
        if holds := next((kind for key, kind in _HOLDERS.items() if part.get(key)), ""):
            part["logicalType"] = part.get("logicalType") or holds
    logical = document.get("logicalType")
    if not document.get("physicalType"):
        document["physicalType"] = physical_type(logical or "string")
        notes.append("No physical type was given.")
    document["logicalType"] = logical or logical_type(str(document["physicalType"]))
    document["description"] = document.get("description") or "To be described."
    notes += _known_types(document, document["name"])
    notes += _read_levels(document, levels)
    inside = [level for _, part in parts_inside(document) if (level := part.get("classification"))]
    if not document.get("classification"):
        document["classification"] = level_of(found.level, levels)
        notes.append(f"Classified as {document['classification']}, to be confirmed: {found.why}.")
        document["customProperties"] = [
            *(document.get("customProperties") or []),
            {"property": "toBeConfirmed", "value": "classification"},
        ]
    closest = max([document["classification"], *inside], key=levels.index)
    if closest != document["classification"]:
        document["classification"] = closest
        notes.append(f"Classified as {closest}, for a part of it is.")
    relations, led_nowhere = _led(table, document["name"], document.get("relationships") or [], known)
    document["relationships"] = [{"type": "foreignKey", **relation} for relation in relations]
    return Property(document, (*notes, *led_nowhere))


def _known_logical(document: dict[str, Any]) -> list[str]:
    """Gives what has a logical type of another name, at any depth, the one that the standard has, or takes it away
    where nobody knows that; the notes on it."""
    notes = []
    for place, part in [("", document), *parts_inside(document)]:
        written = part.get("logicalType")
        if not written:
            continue
        found = logical_named(str(written)) or logical_named(str(part.get("physicalType") or ""))
        wants, otherwise = _HOLD_MORE.get(found, ("", ""))
        found = otherwise if wants and not part.get(wants) else found
        if found == written:
            continue
        part.pop("logicalType")
        part |= {"logicalType": found} if found else {}
        of = f"The logical type of {place}" if place else "Its logical type"
        notes.append(f"{of} there is {str(written)!r}, which the standard does not have so.")
    return notes


def _known_types(document: dict[str, Any], name: str) -> list[str]:
    """Gives a column a type of Postgres where its own is of another engine."""
    written = str(document["physicalType"])
    if not beyond_postgres(written) or own_type(written):
        return []
    from c360.draft.sql_types import described_text  # with sqlglot, which takes its time

    notes: list[str] = []
    found = described_text(written, notes.append)
    said = {key: value for key, value in found.items() if not document.get(key)}
    document |= {**said, "physicalType": found["physicalType"]}
    return notes or [f"Its type there is {written}."]


def _read_levels(document: dict[str, Any], levels: Sequence[str]) -> list[str]:
    """Gives what is classified or marked as personal, at any depth, a level of the project that is as closed or more
    so; the notes on it."""
    notes = []
    for place, part in [("", document), *parts_inside(document)]:
        custom = part.get("customProperties")
        said = {str(one.get("property")): one.get("value") for one in dicts(custom)}
        said |= {tag: True for tag in part.get("tags") or [] if isinstance(tag, str)}
        words = [str(part["classification"])] if part.get("classification") else []
        words += [word] if (word := stated_classification(said)) else []
        if not words:
            continue
        found = {word: level_of("pii_direct", levels) if word == "pii" else level_named(word, levels) for word in words}
        part["classification"] = max(found.values(), key=levels.index)
        where = f"{place} is classified" if place else "Classified"
        notes += [
            f"{where} as {level}, for it was called {word!r} there."
            for word, level in found.items()
            if word not in levels
        ]
    return notes


def parts_inside(prop: dict[str, Any], below: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """What a column holds, at any depth, with the way to it in words."""
    inner = [(str(one.get("name")), one) for one in dicts(prop.get("properties"))]
    given = prop.get("map")
    sides: dict[str, Any] = given if isinstance(given, dict) else {}
    for name, part in [*inner, ("items", prop.get("items")), *((side, sides.get(side)) for side in ("key", "value"))]:
        if isinstance(part, dict):
            place = f"{below}.{name}" if below else name
            yield place, part
            yield from parts_inside(part, place)


def names_inside(prop: dict[str, Any]) -> list[str]:
    """The names of what a column holds, at any depth."""
    return [str(part["name"]) for _, part in parts_inside(prop) if part.get("name")]


def _ordered(document: dict[str, Any]) -> dict[str, Any]:
    order = sorted(document, key=lambda key: _FIRST.index(key) if key in _FIRST else len(_FIRST))
    return {key: document[key] for key in order if document[key] not in (None, [], {}, False, "")}


def _led(
    table: str, column: str | None, relations: Sequence[dict[str, Any]], known: Known
) -> tuple[list[dict[str, Any]], list[str]]:
    """The relationships that lead to what a contract describes, and the notes on the others."""
    kept, notes = [], []
    for relation in relations:
        to = ", ".join(map(str, as_list(relation.get("to"))))
        own = "" if column else f" ({', '.join(map(str, as_list(relation.get('from'))))})"
        if not _leads_somewhere(table, column, relation, known):
            notes.append(f"It refers to {to}{own}, which no contract describes: say so when one does.")
        elif not all(
            _REFERENCE.fullmatch(str(end)) for end in (*as_list(relation["to"]), *as_list(relation.get("from")))
        ):
            notes.append(f"It refers to {to}{own}: no reference of ODCS can be written so; rename, and say so then.")
        else:
            kept.append(relation)
    return kept, notes


def _leads_somewhere(table: str, column: str | None, relation: dict[str, Any], known: Known) -> bool:
    try:
        target = relationship_of(Path(), table, relation, column, known)
    except Breach:
        return False
    return set(target.target_columns) <= known.get(target.target, frozenset())
