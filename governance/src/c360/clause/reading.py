"""From an entry of a contract to what a kind finds there: its argument, and the column that it is about.

Quality rules are read by c360.clause.rules, service levels by c360.clause.levels.

Raises Breach, naming the file, for a promise that cannot be understood.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from c360.clause.arguments import Bound, Relationship, Scalar
from c360.clause.formats import TEXTS, narrower
from c360.clause.levels import load_columns, seconds_of
from c360.clause.patterns import require_pattern
from c360.clause.promise import Entry, Promise, Table, as_list, custom_properties
from c360.clause.types import canonical_type, is_known, is_narrow
from c360.errors import Breach

FUTURE_TOLERANCE = "1 h"
"""How far beyond the clock a time of loading may lie where the contract is silent: clocks differ."""
QUARANTINE_RATIO = 0.2
"""maxQuarantineRatio of a contract that does not say."""


def nothing(entry: Entry) -> Iterator[Promise[Any]]:
    """Kinds that no entry says, but the rest of the contract."""
    return iter(())


def present(entry: Entry) -> Iterator[Promise[None]]:
    if entry.column is not None:
        yield Promise(None, entry.column)


def text(key: str) -> Callable[[Entry], Iterator[Promise[str]]]:
    """A key of a property whose value is the argument."""

    def read(entry: Entry) -> Iterator[Promise[str]]:
        if entry.column is not None and entry.body.get(key):
            yield Promise(str(entry.body[key]), entry.column)

    return read


def physical_type(entry: Entry) -> Iterator[Promise[str]]:
    for promise in text("physicalType")(entry):
        canonical_type(promise.argument)
        yield promise


def logical_type(entry: Entry) -> Iterator[Promise[str]]:
    """Of a property without a type of an engine, the logical type, where not every text is a value of it."""
    kind = str(entry.body.get("logicalType") or "")
    if entry.column is not None and not is_known(str(entry.body.get("physicalType") or "")) and is_narrow(kind):
        yield Promise(kind, entry.column)


def required(entry: Entry) -> Iterator[Promise[bool]]:
    if entry.column is not None and (entry.body.get("required") or entry.body.get("primaryKey")):
        yield Promise(True, entry.column)


def primary_key(entry: Entry) -> Iterator[Promise[tuple[str, ...]]]:
    """A key of one column is its column's, another the table's."""
    keys = entry.table.keys
    if keys and entry.column == (keys[0] if len(keys) == 1 else None):
        yield Promise(keys, entry.column)


def unique(entry: Entry) -> Iterator[Promise[tuple[str, ...]]]:
    if entry.column is not None and entry.body.get("unique") and entry.table.keys != (entry.column,):
        yield Promise((entry.column,), entry.column)


def enum(entry: Entry) -> Iterator[Promise[tuple[Scalar, ...]]]:
    if entry.column is None or not entry.body.get("enum"):
        return
    values = tuple(listed["value"] for listed in entry.body["enum"])
    if not [value for value in values if value is not None]:
        where = f"{entry.table.path}: the enum of {entry.table.name}.{entry.column}"
        raise Breach(f"{where} lists no value.", "List some, or leave it out.")
    yield Promise(values, entry.column)


def option(name: str) -> Callable[[Entry], Iterator[Promise[Any]]]:
    """An entry of `logicalTypeOptions`, as it is written."""

    def read(entry: Entry) -> Iterator[Promise[Any]]:
        value = (entry.body.get("logicalTypeOptions") or {}).get(name) if entry.column is not None else None
        if value is not None:
            yield Promise(value, entry.column)

    return read


def length(name: str) -> Callable[[Entry], Iterator[Promise[int]]]:
    return _checked(name, (int,), "whole number", "20")


def bound(name: str) -> Callable[[Entry], Iterator[Promise[Bound]]]:
    """A number, or a date or time as text."""
    return _checked(name, (int, float, str), "number, date or time", "20 or 2026-01-31")


def _checked(name: str, takes: tuple[type, ...], what: str, such_as: str) -> Callable[[Entry], Iterator[Promise[Any]]]:
    def read(entry: Entry) -> Iterator[Promise[Any]]:
        for promise in option(name)(entry):
            if type(promise.argument) not in takes:
                where = f"{entry.table.path}: {name} of {entry.column}"
                raise Breach(f"{where} is no {what}.", f"Write one, such as {such_as}.")
            yield promise

    return read


def pattern(entry: Entry) -> Iterator[Promise[str]]:
    """Raises Breach for one that an engine cannot compile."""
    for promise in option("pattern")(entry):
        require_pattern(entry.table.path, f"of {entry.column}", str(promise.argument))
        yield Promise(str(promise.argument), promise.column)


def form(entry: Entry) -> Iterator[Promise[str]]:
    """A format that a value can fail to be of: one of text that we know, or an integer smaller than its type."""
    for promise in option("format")(entry):
        name, prop = str(promise.argument), entry.body
        kind = prop.get("logicalType") or "string"
        if kind == "integer":
            can_fail = narrower(name, str(prop.get("physicalType") or ""))
        elif kind in ("date", "timestamp"):
            can_fail = bool(prop.get("physicalType")) and is_text(prop)
        else:
            can_fail = kind == "string" and is_text(prop) and (name in TEXTS or "yyyy" in name)
        if name and can_fail:
            yield Promise(name, promise.column)


def is_text(prop: dict[str, Any]) -> bool:
    """Whether a property is stored as text; other types have a notion of their own of what is well written."""
    return str(prop.get("physicalType") or "text").lower().startswith(("text", "string", "varchar", "char"))


def relationship(entry: Entry) -> Iterator[Promise[Relationship]]:
    table = entry.table
    for relation in entry.body.get("relationships") or []:
        yield Promise(relationship_of(table.path, table.name, relation, entry.column, table.tables), entry.column)


def relationship_of(
    path: Path, dataset: str, relation: dict[str, Any], column: str | None, known: Iterable[str] = ()
) -> Relationship:
    """Read an ODCS relationship, in shorthand (`orders.id`) or by ids (`…#/schema/orders/properties/id`).

    `known` datasets are told from their columns where the names of these hold dots too.
    """
    here = [column] if column else [str(n).removeprefix(f"{dataset}.") for n in as_list(relation.get("from"))]
    there = [_reference(path, str(target), (dataset, *known)) for target in as_list(relation.get("to"))]
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


def unexpected_columns(entry: Entry) -> Iterator[Promise[bool]]:
    """Whether the table may have columns that the contract does not name."""
    yield Promise(custom_properties(entry.body).get("allowUnexpectedColumns") is True)


def not_in_future(entry: Entry) -> Iterator[Promise[int]]:
    """Columns whose times may not lie beyond the clock: those that say so, and the time of loading of what is
    delivered, since one row from the year 9999 would stay the newest for ever."""
    table = entry.table
    loads = list(load_columns(table)) if table.delivered else []
    told = {**custom_properties(table.document), **custom_properties(table.part)}
    tolerance = told.get("futureTolerance", FUTURE_TOLERANCE)
    for prop in table.properties:
        asked = custom_properties(prop).get("notInFuture")
        if asked is True or (asked is None and prop["name"] in loads):
            asked = tolerance if prop["name"] in loads else 0
        if asked is not None and asked is not False:
            yield Promise(seconds_of(table.path, str(asked)), prop["name"])


def identity(entry: Entry) -> Iterator[Promise[tuple[str, ...]]]:
    names = identity_of(entry.table)
    if names:
        yield Promise(names)


def identity_of(table: Table) -> tuple[str, ...]:
    """The custom property `identity`: the columns that tell whom or what a key stands for.

    Raises Breach for a column that is not there, and for an identity without a key.
    """
    names = tuple(str(name) for name in as_list(custom_properties(table.part).get("identity")))
    there = {prop["name"] for prop in table.properties}
    for name in names:
        if name not in there:
            raise Breach(
                f"{table.path}: the identity of {table.name} names a column {name!r} that is not there.",
                "Name properties of this schema object.",
            )
    if names and not table.keys:
        raise Breach(
            f"{table.path}: {table.name} has an identity but no primary key.", "Mark the key: primaryKey: true."
        )
    return names


def conflict(entry: Entry) -> Iterator[Promise[None]]:
    if entry.table.delivered and entry.table.keys:
        yield Promise(None)


def readable(entry: Entry) -> Iterator[Promise[None]]:
    if entry.table.delivered:
        yield Promise(None)
