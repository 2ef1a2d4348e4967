"""Promises about what lies inside a column: members of an object, items of an array, keys and values of a map.

A promise about a value is that of the kind which makes it of a column, with the value in the column's place; so what a
pattern or a bound means is said once. Like a column, a value that is not there, or is null, breaks `required` only.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any, Literal

from c360.clause.arguments import Nested, Step
from c360.clause.dialect import canonical_type
from c360.clause.jsonb import Jsonb
from c360.clause.promise import Entry, Promise
from c360.clause.types import is_known
from c360.errors import Breach
from c360.model import Clause, Column, Kind, Row

_CONTAINERS = {"object": "object", "map": "object", "array": "array", "vector": "array"}
_JSON = {
    "string": "string", "date": "string", "timestamp": "string", "time": "string", "integer": "number",
    "number": "number", "boolean": "boolean", **_CONTAINERS,
}  # fmt: skip
"""By logical type the kind of JSON that holds it."""
_STORED = {
    "string": "text", "date": "date", "timestamp": "timestamptz", "time": "time", "integer": "numeric",
    "number": "numeric", "boolean": "boolean", "": "any",
}  # fmt: skip
"""By logical type the type in which a value is compared; any is the text of whatever it is."""
_TIMES = {name: _STORED[name] for name in ("date", "timestamp", "time")}
_SIZES = {
    "minItems": ("array", "<", "has at least {} items"), "maxItems": ("array", ">", "has at most {} items"),
    "minProperties": ("object", "<", "has at least {} members"),
    "maxProperties": ("object", ">", "has at most {} members"),
}  # fmt: skip
_ANY = ("required", "enum", "minLength", "maxLength", "pattern")
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_OF = {
    "text": (*_ANY, "format"), "any": _ANY, "boolean": ("required", "enum"), "": ("required",),
    "numeric": ("required", "enum", *_BOUNDS, "multipleOf", "format"),
    **dict.fromkeys(_TIMES.values(), ("required", "enum", *_BOUNDS)),
}  # fmt: skip
"""Which kinds may be asked of a value, by what it is stored in; empty for what is no single value."""
OPTIONS = (*_SIZES, "uniqueItems", "required")
"""Of an object or array, what `logicalTypeOptions` promise of it."""
_SIDES: tuple[Literal["key", "value"], ...] = ("key", "value")
_TYPE = "logicalType"


@dataclass(frozen=True)
class Spot:
    """A property, item, key or value: the way to it from its column, and what the contract says of it."""

    steps: tuple[Step, ...]
    name: str
    """As people write the way: `lines.items.sku`; empty for the column itself."""
    body: dict[str, Any]
    place: tuple[str | int, ...]

    @property
    def logical(self) -> str:
        return str(self.body.get("logicalType") or "")


def why_not(prop: dict[str, Any]) -> str:
    """Why nobody looks inside a column; empty where somebody does."""
    physical, logical = str(prop.get("physicalType") or ""), str(prop.get("logicalType") or "")
    if logical not in _CONTAINERS:
        return "only an object, an array or a map has something inside"
    if not physical:
        return ""
    if not is_known(physical):
        return f"no engine here knows {physical}, and it is carried as text"
    canonical = canonical_type(physical)
    if canonical in ("json", "jsonb") or (canonical.endswith("[]") and _CONTAINERS[logical] == "array"):
        return ""
    return f"nobody looks inside a {physical}: write jsonb"


def spots(prop: dict[str, Any], place: tuple[str | int, ...] = ()) -> Iterator[Spot]:
    """The column itself, and all that the contract describes inside it, from the outside in."""
    yield from _spots(Spot((), "", prop, place))


def _spots(spot: Spot) -> Iterator[Spot]:
    yield spot
    members, sides = spot.body.get("properties"), spot.body.get("map")
    for number, member in enumerate(members if isinstance(members, list) else ()):
        if isinstance(member, dict) and member.get("name"):
            step = Step("property", str(member.get("physicalName") or member["name"]))
            yield from _spots(_below(spot, step, str(member["name"]), member, ("properties", number)))
    if isinstance(spot.body.get("items"), dict):
        yield from _spots(_below(spot, Step("items"), "items", spot.body["items"], ("items",)))
    for side in _SIDES:
        if isinstance(sides, dict) and isinstance(sides.get(side), dict):
            yield from _spots(_below(spot, Step(side), side, sides[side], ("map", side)))


def _below(spot: Spot, step: Step, name: str, body: dict[str, Any], steps: tuple[str | int, ...]) -> Spot:
    return Spot((*spot.steps, step), f"{spot.name}.{name}".lstrip("."), body, (*spot.place, *steps))


def read(kinds: tuple[Kind[Any], ...]) -> Callable[[Entry], Iterator[Promise[Nested]]]:
    """What is promised inside a column; of a single value whatever one of the `kinds` finds in what is said of it."""

    def find(entry: Entry) -> Iterator[Promise[Nested]]:
        if entry.column is None or why_not(entry.body):
            return
        found = dict[str, Promise[Nested]]()
        for spot in spots(entry.body):
            for promised in _promises(spot, entry, kinds):
                found.setdefault(promised.clause_name, Promise(promised, entry.column, promised.clause_name, spot.body))
        if found:
            yield Promise(
                Nested((), "", _TYPE, None, str(entry.body["logicalType"]), ""), entry.column, _TYPE, entry.body
            )
        yield from found.values()

    return find


def _promises(spot: Spot, entry: Entry, kinds: tuple[Kind[Any], ...]) -> Iterator[Nested]:
    options = spot.body.get("logicalTypeOptions") or {}
    container = _CONTAINERS.get(spot.logical)
    stored = "text" if spot.logical in _TIMES and options.get("format") else _STORED.get(spot.logical, "")
    if spot.steps:
        if spot.logical in _JSON:
            yield Nested(spot.steps, spot.name, _TYPE, None, spot.logical, stored)
        body = {**spot.body, "physicalType": stored.replace("any", "text"), "primaryKey": None}
        for kind in (kind for kind in kinds if kind.name in _OF[stored]):
            for promise in kind.read(Entry(entry.table, body, spot.name)):
                yield Nested(spot.steps, spot.name, kind.name, promise.argument, spot.logical, stored)
    for name, (of, _, _) in _SIZES.items():
        if container == of and type(options.get(name)) is int:
            yield Nested(spot.steps, spot.name, name, options[name], spot.logical, "")
    if container == "array" and options.get("uniqueItems") is True:
        yield Nested(spot.steps, spot.name, "uniqueItems", True, spot.logical, "")
    if container == "object" and isinstance(options.get("required"), list):
        for member in map(str, options["required"]):
            step = Step("property", member)
            yield Nested((*spot.steps, step), f"{spot.name}.{member}".lstrip("."), "required", True, "", "")


def description(kinds: tuple[Kind[Any], ...]) -> Callable[[Clause[Nested]], str]:
    """The promise for people: the way inside, and what the kind says of a column."""

    def describe(clause: Clause[Nested]) -> str:
        promised = clause.argument
        by_name = {kind.name: kind for kind in kinds}
        if promised.promise in by_name:
            text = by_name[promised.promise].describe(_of_value(clause, by_name[promised.promise]))
        elif promised.promise in _SIZES:
            text = _SIZES[promised.promise][2].format(promised.value)
        else:
            text = "has no item twice" if promised.promise == "uniqueItems" else f"is of the type {promised.logical}"
        return f"{promised.name}: {text}" if promised.name else text

    return describe


def _of_value(clause: Clause[Nested], kind: Kind[Any]) -> Clause[Any]:
    """The same promise, as one about a column."""
    return Clause(
        clause.id, clause.contract, clause.version, clause.dataset, clause.column, kind, clause.argument.value
    )


@dataclass(frozen=True)
class _Value(Row):
    """A row in which the column of every clause is one value inside it."""

    sql: str
    described: Column

    def column(self, clause: Clause[Any]) -> Column:
        return self.described

    def name(self, clause: Clause[Any]) -> str:
        return self.sql


def violation(kinds: tuple[Kind[Any], ...]) -> Callable[[Clause[Nested], Row], str]:
    """True where one of the values that a promise is about breaks it."""
    by_name = {kind.name: kind for kind in kinds}

    def condition(clause: Clause[Nested], row: Row) -> str:
        json, promised = row.dialect.json, clause.argument
        if json is None:
            raise Breach(f"{clause.id}: nobody looks inside a column on {row.dialect.name}.", "Leave it to Postgres.")
        column = row.column(clause)
        document = json.document(row.name(clause), canonical_type(column.physical_type))
        if not promised.steps and promised.promise == _TYPE:
            return f"({row.name(clause)} is not null and {json.is_other(document, _JSON[promised.logical])})"
        if promised.promise == "required":
            *there, last = promised.steps
            return _some(json, document, tuple(there), lambda found: _lacks(json, found, last))
        kind = by_name.get(promised.promise)
        if kind is None:
            return _some(json, document, promised.steps, lambda found: _of_document(json, found, promised))

        def breaks(found: str) -> str:
            stored = promised.stored.replace("any", "text")
            described = Column(column.name, "", stored, promised.logical or "string", False, "", "")
            value = json.value(found, promised.stored)
            inner = _Value(row.dataset, row.dialect, row.now, f"({value})", described)
            assert kind is not None and kind.violation is not None
            return kind.violation(_of_value(clause, kind), inner)

        return _some(json, document, promised.steps, breaks)

    return condition


def _some(json: Jsonb, document: str, steps: tuple[Step, ...], test: Callable[[str], str]) -> str:
    """True where the test is true of one of the documents to which the steps lead."""
    numbers = count(1)

    def walk(found: str, left: tuple[Step, ...]) -> str:
        if not left:
            return test(found)
        step, *rest = left
        if step.side == "property":
            return walk(json.member(found, step.name), tuple(rest))
        relation, one = json.each(found, step.side, f"i{next(numbers)}")
        return f"exists (select 1 from {relation} where {walk(one, tuple(rest))})"

    return walk(document, steps)


def _lacks(json: Jsonb, found: str, last: Step) -> str:
    """Of an object, that it lacks a member; of an array or a map, that one of its items or values is null."""
    if last.side == "property":
        return f"(not {json.is_other(found, 'object')} and {json.is_none(json.member(found, last.name))})"
    return _some(json, found, (last,), json.is_none)


def _of_document(json: Jsonb, found: str, promised: Nested) -> str:
    """Promises that are about a document itself: which kind it is, and how much there is in it."""
    if promised.promise in _SIZES:
        kind, outside, _ = _SIZES[promised.promise]
        return f"{json.size(found, kind)} {outside} {promised.value}"
    if promised.promise == "uniqueItems":
        return f"{json.distinct(found)} < {json.size(found, 'array')}"
    wrong = json.is_no(found, _JSON[promised.logical])
    if promised.logical == "integer":
        return f"({wrong} or mod({json.value(found, 'numeric')}, 1) <> 0)"
    if promised.stored in _TIMES.values():
        return f"({wrong} or ({json.is_no(found, '')} and ({json.value(found, promised.stored)}) is null))"
    return wrong
