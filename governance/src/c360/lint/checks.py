"""What the standard's schema cannot say of a contract: whether names lead somewhere, and what a strict project
wants."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from c360.clause.inside import why_not
from c360.contract.document import Place, numbered
from c360.contract.enum_columns import PROPERTY
from c360.contract.findings import LintProblem

Tables = Mapping[str, Mapping[str, Any]]
"""Schema objects by name: those of the current versions of all contracts."""


def checks(document: dict[str, Any], classifications: Sequence[str], current: Tables) -> Iterator[LintProblem]:
    """Each of them in one contract. What is not of the right shape is left to the standard's schema."""
    parts = list(numbered(document.get("schema")))
    for i, part in parts:
        place: Place = ("schema", i)
        yield from _columns(part, place, classifications)
        yield from _quality(part, place)
        yield from _relations(part, place, current, [own for _, own in parts])
        yield from _enum_columns(part, place, current)
    yield from _slas(document, [part for _, part in parts])
    if not document.get("team"):
        yield LintProblem("no-team", (), "it names no team: who answers for it?")
    if not document.get("support"):
        yield LintProblem("no-support", (), "it names no support channel: where does one ask?")


def _columns(part: dict[str, Any], place: Place, classifications: Sequence[str]) -> Iterator[LintProblem]:
    names: set[str] = set()
    for j, prop in numbered(part.get("properties")):
        inside: Place = (*place, "properties", j)
        name, classification = str(prop.get("name")), prop.get("classification")
        known = ", ".join(classifications)
        if not classification:
            yield LintProblem("no-classification", inside, f"{name} has no classification; it is one of {known}")
        elif classification not in classifications:
            message = f"the classification {classification!r} is unknown; it is one of {known}"
            yield LintProblem("unknown-classification", (*inside, "classification"), message)
        if not prop.get("description"):
            yield LintProblem("no-description", inside, f"{name} has no description")
        physical = str(prop.get("physicalName") or name)
        if physical in names:
            yield LintProblem("duplicate-column", inside, f"two columns are named {physical}")
        names.add(physical)
        yield from _type(prop, name, inside)
        for k, nested in numbered(prop.get("properties") if why_not(prop) else None):
            message = f"nobody enforces clauses inside {name}: {nested.get('name')}"
            yield LintProblem("nested", (*inside, "properties", k), message)


def _type(prop: dict[str, Any], name: str, place: Place) -> Iterator[LintProblem]:
    if not prop.get("physicalType"):
        yield LintProblem("no-type", place, f"{name} has no physicalType, so nobody can check its type")


def _quality(part: dict[str, Any], place: Place) -> Iterator[LintProblem]:
    for inside, rule in _of_part_and_columns(part, place, "quality"):
        if rule.get("type") == "custom" and rule.get("engine") != "elementary":
            message = f"nobody enforces a custom rule for the engine {rule.get('engine')!r}; write library or sql"
            yield LintProblem("foreign-engine", inside, message)


def _relations(part: dict[str, Any], place: Place, current: Tables, own: list[dict[str, Any]]) -> Iterator[LintProblem]:
    tables = {**current, **{str(p.get("name")): p for p in own}}
    for inside, relation in _of_part_and_columns(part, place, "relationships"):
        targets = relation.get("to")
        for target in targets if isinstance(targets, list) else [targets]:
            if not isinstance(target, str) or "/" in target:
                continue
            table, _, column = target.rpartition(".")
            if table not in tables:
                message = f"the relationship leads nowhere: there is no table {table!r}"
                yield LintProblem("leads-nowhere", (*inside, "to"), message)
            elif column not in _names(tables[table]):
                message = f"the relationship leads nowhere: {table} has no column {column!r}"
                yield LintProblem("leads-nowhere", (*inside, "to"), message)


def _enum_columns(part: dict[str, Any], place: Place, current: Tables) -> Iterator[LintProblem]:
    for k, custom in numbered(part.get("customProperties")):
        if custom.get("property") != PROPERTY:
            continue
        rule, inside = custom.get("value"), (*place, "customProperties", k)
        if not isinstance(rule, dict) or not {"enum", "name", "like"} <= set(rule):
            yield LintProblem("unclear", inside, f"{PROPERTY} needs enum, name and like")
        elif rule["like"] not in _names(part):
            yield LintProblem("no-such-column", inside, f"{PROPERTY}: there is no column {rule['like']!r} to be like")
        else:
            table, _, column = str(rule["enum"]).rpartition(".")
            if column not in _names(current.get(table, {})):
                yield LintProblem("no-such-column", inside, f"{PROPERTY}: there is no column {rule['enum']!r}")


def _slas(document: dict[str, Any], parts: list[dict[str, Any]]) -> Iterator[LintProblem]:
    columns = {str(part.get("name")): _names(part) for part in parts}
    for k, sla in numbered(document.get("slaProperties")):
        if str(sla.get("property")).lower() not in ("freshness", "retention"):
            continue
        element = str(sla.get("element") or document.get("slaDefaultElement") or "")
        table, _, column = element.rpartition(".")
        known = columns.get(table) if table else set().union(*columns.values()) if columns else set()
        if known is None or column not in known:
            message = f"the SLA is on a column that does not exist: {element!r}"
            yield LintProblem("sla-element", ("slaProperties", k, "element"), message)


def _of_part_and_columns(part: dict[str, Any], place: Place, key: str) -> Iterator[tuple[Place, dict[str, Any]]]:
    """The entries under `key` of a schema object, and then of its properties."""
    yield from (((*place, key, k), entry) for k, entry in numbered(part.get(key)))
    for j, prop in numbered(part.get("properties")):
        yield from (((*place, "properties", j, key, k), entry) for k, entry in numbered(prop.get(key)))


def _names(part: Mapping[str, Any]) -> set[str]:
    return {str(prop.get("name")) for _, prop in numbered(part.get("properties"))}
