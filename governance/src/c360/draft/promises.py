"""A condition on one column, as the promise of a contract that says the same: bounds, lengths, lists, patterns."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlglot import exp

from c360.clause.dialect import POSTGRES

_BOUNDS: dict[type[exp.Expr], tuple[str, ...]] = {
    exp.GT: ("exclusiveMinimum",), exp.GTE: ("minimum",), exp.LT: ("exclusiveMaximum",), exp.LTE: ("maximum",),
    exp.EQ: ("minimum", "maximum"),
}  # fmt: skip
_TURNED: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.GT: exp.LT,
    exp.GTE: exp.LTE,
    exp.LT: exp.GT,
    exp.LTE: exp.GTE,
    exp.EQ: exp.EQ,
}
_LENGTHS = {
    "minimum": ("minLength", 0), "exclusiveMinimum": ("minLength", 1), "maximum": ("maxLength", 0),
    "exclusiveMaximum": ("maxLength", -1),
}  # fmt: skip
"""The bound of a length, and how far it is from that of a number."""
_NOT_ECMA = ("\\", "[[", "(?", "***", "\n")
"""What Postgres and ECMA-262 read differently."""


def promises_of(node: exp.Expr, columns: Mapping[str, dict[str, Any]]) -> list[tuple[str, str, Any]]:
    """Column, key and value of each; none where contracts have no key for the condition."""
    if isinstance(node, exp.Not):
        inner = node.this.unnest()
        if isinstance(inner, exp.Is) and isinstance(inner.this, exp.Column) and isinstance(inner.expression, exp.Null):
            return [(inner.this.name, "required", True)]
        return []
    subject, bounds = node.args.get("this"), list(_bounds(node))
    if bounds and isinstance(node, exp.Binary) and node.this.find(exp.Column) is None:
        subject = node.expression
    subject = subject.unnest() if isinstance(subject, exp.Expr) else node
    length = isinstance(subject, exp.Length)
    column = subject.this.unnest() if length else subject
    if not isinstance(column, exp.Column):
        return []
    kind = _kind(columns[column.name])
    if bounds and length and kind == "string":
        return list(_lengths(column.name, bounds))
    if bounds and not length and kind not in ("string", "boolean") and not isinstance(node, exp.EQ):
        return _all(column.name, [(key, _value(value, kind)) for key, value in bounds])
    if isinstance(node, exp.In) and node.expressions and not length and kind in ("string", "integer"):
        values = [_value(value, kind) for value in node.expressions]
        return [] if None in values else [(column.name, "enum", values)]
    if isinstance(node, exp.RegexpLike) and kind == "string":
        pattern = _value(node.expression, kind)
        same = pattern and POSTGRES.pattern(pattern) == pattern and not any(odd in pattern for odd in _NOT_ECMA)
        return [(column.name, "pattern", pattern)] if same else []
    return []


def unwrapped(node: exp.Expr) -> exp.Expr:
    """Without casts and parentheses around it."""
    while isinstance(node, exp.Cast | exp.Paren):
        node = node.this
    return node


def _bounds(node: exp.Expr) -> Iterator[tuple[str, exp.Expr]]:
    """The keys that a comparison would be of a number, and what is compared with."""
    if isinstance(node, exp.Between):
        yield from (("minimum", node.args["low"]), ("maximum", node.args["high"]))
    elif type(node) in _BOUNDS:
        turned = node.this.find(exp.Column) is None
        kind = _TURNED[type(node)] if turned else type(node)
        yield from ((key, node.this if turned else node.expression) for key in _BOUNDS[kind])


def _lengths(column: str, bounds: list[tuple[str, exp.Expr]]) -> list[tuple[str, str, Any]]:
    found = []
    for key, value in bounds:
        (name, step), number = _LENGTHS[key], _value(value, "integer")
        found.append((name, number + step if isinstance(number, int) and number + step >= 0 else None))
    return _all(column, found)


def _all(column: str, found: list[tuple[str, Any]]) -> list[tuple[str, str, Any]]:
    return [] if any(value is None for _, value in found) else [(column, key, value) for key, value in found]


def _kind(column: dict[str, Any]) -> str:
    logical = str(column["logicalType"])
    return "timestamptz" if logical == "timestamp" and "z" in str(column["physicalType"]) else logical


def _value(node: exp.Expr, kind: str) -> Any:
    """A literal as a contract has it; None for what is none, or none of the kind."""
    if isinstance(node, exp.Cast) and kind in ("date", "timestamp", "timestamptz"):
        wanted = {"date": exp.DType.DATE, "timestamp": exp.DType.TIMESTAMP, "timestamptz": exp.DType.TIMESTAMPTZ}
        return _value(node.this, kind) if node.to.this == wanted[kind] else None
    changed = isinstance(node, exp.Cast) and not unwrapped(node).is_string  # such as 0.5::int
    node = unwrapped(node)
    sign, node = (-1, node.this) if isinstance(node, exp.Neg) else (1, node)
    if changed or not isinstance(node, exp.Literal):
        return None
    text = str(node.this)
    if kind == "string":
        return text if node.is_string else None
    with suppress(ArithmeticError, ValueError):
        if kind == "date":
            return date.fromisoformat(text).isoformat()
        if kind.startswith("timestamp"):
            moment = datetime.fromisoformat(text)
            return moment.isoformat() if (moment.tzinfo is not None) == (kind == "timestamptz") else None
        number = sign * Decimal(text)
        if number == int(number):
            return int(number)
        return float(number) if Decimal(str(float(number))) == number and kind == "number" else None
    return None
