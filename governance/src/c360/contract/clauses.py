"""From the parts of a schema object to its clauses: which promises it makes, and what each is called."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from c360.clause.formats import TEXTS, narrower
from c360.clause.rules import check_rule, is_rule, type_of
from c360.contract.noted import is_text, notes_of, notes_of_contract, notes_of_sla
from c360.errors import Breach
from c360.model import DIMENSIONS, Anomaly, Clause, Latency, Relationship, Rule

OPTION_KINDS = [
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
]
DURATIONS = ("freshness", "retention", "latency")
"""Service levels that we measure."""
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31_557_600}
UNIT_NAMES = {
    "second": "s", "sec": "s", "minute": "m", "min": "m", "hour": "h", "hr": "h",
    "day": "d", "week": "w", "year": "y", "yr": "y",
}  # fmt: skip
_DURATION = re.compile(r"(.*?)\s*([A-Za-z]*)\s*$", re.DOTALL)
FUTURE_TOLERANCE = "1 h"
"""How far beyond the clock a time of loading may lie where the contract is silent: clocks differ."""
ROW_RULE = re.compile(
    r"^\s*select\s+count\(\*\)\s+from\s+\$?\{(?:table|object|model|schema)\}\s+where\s+(.+?)[;\s]*$",
    re.IGNORECASE | re.DOTALL,
)
"""A rule of this shape that must be 0 names the rows that break it, so the gate can quarantine just these."""
MORE_THAN_A_ROW = re.compile(
    r"(?i)\b(select|group\s+by|having|limit|union|intersect|except|over)\b|\{(table|object|model|schema)\}"
)
"""What a condition on one row alone does not hold."""


def clauses_of(
    path: Path, contract: str, version: str, part: dict[str, Any], document: dict[str, Any], delivered: bool
) -> tuple[Clause, ...]:
    """All clauses of one schema object, in the order in which the contract makes them.

    `delivered` says that it comes through the gate, where there are clauses on files and on times of loading.

    Raises:
        Breach: a clause that cannot be understood (an unknown unit, a rule without a bound).
    """
    dataset = str(part["name"])
    found: list[Clause] = []

    def add(
        kind: str,
        argument: Any,
        column: str | None = None,
        name: str | None = None,
        source: dict[str, Any] | None = None,
    ) -> None:
        source = source or {}
        named_for = None if kind in DURATIONS else column
        stem = ".".join(filter(None, (dataset, named_for, name or kind)))
        taken = {clause.id for clause in found}
        identifier, number = stem, 2
        while identifier in taken:
            identifier, number = f"{stem}_{number}", number + 1
        found.append(
            Clause(
                id=identifier,
                contract=contract,
                version=version,
                dataset=dataset,
                column=column,
                kind=kind,
                argument=argument,
                severity=_severity(source.get("severity")),
                dimension=source.get("dimension") or DIMENSIONS.get(kind, "conformity"),
                description=str(source.get("description") or ""),
            )
        )

    properties = part.get("properties") or []
    tables = [str(other.get("name")) for other in document.get("schema") or []]
    keys = [p["name"] for p in sorted(properties, key=_key_position) if p.get("primaryKey")]
    for prop in properties:
        column, options = prop["name"], prop.get("logicalTypeOptions") or {}
        add("present", None, column)
        if prop.get("physicalType"):
            add("physicalType", str(prop["physicalType"]), column)
        if prop.get("required") or prop.get("primaryKey"):
            add("required", True, column)
        if keys == [column]:
            add("primaryKey", (column,), column)
        elif prop.get("unique"):
            add("unique", (column,), column)
        if prop.get("enum"):
            values = tuple(entry["value"] for entry in prop["enum"])
            if not [value for value in values if value is not None]:
                raise Breach(f"{path}: the enum of {dataset}.{column} lists no value.", "List some, or leave it out.")
            add("enum", values, column)
        for kind in OPTION_KINDS:
            if options.get(kind) is not None:
                if kind in ("minLength", "maxLength") and type(options[kind]) is not int:
                    raise Breach(f"{path}: {kind} of {column} is no whole number.", "Write one, such as 20.")
                add(kind, options[kind], column)
        if options.get("format") and _has_form(prop, str(options["format"])):
            add("format", str(options["format"]), column)
        for relation in prop.get("relationships") or []:
            add("relationship", relationship_of(path, dataset, relation, column, tables), column)
        if prop.get("classification"):
            add("classification", str(prop["classification"]), column)
        for quality in prop.get("quality") or []:
            _add_rule(path, add, quality, column, bool(keys))
    if len(keys) > 1:
        add("primaryKey", tuple(keys))
    for relation in part.get("relationships") or []:
        add("relationship", relationship_of(path, dataset, relation, None, tables))
    for quality in part.get("quality") or []:
        _add_rule(path, add, quality, None, bool(keys))
    add("unexpectedColumns", _allows_unexpected(part))
    for k, sla in enumerate(document.get("slaProperties") or []):
        _add_sla(path, add, sla, ("slaProperties", k), part, document)
    _add_times(path, add, part, [c.column for c in found if c.kind == "freshness"] if delivered else [], document)
    if identity := identity_of(path, part):
        add("identity", identity)
    if delivered:
        if keys:
            add("conflict", None)
        add("readable", None)
    enforced = {(str(clause.column), clause.kind) for clause in found}
    notes = list(notes_of(part, ("schema", tables.index(dataset)), enforced))
    for note in notes + (notes_of_contract(document) if dataset == tables[0] else []):
        add("noted", note.noted, note.column, note.name, note.source)
    return tuple(found)


def _key_position(prop: dict[str, Any]) -> int:
    return prop.get("primaryKeyPosition") or 0


def _allows_unexpected(part: dict[str, Any]) -> bool:
    entries = part.get("customProperties") or []
    return any(e.get("property") == "allowUnexpectedColumns" and e.get("value") is True for e in entries)


def _add_times(path: Path, add: Any, part: dict[str, Any], loads: list[str | None], document: dict) -> None:
    """Columns whose times may not lie beyond the clock: those that say so, and the time of loading of what is
    delivered, since one row from the year 9999 would stay the newest for ever."""
    tolerance = {**custom_properties(document), **custom_properties(part)}.get("futureTolerance", FUTURE_TOLERANCE)
    for prop in part.get("properties") or []:
        asked = custom_properties(prop).get("notInFuture")
        if asked is True or (asked is None and prop["name"] in loads):
            asked = tolerance if prop["name"] in loads else 0
        if asked is not None and asked is not False:
            number, unit = _DURATION.match(str(asked)).groups()  # type: ignore[union-attr]
            add("notInFuture", seconds(path, number, unit or "s"), prop["name"])


def identity_of(path: Path, part: dict[str, Any]) -> tuple[str, ...]:
    """The custom property `identity`: the columns that tell whom or what a key stands for.

    Raises Breach for a column that is not there, and for an identity without a key.
    """
    names = tuple(str(name) for name in _as_list(custom_properties(part).get("identity")))
    columns = {p["name"]: p for p in part.get("properties") or []}
    for name in names:
        if name not in columns:
            raise Breach(
                f"{path}: the identity of {part['name']} names a column {name!r} that is not there.",
                "Name properties of this schema object.",
            )
    if names and not any(p.get("primaryKey") for p in columns.values()):
        raise Breach(f"{path}: {part['name']} has an identity but no primary key.", "Mark the key: primaryKey: true.")
    return names


def custom_properties(part: dict[str, Any]) -> dict[str, Any]:
    """`customProperties`, a list of {property, value}, as a dict."""
    return {str(entry.get("property")): entry.get("value") for entry in part.get("customProperties") or []}


def _has_form(prop: dict[str, Any], form: str) -> bool:
    """Whether a value can fail to be of this format: one of text that we know, or an integer smaller than its type."""
    kind = prop.get("logicalType") or "string"
    if kind == "integer":
        return narrower(form, str(prop.get("physicalType") or ""))
    if kind in ("date", "timestamp"):
        return bool(prop.get("physicalType")) and is_text(prop)
    return kind == "string" and is_text(prop) and (form in TEXTS or "yyyy" in form)


def _severity(severity: Any) -> Any:
    return "warning" if str(severity or "error").lower() in ("warning", "warn", "info") else "error"


def relationship_of(
    path: Path, dataset: str, relation: dict[str, Any], column: str | None, known: Iterable[str] = ()
) -> Relationship:
    """Read an ODCS relationship, in shorthand (`contacts.id`) or by ids (`…#/schema/contacts/properties/id`).

    `known` datasets are told from their columns where the names of these hold dots too.
    """
    here = [column] if column else [str(n).removeprefix(f"{dataset}.") for n in _as_list(relation.get("from"))]
    there = [_reference(path, str(target), (dataset, *known)) for target in _as_list(relation.get("to"))]
    columns = tuple(here)
    if not there or len(there) != len(columns) or len({target for target, _ in there}) != 1:
        raise Breach(
            f"{path}: a relationship of {dataset} does not pair its columns with those of one table.",
            "Give from and to the same number of columns.",
        )
    return Relationship(columns, there[0][0], tuple(name for _, name in there))


def _reference(path: Path, reference: str, known: Iterable[str]) -> tuple[str, str]:
    if "/" in reference:
        steps = reference.rpartition("#")[2].strip("/").split("/")
        if len(steps) == 4:
            return steps[1], steps[3]
    for name in sorted(known, key=len, reverse=True):
        if reference.startswith(f"{name}."):
            return name, reference[len(name) + 1 :]
    dataset, dot, column = reference.rpartition(".")
    if not dot:
        raise Breach(f"{path}: the relationship to {reference!r} names no column.", "Write table.column.")
    return dataset, column


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _add_rule(path: Path, add: Any, quality: dict[str, Any], column: str | None, keyed: bool) -> None:
    if type_of(quality) == "custom" and quality.get("engine") == "elementary":
        anomaly = _anomaly(path, quality)
        add("anomaly", anomaly, column, str(quality.get("id") or quality.get("name") or anomaly.test), quality)
    if not is_rule(quality):
        return
    metric, operator, unit, name = check_rule(path, quality, column, keyed)
    query = str(quality.get("query") or "")
    bare = _without_comments(query)
    row_rule = ROW_RULE.match(bare) if operator.name == "mustBe" and quality["mustBe"] == 0 else None
    if row_rule and MORE_THAN_A_ROW.search(row_rule.group(1)):
        row_rule = None
    rule = Rule(
        metric=metric,
        operator=operator,
        expected=_frozen(quality[operator.name]),
        unit=unit,
        arguments=tuple(sorted((k, _frozen(v)) for k, v in (quality.get("arguments") or {}).items())),
        query=query,
        predicate=row_rule.group(1).strip() if row_rule else "",
    )
    add("rowRule" if row_rule else metric, rule, column, name, quality)


def _without_comments(query: str) -> str:
    if "--" not in query and "/*" not in query:
        return query
    from c360.clause.guard import without_comments

    return without_comments(query)


def _anomaly(path: Path, quality: dict[str, Any]) -> Anomaly:
    """`implementation` is written as in dbt: the name of a test, over its arguments."""
    body = quality.get("implementation")
    if isinstance(body, str):
        body = {body.strip(): None}
    arguments = next(iter(body.values()), None) if isinstance(body, dict) and len(body) == 1 else ""
    if not isinstance(arguments, dict | None):
        named = quality.get("id") or quality.get("name") or "a custom rule"
        raise Breach(
            f"{path}: the implementation of {named} is not one test of Elementary with its arguments.",
            "Write implementation: {volume_anomalies: {anomaly_direction: drop}}.",
        )
    return Anomaly(str(next(iter(body))), arguments or {})


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_frozen(item) for item in value)
    return tuple(sorted(value.items())) if isinstance(value, dict) else value


def _add_sla(
    path: Path, add: Any, sla: dict[str, Any], place: tuple[str | int, ...], part: dict[str, Any], document: dict
) -> None:
    kind = str(sla.get("property")).lower()
    tables = [str(other.get("name")) for other in document.get("schema") or []]
    elements = [
        _element(element.strip(), tables)
        for element in str(sla.get("element") or document.get("slaDefaultElement") or "").split(",")
    ]
    about = {owner for owner, _ in elements if owner in tables or (owner and kind in ("freshness", "retention"))}
    dataset = str(part["name"])
    if dataset not in (about or {tables[0]}):
        return
    column, why = elements[0][1] or elements[0][0], None
    if kind in ("freshness", "retention"):
        if not column:
            raise Breach(f"{path}: the SLA {kind} names no element.", "Add element: table.column.")
        add(kind, seconds(path, sla.get("value"), str(sla.get("unit") or "d")), column, source=sla)
    elif kind == "latency":
        pair = _latency([name for owner, name in elements if owner in ("", dataset)], part, document)
        if isinstance(pair, str):
            why = pair
        else:
            limit = seconds(path, sla.get("value"), str(sla.get("unit") or "d"))
            add(kind, Latency(limit, pair[1]), pair[0], source=sla)
    else:
        why = "no engine measures it"
    for note in notes_of_sla(sla, place, why):
        add("noted", note.noted, None, note.name, note.source)


def _element(element: str, tables: list[str]) -> tuple[str, str]:
    """The table and the column of an SLA's element; either may be empty."""
    if element in tables:
        return element, ""
    for name in tables:
        if element.startswith(f"{name}."):
            return name, element[len(name) + 1 :]
    owner, _, column = element.rpartition(".")
    return owner, column


def _latency(columns: list[str], part: dict[str, Any], document: dict[str, Any]) -> tuple[str, str] | str:
    """The columns of the event and of its load (that of the freshness SLA when just one is named), or why not."""
    if len(columns) == 1:
        tables = [str(other.get("name")) for other in document["schema"]]
        for sla in document.get("slaProperties") or []:
            if str(sla.get("property")).lower() == "freshness":
                owner, column = _element(str(sla.get("element") or document.get("slaDefaultElement") or ""), tables)
                columns += [column] if (owner or tables[0]) == part["name"] else []
    types = {p["name"]: str(p.get("physicalType") or "").lower() for p in part.get("properties") or []}
    if len(columns) != 2 or len(set(columns)) != 2 or not set(columns) <= set(types):
        return "it names no two columns, of the event and of its load"
    text = next((name for name in columns if not types[name].startswith(("timestamp", "date"))), None)
    return f"{text} is not stored as a time" if text else (columns[0], columns[1])


def seconds_or_none(sla: dict[str, Any]) -> int | None:
    """The duration of an SLA that promises one, where it can be read as one."""
    if str(sla.get("property")).lower() not in DURATIONS:
        return None
    try:
        return seconds(Path(), sla.get("value"), str(sla.get("unit") or "d"))
    except Breach:
        return None


def seconds(path: Path, value: Any, unit: str) -> int:
    """A duration in seconds, from a number and a unit (d, day, days, h, hr, m, min, s, y …)."""
    short = unit.strip().lower()
    short = UNIT_NAMES.get(short.rstrip("s") if len(short) > 1 else short, short)
    if short not in UNITS:
        raise Breach(f"{path}: the unit {unit!r} of an SLA is unknown.", "Use d, h, m, s, w or y.")
    try:
        return round(float(value) * UNITS[short])
    except (TypeError, ValueError) as error:
        raise Breach(f"{path}: the SLA value {value!r} is not a number.", "Write a number.") from error
