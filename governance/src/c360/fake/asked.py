"""What a contract asks of a column, and of the values inside it; and whether a text keeps that."""

import json
import re
from collections.abc import Callable, Iterator, Sized
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from operator import gt, lt
from typing import Any

from c360.clause import kinds
from c360.clause.arguments import Nested, Step
from c360.clause.dialect import canonical_type
from c360.delivery.form import Form
from c360.fake.holds import breaks, casts
from c360.model import Clause, Column

_STORED = {"date": "date", "timestamp": "timestamptz", "time": "time", "integer": "numeric", "number": "numeric"}
_ZONE = re.compile(r"[Zz]$|[+-]\d\d:\d\d$")


@dataclass(frozen=True)
class Asked:
    """What a contract asks of the values of a column, and how its sender writes them. `now` is UTC, without zone."""

    column: Column
    clauses: tuple[Clause[Any], ...]
    form: Form
    now: datetime
    seed: int
    avoid: frozenset[str] = frozenset()
    """Texts that stand for nothing."""
    leaves: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)
    """What is asked of values inside, by the promise."""

    def takes(self, text: str) -> bool:
        """Whether a text is legal, and reads as itself in the form."""
        if text in self.avoid or not casts(self.column, text):
            return False
        if not self.form.quote and any(mark in text for mark in (self.form.delimiter, "\r", "\n")):
            return False
        if not _has_letters(text, self.form.encoding):
            return False
        return not any(self.breaks(clause, text) for clause in self.clauses)

    def breaks(self, clause: Clause[Any], text: str) -> bool:
        """Whether a text that casts breaks a clause about single values."""
        if clause.kind is kinds.NESTED:
            return is_broken(clause.argument, self, parsed(text, self.column))
        return breaks(clause, self.column, text, self.now)


def _has_letters(text: str, encoding: str) -> bool:
    try:
        return text.isascii() or bool(text.encode(encoding))
    except UnicodeEncodeError:
        return False


def is_array(column: Column) -> bool:
    return canonical_type(column.physical_type).endswith("[]")


def plain(value: Any) -> str:
    """A value of YAML as a file holds it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def inner(logical: str, promises: dict[str, Any], asked: Asked) -> Asked:
    """What is asked of a single value inside, as if it were a column of its own: `promises` by the kind's name."""
    stored = promises.get("type") or _STORED.get(logical, "boolean" if logical == "boolean" else "text")
    options = {"format": promises["format"]} if "format" in promises else {}
    column = Column(asked.column.name, "", stored, logical or "string", True, "", "", options=options)
    known = ((kinds.KINDS[name], value) for name, value in promises.items() if name in kinds.KINDS)
    clauses = tuple(Clause("", "", "", "", column.name, kind, value) for kind, value in known)
    return replace(asked, column=column, clauses=clauses, form=Form(), avoid=frozenset(["null"]), leaves={})


def parsed(text: str, column: Column) -> Any:
    """The document of a text. Raises ValueError."""
    if not is_array(column):
        return _loaded(text)
    items = re.findall(r'"((?:[^"\\]|\\.)*)"|([^,{}"]+)', text)
    found = [None if bare == "NULL" else re.sub(r"\\(.)", r"\1", quoted) or bare for quoted, bare in items]
    stored = canonical_type(column.physical_type).removesuffix("[]")
    return [
        Decimal(item) if item and stored in ("integer", "bigint", "smallint", "numeric") else item for item in found
    ]


@lru_cache(1_000)
def _loaded(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


def places(document: Any, steps: tuple[Step, ...]) -> Iterator[tuple[Any, Any]]:
    """Where steps lead: what holds a value, and the value's key or number there."""
    *before, last = steps
    for holder in reached(document, tuple(before)):
        if last.side == "property" and isinstance(holder, dict) and last.name in holder:
            yield holder, last.name
        elif last.side == "items" and isinstance(holder, list):
            yield from ((holder, number) for number in range(len(holder)))
        elif last.side in ("key", "value") and isinstance(holder, dict):
            yield from ((holder, key) for key in holder)


def reached(document: Any, steps: tuple[Step, ...]) -> list[Any]:
    """All values to which steps lead."""
    if not steps:
        return [document]
    return [key if steps[-1].side == "key" else holder[key] for holder, key in places(document, steps)]


def is_broken(said: Nested, asked: Asked, document: Any) -> bool:
    """Whether a document breaks a promise about its inside."""
    if said.promise == "required" and said.steps[-1].side == "property":
        holders = reached(document, said.steps[:-1])
        return any(isinstance(holder, dict) and holder.get(said.steps[-1].name) is None for holder in holders)
    found = reached(document, said.steps)
    if said.promise == "required":
        return None in found
    return any(one is not None and _breaks(said, asked, one) for one in found)


_SIZES: dict[str, tuple[type[Sized], Callable[[int, int], bool]]] = {
    "minItems": (list, lt), "maxItems": (list, gt), "minProperties": (dict, lt), "maxProperties": (dict, gt),
}  # fmt: skip
_JSON: dict[str, Any] = {
    "object": dict, "map": dict, "array": list, "vector": list, "boolean": bool, "integer": (int, Decimal),
    "number": (int, Decimal),
}  # fmt: skip


def _breaks(said: Nested, asked: Asked, one: Any) -> bool:
    if said.promise in _SIZES:
        kind, is_outside = _SIZES[said.promise]
        return isinstance(one, kind) and is_outside(len(one), int(str(said.value)))
    if said.promise == "uniqueItems":
        return isinstance(one, list) and len({json.dumps(item, default=float) for item in one}) < len(one)
    if said not in asked.leaves:
        asked.leaves[said] = inner(said.logical, {said.promise: said.value}, asked)
    single, wanted = asked.leaves[said], _JSON.get(said.logical, str)
    is_one = isinstance(one, wanted) and not (isinstance(one, bool) and wanted is not bool)
    text = plain(one) + "Z" * (said.stored == "timestamptz" and not _ZONE.search(plain(one)))
    if said.promise == "logicalType":
        whole = said.logical != "integer" or (is_one and one % 1 == 0)
        timed = said.stored not in ("date", "timestamptz", "time") or casts(single.column, text)
        return not (is_one and whole and timed)
    if isinstance(one, dict | list) or (said.logical and not is_one):
        return False
    return casts(single.column, text) and any(breaks(c, single.column, text, asked.now) for c in single.clauses)
