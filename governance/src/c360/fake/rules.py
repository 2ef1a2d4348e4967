"""Row rules: SQL of a contract on the columns of one row, evaluated over a table of texts without a database.

Comparisons, logic, arithmetic and a few functions; three-valued, as SQL is. What else a rule says is not read here.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from c360.clause import guard
from c360.clause.dialect import canonical_type, unsized
from c360.fake.holds import NUMBERS, TIMES
from c360.model import Clause, Dataset, Rule

_MOMENT = pa.timestamp("us")
_PAIRS: dict[str, Callable[[Any, Any], Any]] = {
    "EQ": pc.equal, "NEQ": pc.not_equal, "GT": pc.greater, "GTE": pc.greater_equal, "LT": pc.less,
    "LTE": pc.less_equal, "And": pc.and_kleene, "Or": pc.or_kleene, "Add": pc.add, "Sub": pc.subtract,
    "Mul": pc.multiply, "Div": pc.divide,
}  # fmt: skip


class Unread(Exception):
    """A rule says what is not read here."""


def columns_of(clause: Clause[Rule], dataset: Dataset) -> list[str]:
    """The physical names of the columns that a row rule reads."""
    tree = guard.condition(clause).tree
    names = (_physical(node, clause, dataset) for node in tree.find_all(exp.Column))
    return list(dict.fromkeys(name for name in names if name))


def literals(clause: Clause[Rule]) -> list[str]:
    """The texts and numbers that a row rule compares with, and the whole numbers beside them."""
    found = list[str]()
    for node in guard.condition(clause).tree.find_all(exp.Literal):
        beside = [str(int(node.this) + 1), str(int(node.this) - 1)] if node.is_int else []
        found += [str(node.this), *beside]
    return found


def broken(clause: Clause[Rule], dataset: Dataset, table: pa.Table, now: datetime) -> pa.Array:
    """Of each row whether it breaks a row rule. Raises Unread for a rule that is not read here."""
    try:
        found = _Reader(clause, dataset, table, now).of(guard.condition(clause).tree)
    except (pa.ArrowException, KeyError, TypeError, ValueError) as error:
        raise Unread(str(error)) from None
    return pc.fill_null(found, False) if not isinstance(found, pa.Scalar) else pa.repeat(found, table.num_rows)


def _physical(node: exp.Column, clause: Clause[Rule], dataset: Dataset) -> str | None:
    if node.name == guard.COLUMN:
        return dataset.physical(clause.column or "")
    name = node.name if node.this.quoted else node.name.lower()
    return name if name in {column.physical_name for column in dataset.columns} else None


class _Reader:
    def __init__(self, clause: Clause[Rule], dataset: Dataset, table: pa.Table, now: datetime) -> None:
        self._clause, self._dataset, self._table, self._now = clause, dataset, table, now

    def of(self, node: Any) -> Any:
        name = type(node).__name__
        if name in _PAIRS:
            return _PAIRS[name](*_alike(self.of(node.this), self.of(node.expression)))
        made = getattr(self, f"_{name.lower()}", None)
        if made is None:
            raise Unread(name)
        return made(node)

    def _column(self, node: exp.Column) -> Any:
        name = _physical(node, self._clause, self._dataset)
        if name is None:
            raise Unread(node.name)
        column = next(column for column in self._dataset.columns if column.physical_name == name)
        kind, texts = unsized(canonical_type(column.physical_type)), self._table[name].combine_chunks()
        if kind in NUMBERS:
            return pc.cast(texts, pa.float64())
        if kind in TIMES:
            return pc.cast(pc.replace_substring(texts, "Z", ""), _MOMENT)
        return pc.equal(texts, "true") if kind == "boolean" else texts

    def _paren(self, node: Any) -> Any:
        return self.of(node.this)

    def _not(self, node: Any) -> Any:
        return pc.invert(self.of(node.this))

    def _neg(self, node: Any) -> Any:
        return pc.negate(self.of(node.this))

    def _literal(self, node: Any) -> Any:
        return pa.scalar(node.this if node.is_string else float(node.this))

    def _boolean(self, node: Any) -> Any:
        return pa.scalar(bool(node.this))

    def _is(self, node: Any) -> Any:
        if not isinstance(node.expression, exp.Null):
            raise Unread("IS")
        return pc.is_null(self.of(node.this))

    def _in(self, node: Any) -> Any:
        found = [pc.equal(*_alike(self.of(node.this), self.of(one))) for one in node.expressions]
        return found[0] if len(found) == 1 else _any(found)

    def _between(self, node: Any) -> Any:
        value, low, high = (self.of(node.args[part]) for part in ("this", "low", "high"))
        return pc.and_kleene(pc.greater_equal(*_alike(value, low)), pc.less_equal(*_alike(value, high)))

    def _cast(self, node: Any) -> Any:
        kind, value = unsized(canonical_type(node.args["to"].sql("postgres"))), self.of(node.this)
        if kind == "date":
            return pc.floor_temporal(pc.cast(value, _MOMENT), unit="day")
        if kind in TIMES:
            return pc.cast(value, _MOMENT)
        if kind in NUMBERS:
            return pc.cast(value, pa.float64())
        raise Unread(kind)

    def _currentdate(self, node: Any) -> Any:
        return pa.scalar(self._now.replace(hour=0, minute=0, second=0, microsecond=0), _MOMENT)

    def _currenttimestamp(self, node: Any) -> Any:
        return pa.scalar(self._now, _MOMENT)

    def _length(self, node: Any) -> Any:
        return pc.cast(pc.utf8_length(self.of(node.this)), pa.float64())

    def _lower(self, node: Any) -> Any:
        return pc.utf8_lower(self.of(node.this))

    def _upper(self, node: Any) -> Any:
        return pc.utf8_upper(self.of(node.this))

    def _trim(self, node: Any) -> Any:
        return pc.utf8_trim_whitespace(self.of(node.this))


def _any(found: list[Any]) -> Any:
    result = found[0]
    for one in found[1:]:
        result = pc.or_kleene(result, one)
    return result


def _alike(one: Any, other: Any) -> tuple[Any, Any]:
    """A text beside a time, as SQL reads it: as a time."""
    if pa.types.is_timestamp(one.type) and pa.types.is_string(other.type):
        return one, pc.cast(other, _MOMENT)
    if pa.types.is_string(one.type) and pa.types.is_timestamp(other.type):
        return pc.cast(one, _MOMENT), other
    return one, other
