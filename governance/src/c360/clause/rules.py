"""Quality rules of ODCS that we measure: what each must say so that it can fail, and is read as it is meant."""

import math
from pathlib import Path
from typing import Any

from c360.clause.operators import OPERATORS, Operator
from c360.errors import Breach

METRICS = ("rowCount", "nullValues", "missingValues", "invalidValues", "duplicateValues")
ARGUMENTS = {
    "rowCount": set(), "nullValues": set(), "missingValues": {"missingValues"}, "duplicateValues": {"properties"},
    "invalidValues": {"validValues", "pattern"},
}  # fmt: skip
"""What a library metric can be told."""
VACUOUS = frozenset({"", "^", "$", ".*", "^.*", ".*$", "^.*$", ".*?", "(.*)", "^(.*)$", r"[\s\S]*", r"^[\s\S]*$"})
"""Patterns that every text matches."""
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


def check_rule(path: Path, quality: dict[str, Any], column: str | None, keyed: bool) -> tuple[str, Operator, str, str]:
    """A rule's metric, operator, unit and name. `keyed` says that the table has a primary key.

    Raises Breach for a rule that cannot be understood, and for one that says nothing that could fail.
    """
    library = type_of(quality) == "library"
    metric = str(quality.get("metric") or quality.get("rule")) if library else "sql"
    if library and metric not in METRICS:
        raise Breach(f"{path}: the metric {metric!r} is unknown.", f"Use one of {', '.join(METRICS)}.")
    name, unit = str(quality.get("id") or quality.get("name") or metric), unit_of(quality)
    arguments = quality.get("arguments") or {}
    if metric in ("nullValues", "missingValues", "invalidValues") and column is None:
        raise Breach(f"{path}: the metric {metric} of {name} is one of a column.", "Move it to a property.")
    if library and unit not in ("rows", "percent"):
        raise Breach(f"{path}: the unit {unit!r} of {name} is unknown.", "Use rows or percent.")
    if metric == "rowCount" and unit == "percent":
        raise Breach(f"{path}: rowCount of {name} has no percent.", "Leave the unit out.")
    operators = [operator for operator in OPERATORS.values() if quality.get(operator.name) is not None]
    if len(operators) != 1:
        raise Breach(
            f"{path}: the quality rule {name} needs exactly one of mustBe, mustBeLessThan, ….",
            "Add the bound.",
        )
    _check_bound(path, name, operators[0], quality[operators[0].name])
    if metric == "invalidValues":
        _check_valid(path, name, arguments)
    if metric == "duplicateValues" and not (column or keyed or arguments.get("properties")):
        raise Breach(
            f"{path}: duplicateValues of {name} does not say of which columns, and there is no key.",
            "Give it arguments: {properties: [a, b]}.",
        )
    return metric, operators[0], unit, name


def _check_bound(path: Path, name: str, operator: Operator, limit: Any) -> None:
    """A text for a number, or one number for two, would compare as something, and be wrong; and bounds are written
    into SQL as they are."""
    numbers = limit if isinstance(limit, list) else [limit]
    plain = all(type(n) in (int, float) and math.isfinite(n) for n in numbers)
    if len(numbers) != operator.numbers or not plain:
        pair = operator.numbers == 2
        raise Breach(
            f"{path}: {operator.name} of {name} is no {'pair of numbers' if pair else 'number'}.",
            f"Write {operator.name}: {'[1, 9]' if pair else '0'}.",
        )


def _check_valid(path: Path, name: str, arguments: dict[str, Any]) -> None:
    """Without saying what is valid, nothing is invalid and the rule always holds."""
    values, pattern = arguments.get("validValues"), arguments.get("pattern")
    empty = values is not None and not [value for value in values if value is not None]
    if empty or (values is None and (pattern is None or pattern in VACUOUS)):
        raise Breach(
            f"{path}: invalidValues of {name} does not say what is valid, so it could never fail.",
            "Give it arguments: validValues (a list), or pattern.",
        )
