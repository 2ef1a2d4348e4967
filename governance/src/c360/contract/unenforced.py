"""What a contract says that no engine enforces: kept as clauses of kind `unenforced`, so that nothing vanishes unseen.

Each says why: in the coverage table, on the owner's page and, unless something else sees to it, as a warning of lint.
"""

import re
from collections.abc import Iterator, Set
from typing import Any

from c360.clause import inside as look
from c360.clause.kinds import KINDS
from c360.clause.promise import Entry, Promise
from c360.clause.reading import is_text
from c360.clause.rules import type_of
from c360.contract.document import Place
from c360.errors import Breach
from c360.model import Unenforced

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


def unenforced(part: dict[str, Any], place: Place, enforced: Set[tuple[str, str]]) -> Iterator[Promise[Unenforced]]:
    """What a schema object at `place` says beyond the clauses `enforced`, each a column and an option."""
    yield from _of_holder(part, None, place)
    held = {(column, name.rpartition(".")[0]) for column, name in enforced}  # of what lies inside, what has a clause
    for j, prop in enumerate(part.get("properties") or []):
        column, inside = str(prop["name"]), (*place, "properties", j)
        for option, value in (prop.get("logicalTypeOptions") or {}).items():
            inside_it = option in look.OPTIONS and not look.why_not(prop)
            if value is not None and (column, option) not in enforced and not inside_it:
                found = _option(prop, option, value, (*inside, "logicalTypeOptions", option))
                yield Promise(found, column, option)
        for name, why in _PROPERTIES.items():
            if prop.get(name):
                text = name if prop[name] is True else f"{name} {prop[name]}"
                yield Promise(Unenforced(text, why, (*inside, name), warn=name == "encryptedName"), column, name)
        yield from _below(prop, column, inside, enforced, held)
        yield from _of_holder(prop, column, inside)


def _option(prop: dict[str, Any], option: str, value: Any, place: Place) -> Unenforced:
    text = f"{option} {value}"
    if option == "format" and not is_text(prop):
        held = prop.get("logicalType") != "string" or str(prop["physicalType"]).lower() == value
        return Unenforced(
            text, _BY_TYPE if held else f"nobody compares a {prop['physicalType']} with it", place, not held
        )
    if option == "format":
        return Unenforced(text, f"no engine knows the format {value}", place)
    if option == "timezone":
        zoned = bool(re.search("(?i)tz$|with time zone", str(prop.get("physicalType"))))
        lost = bool(value) and not zoned
        return Unenforced(text, "its physical type has no zone" if lost else _BY_TYPE, place, warn=lost)
    if option == "defaultTimezone":
        why = "a time without a zone is taken for UTC everywhere"
        return Unenforced(text, why, place, warn=str(value) not in ("UTC", "Etc/UTC", "Z", "GMT"))
    unseen = look.why_not(prop) if option in look.OPTIONS else ""
    return Unenforced(text, unseen or "no engine knows this option", place)


def _below(
    prop: dict[str, Any], column: str, place: Place, enforced: Set[tuple[str, str]], held: Set[tuple[str, str]]
) -> Iterator[Promise[Unenforced]]:
    """What lies inside a column, one line each where nobody looks there; else what is said of it and not held."""
    why = look.why_not(prop)
    for spot in look.spots(prop, place):
        if spot.steps and why:
            refused = len(spot.steps) == 1 and spot.steps[0].side == "property"  # by a check of lint's own
            found = Unenforced(f"{spot.name}, inside the column", why, spot.place, warn=not refused)
            yield Promise(found, column, spot.name, spot.body)
        elif spot.steps:
            left = list(_left_inside(spot, column, enforced))
            yield from left
            if not left and (column, spot.name) not in held:
                found = Unenforced(f"{spot.name}, inside the column", _NOTHING, spot.place, warn=False)
                yield Promise(found, column, spot.name)


def _left_inside(spot: look.Spot, column: str, enforced: Set[tuple[str, str]]) -> Iterator[Promise[Unenforced]]:
    said = {key: spot.body[key] for key in ("unique", "primaryKey", "relationships", "quality") if spot.body.get(key)}
    if spot.body.get("physicalType"):
        place = (*spot.place, "physicalType")
        found = Unenforced(f"{spot.name}: {spot.body['physicalType']}", _OF_JSON, place, warn=False)
        yield Promise(found, column, f"{spot.name}.physicalType")
    options = spot.body.get("logicalTypeOptions") or {}
    said |= {key: value for key, value in options.items() if value is not None and key not in look.OPTIONS}
    for name in said:
        if (column, f"{spot.name}.{name}") not in enforced:
            yield Promise(Unenforced(f"{spot.name}: {name}", _ALONE, spot.place), column, f"{spot.name}.{name}")


def _of_holder(holder: dict[str, Any], column: str | None, place: Place) -> Iterator[Promise[Unenforced]]:
    """Rules in words or for engines of others, and custom properties of others."""
    for k, rule in enumerate(holder.get("quality") or []):
        kind = type_of(rule)
        name, where = str(rule.get("id") or rule.get("name") or kind), (*place, "quality", k)
        if kind == "text":
            yield Promise(Unenforced("a rule in words", "it is said to people", where), column, name, rule)
        elif kind == "custom" and rule.get("engine") != "elementary":
            why = f"nobody runs rules for the engine {rule.get('engine')}"  # lint refuses it
            yield Promise(Unenforced("a rule of its own kind", why, where, warn=False), column, name, rule)
    for k, custom in enumerate(holder.get("customProperties") or []):
        name, where = str(custom.get("property")), (*place, "customProperties", k)
        if name not in OURS and not any(name in kind.custom for kind in KINDS.values()):
            found = Unenforced(f"the custom property {name}", _UNKNOWN, where, warn=False)
            yield Promise(found, column, name, custom)


def unenforced_in_contract(document: dict[str, Any]) -> list[Promise[Unenforced]]:
    """Custom properties of the contract as a whole."""
    return list(_of_holder({"customProperties": document.get("customProperties")}, None, ()))


def unclear(place: Place, breach: Breach, entry: Entry) -> Promise[Unenforced]:
    """A promise that cannot be understood: lint reports it, and nobody enforces it."""
    steps = [step for step in reversed(place[len(entry.place) :]) if isinstance(step, str)]
    listed = entry.place[-2:-1] in (("quality",), ("slaProperties",))
    said = [entry.body.get(key) for key in ("id", "name", "metric", "rule", "property")] if listed else []
    name = next((str(value) for value in (*steps, *said) if value), "promise")
    why = breach.message.removeprefix(f"{entry.table.path}: ").removesuffix(".")
    return Promise(Unenforced(name, why, place, warn=False), entry.column, name)


def unenforced_in_sla(sla: dict[str, Any], place: Place, why: str | None) -> Iterator[Promise[Unenforced]]:
    """A service level that is not measured, for the reason `why`; and what a measured one says beyond its value."""
    name = str(sla.get("property"))
    unit = f" {sla['unit']}" if sla.get("unit") else ""
    if why:
        yield Promise(Unenforced(f"{name} {sla.get('value')}{unit}", why, place), None, name, sla)
    for key in ("schedule", "valueExt"):
        if sla.get(key) and not why:
            found = Unenforced(f"{key} {sla[key]}", f"{name} is held at all times, by its value", (*place, key))
            yield Promise(found, None, f"{name}.{key}")
