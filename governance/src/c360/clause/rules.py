"""Quality rules of ODCS that we measure: what each must say so that it can fail, and is read as it is meant."""

import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from c360.clause.arguments import LONGEST, Anomaly, Rule, Scalar
from c360.clause.operators import OPERATORS, Expected, Operator
from c360.clause.patterns import require_pattern
from c360.clause.promise import Entry, Promise, as_list
from c360.clause.watched import watched
from c360.errors import Breach

ARGUMENTS: dict[str, set[str]] = {
    "rowCount": set(), "nullValues": set(), "missingValues": {"missingValues"},
    "invalidValues": {"validValues", "pattern"}, "duplicateValues": {"properties"},
}  # fmt: skip
"""The library metrics, and what each can be told."""
METRICS = tuple(ARGUMENTS)
VACUOUS = frozenset({"", "^", "$", ".*", "^.*", ".*$", "^.*$", ".*?", "(.*)", "^(.*)$", r"[\s\S]*", r"^[\s\S]*$"})
"""Patterns that every text matches."""
ROW_RULE = re.compile(
    r"^\s*select\s+count\(\*\)\s+from\s+\$?\{(?:table|object|model|schema)\}\s+where\s+(\S.*)$",
    re.IGNORECASE | re.DOTALL,
)
"""A rule of this shape that must be 0 names the rows that break it, so the gate can quarantine just these."""
MORE_THAN_A_ROW = re.compile(
    r"(?i)\b(select|group\s+by|having|limit|union|intersect|except|over)\b|\{(table|object|model|schema)\}"
)
"""What a condition on one row alone does not hold."""
_PERCENT = ("percent", "percentage", "%")


def type_of(quality: dict[str, Any]) -> str:
    return str(quality.get("type") or ("library" if quality.get("metric") or quality.get("rule") else "text"))


def is_rule(quality: dict[str, Any]) -> bool:
    """Whether a quality entry is one that we measure: a library metric or an SQL query."""
    return type_of(quality) in ("library", "sql")


def unit_of(quality: dict[str, Any]) -> str:
    """`percent` however it is written, else what is written; rows when it is silent."""
    unit = str(quality.get("unit") or "rows").strip().lower()
    return "percent" if unit in _PERCENT else unit


def metric_of(quality: dict[str, Any]) -> str:
    """The library metric, `sql` for a query, empty for another type of rule."""
    kind = type_of(quality)
    return kind if kind == "sql" else str(quality.get("metric") or quality.get("rule")) if kind == "library" else ""


def metric(name: str) -> Callable[[Entry], Iterator[Promise[Rule]]]:
    """Rules of one library metric."""

    def read(entry: Entry) -> Iterator[Promise[Rule]]:
        if metric_of(entry.body) == name:
            yield _rule(entry)

    return read


def sql(entry: Entry) -> Iterator[Promise[Rule]]:
    """SQL that measures the table as a whole."""
    promise = _rule(entry) if metric_of(entry.body) == "sql" else None
    if promise and not promise.argument.predicate:
        yield promise


def row_rule(entry: Entry) -> Iterator[Promise[Rule]]:
    """SQL that counts rows which are wrong, each by itself."""
    promise = _rule(entry) if metric_of(entry.body) == "sql" else None
    if promise and promise.argument.predicate:
        yield promise


def refuse_unknown(entry: Entry) -> None:
    """Raises Breach for a rule that says to be measured, and that no kind has read."""
    if is_rule(entry.body):
        raise Breach(
            f"{entry.table.path}: the metric {metric_of(entry.body)!r} is unknown.", f"Use one of {', '.join(METRICS)}."
        )


def anomaly(entry: Entry) -> Iterator[Promise[Anomaly]]:
    """A custom rule for Elementary: `implementation` is written as in dbt, the name of a test over its arguments."""
    quality = entry.body
    if type_of(quality) != "custom" or quality.get("engine") != "elementary":
        return
    body = quality.get("implementation")
    if isinstance(body, str):
        body = {body.strip(): None}
    arguments = next(iter(body.values()), None) if isinstance(body, dict) and len(body) == 1 else ""
    if not isinstance(body, dict) or not isinstance(arguments, dict | None):
        named = quality.get("id") or quality.get("name") or "a custom rule"
        raise Breach(
            f"{entry.table.path}: the implementation of {named} is not one test of Elementary with its arguments.",
            "Write implementation: {volume_anomalies: {anomaly_direction: drop}}.",
        )
    test = str(next(iter(body)))
    name = str(quality.get("id") or quality.get("name") or test)
    taken = watched(test, arguments or {}, entry)
    yield Promise(Anomaly(test, arguments or {}, taken), entry.column, name, quality)


def _rule(entry: Entry) -> Promise[Rule]:
    """Raises Breach for a rule that cannot be understood, and for one that says nothing that could fail."""
    path, quality, column = entry.table.path, entry.body, entry.column
    measured, unit, arguments = metric_of(quality), unit_of(quality), quality.get("arguments") or {}
    name = str(quality.get("id") or quality.get("name") or measured)
    if measured in ("nullValues", "missingValues", "invalidValues") and column is None:
        raise Breach(f"{path}: the metric {measured} of {name} is one of a column.", "Move it to a property.")
    if measured != "sql" and unit not in ("rows", "percent"):
        raise Breach(f"{path}: the unit {unit!r} of {name} is unknown.", "Use rows or percent.")
    if measured == "rowCount" and unit == "percent":
        raise Breach(f"{path}: rowCount of {name} has no percent.", "Leave the unit out.")
    operator, expected = _bound(path, name, quality)
    if measured == "invalidValues":
        _check_valid(path, name, arguments)
    if measured == "duplicateValues" and not (column or entry.table.keys or arguments.get("properties")):
        raise Breach(
            f"{path}: duplicateValues of {name} does not say of which columns, and there is no key.",
            "Give it arguments: {properties: [a, b]}.",
        )
    query = str(quality.get("query") or "")
    of_rows = measured == "sql" and operator.name == "mustBe" and expected == 0
    rule = Rule(
        metric=measured,
        operator=operator,
        expected=expected,
        unit=unit,
        listed=tuple((key, _scalars(arguments[key])) for key in sorted(arguments) if arguments[key] is not None),
        pattern=None if arguments.get("pattern") is None else str(arguments["pattern"]),
        query=query,
        predicate=_predicate(query) if of_rows else "",
    )
    return Promise(rule, column, name, quality)


def _bound(path: Path, name: str, quality: dict[str, Any]) -> tuple[Operator, Expected]:
    """A text for a number, or one number for two, would compare as something, and be wrong; and bounds are written
    into SQL as they are."""
    operators = [operator for operator in OPERATORS.values() if quality.get(operator.name) is not None]
    if len(operators) != 1:
        raise Breach(
            f"{path}: the quality rule {name} needs exactly one of mustBe, mustBeLessThan, ….", "Add the bound."
        )
    operator, limit = operators[0], quality[operators[0].name]
    numbers = limit if isinstance(limit, list) else [limit]
    plain = all(type(n) in (int, float) and math.isfinite(n) for n in numbers)
    if len(numbers) != operator.numbers or not plain:
        pair = operator.numbers == 2
        raise Breach(
            f"{path}: {operator.name} of {name} is no {'pair of numbers' if pair else 'number'}.",
            f"Write {operator.name}: {'[1, 9]' if pair else '0'}.",
        )
    return operator, tuple(numbers) if operator.numbers == 2 else numbers[0]


def _check_valid(path: Path, name: str, arguments: dict[str, Any]) -> None:
    """Without saying what is valid, nothing is invalid and the rule always holds."""
    values, pattern = arguments.get("validValues"), arguments.get("pattern")
    empty = values is not None and not [value for value in values if value is not None]
    if empty or (values is None and (pattern is None or pattern in VACUOUS)):
        raise Breach(
            f"{path}: invalidValues of {name} does not say what is valid, so it could never fail.",
            "Give it arguments: validValues (a list), or pattern.",
        )
    if pattern is not None:
        require_pattern(path, f"of {name}", str(pattern))


def _predicate(query: str) -> str:
    """The condition under which a row is wrong; empty for a query about more than one row."""
    if len(query) > LONGEST:
        return ""
    if "--" in query or "/*" in query:
        from c360.clause.guard import without_comments

        query = without_comments(query)
    found = ROW_RULE.match(query.rstrip("; \t\r\n\f\v"))
    return "" if found is None or MORE_THAN_A_ROW.search(found[1]) else found[1]


def _scalars(given: Any) -> tuple[Scalar, ...]:
    return tuple(value if isinstance(value, Scalar) else str(value) for value in as_list(given))
