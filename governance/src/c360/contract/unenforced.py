"""What a contract says that no engine enforces: kept as clauses of kind `noted`, so that nothing vanishes unseen.

Each says why: in the coverage table, on the owner's page and, unless something else sees to it, as a warning of lint.
"""

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from typing import Any

from c360.clause import inside as look
from c360.clause.kinds import KINDS
from c360.clause.promise import Entry
from c360.clause.reading import is_text
from c360.clause.rules import type_of
from c360.contract.document import Place
from c360.errors import Breach
from c360.model import Noted

OURS = frozenset({"system", "maxQuarantineRatio", "columnPerEnumValue"})
"""Custom properties that mean something here, beside those that say a clause."""
_BY_TYPE = "the column's physical type holds it"
_ALONE = "a value inside a column is judged by itself, by what its type can promise"
_NOTHING = "nothing is said of its values"
_OF_JSON = "what lies in a document has the types of JSON"
_UNKNOWN = "it means nothing here"
_PROPERTIES = {
    "partitioned": "how a table is stored shows in none of its rows",
    "criticalDataElement": "it says how much the column matters, and nothing of its values",
    "encryptedName": "whether a value is encrypted does not show in it",
}


@dataclass(frozen=True)
class Note:
    """One thing that is said: what its clause is named after, of which column, and the part of the contract."""

    name: str
    column: str | None
    noted: Noted
    source: dict[str, Any] = field(default_factory=dict)


def notes_of(part: dict[str, Any], place: Place, enforced: Set[tuple[str, str]]) -> Iterator[Note]:
    """What a schema object at `place` says beyond the clauses `enforced`, each a column and an option."""
    yield from _of_holder(part, None, place)
    held = {(column, said.rpartition(".")[0]) for column, said in enforced}  # of what lies inside, what has a clause
    for j, prop in enumerate(part.get("properties") or []):
        column, inside = str(prop["name"]), (*place, "properties", j)
        for option, value in (prop.get("logicalTypeOptions") or {}).items():
            inside_it = option in look.OPTIONS and not look.why_not(prop)
            if value is not None and (column, option) not in enforced and not inside_it:
                noted = _option(prop, option, value, (*inside, "logicalTypeOptions", option))
                yield Note(option, column, noted)
        for name, why in _PROPERTIES.items():
            if prop.get(name):
                text = name if prop[name] is True else f"{name} {prop[name]}"
                yield Note(name, column, Noted(text, why, (*inside, name), warn=name == "encryptedName"))
        yield from _below(prop, column, inside, enforced, held)
        yield from _of_holder(prop, column, inside)


def _option(prop: dict[str, Any], option: str, value: Any, place: Place) -> Noted:
    text = f"{option} {value}"
    if option == "format" and not is_text(prop):
        held = prop.get("logicalType") != "string" or str(prop["physicalType"]).lower() == value
        return Noted(text, _BY_TYPE if held else f"nobody compares a {prop['physicalType']} with it", place, not held)
    if option == "format":
        return Noted(text, f"no engine knows the format {value}", place)
    if option == "timezone":
        zoned = bool(re.search("(?i)tz$|with time zone", str(prop.get("physicalType"))))
        lost = bool(value) and not zoned
        return Noted(text, "its physical type has no zone" if lost else _BY_TYPE, place, warn=lost)
    if option == "defaultTimezone":
        why = "a time without a zone is taken for UTC everywhere"
        return Noted(text, why, place, warn=str(value) not in ("UTC", "Etc/UTC", "Z", "GMT"))
    unseen = look.why_not(prop) if option in look.OPTIONS else ""
    return Noted(text, unseen or "no engine knows this option", place)


def _below(
    prop: dict[str, Any], column: str, place: Place, enforced: Set[tuple[str, str]], held: Set[tuple[str, str]]
) -> Iterator[Note]:
    """What lies inside a column, one line each where nobody looks there; else what is said of it and not held."""
    why = look.why_not(prop)
    for spot in look.spots(prop, place):
        if spot.steps and why:
            refused = len(spot.steps) == 1 and spot.steps[0].side == "property"  # by a check of lint's own
            noted = Noted(f"{spot.name}, inside the column", why, spot.place, warn=not refused)
            yield Note(spot.name, column, noted, spot.body)
        elif spot.steps:
            left = list(_left_inside(spot, column, enforced))
            yield from left
            if not left and (column, spot.name) not in held:
                yield Note(
                    spot.name, column, Noted(f"{spot.name}, inside the column", _NOTHING, spot.place, warn=False)
                )


def _left_inside(spot: look.Spot, column: str, enforced: Set[tuple[str, str]]) -> Iterator[Note]:
    said = {key: spot.body[key] for key in ("unique", "primaryKey", "relationships", "quality") if spot.body.get(key)}
    if spot.body.get("physicalType"):
        yield Note(
            f"{spot.name}.physicalType", column,
            Noted(f"{spot.name}: {spot.body['physicalType']}", _OF_JSON, (*spot.place, "physicalType"), warn=False),
        )  # fmt: skip
    options = spot.body.get("logicalTypeOptions") or {}
    said |= {key: value for key, value in options.items() if value is not None and key not in look.OPTIONS}
    for name in said:
        if (column, f"{spot.name}.{name}") not in enforced:
            yield Note(f"{spot.name}.{name}", column, Noted(f"{spot.name}: {name}", _ALONE, spot.place))


def _of_holder(holder: dict[str, Any], column: str | None, place: Place) -> Iterator[Note]:
    """Rules in words or for engines of others, and custom properties of others."""
    for k, rule in enumerate(holder.get("quality") or []):
        kind = type_of(rule)
        name, where = str(rule.get("id") or rule.get("name") or kind), (*place, "quality", k)
        if kind == "text":
            yield Note(name, column, Noted("a rule in words", "it is said to people", where), rule)
        elif kind == "custom" and rule.get("engine") != "elementary":
            why = f"nobody runs rules for the engine {rule.get('engine')}"  # lint refuses it
            yield Note(name, column, Noted("a rule of its own kind", why, where, warn=False), rule)
    for k, custom in enumerate(holder.get("customProperties") or []):
        name, where = str(custom.get("property")), (*place, "customProperties", k)
        if name not in OURS and not any(name in kind.custom for kind in KINDS.values()):
            yield Note(name, column, Noted(f"the custom property {name}", _UNKNOWN, where, warn=False), custom)


def notes_of_contract(document: dict[str, Any]) -> list[Note]:
    """Custom properties of the contract as a whole."""
    return list(_of_holder({"customProperties": document.get("customProperties")}, None, ()))


def unclear(place: Place, breach: Breach, entry: Entry) -> Note:
    """A promise that cannot be understood: lint tells of it, and nobody enforces it."""
    steps = [step for step in reversed(place[len(entry.place) :]) if isinstance(step, str)]
    listed = entry.place[-2:-1] in (("quality",), ("slaProperties",))
    said = [entry.body.get(key) for key in ("id", "name", "metric", "rule", "property")] if listed else []
    name = next((str(value) for value in (*steps, *said) if value), "promise")
    why = breach.message.removeprefix(f"{entry.table.path}: ").removesuffix(".")
    return Note(name, entry.column, Noted(name, why, place, warn=False))


def notes_of_sla(sla: dict[str, Any], place: Place, why: str | None) -> Iterator[Note]:
    """A service level that is not measured, for the reason `why`; and what a measured one says beyond its value."""
    name = str(sla.get("property"))
    unit = f" {sla['unit']}" if sla.get("unit") else ""
    if why:
        yield Note(name, None, Noted(f"{name} {sla.get('value')}{unit}", why, place), sla)
    for key in ("schedule", "valueExt"):
        if sla.get(key) and not why:
            noted = Noted(f"{key} {sla[key]}", f"{name} is held at all times, by its value", (*place, key))
            yield Note(f"{name}.{key}", None, noted)
