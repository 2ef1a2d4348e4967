"""Documents: what stands in a column of JSON or in an array, by what its contract promises of the inside."""

import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from c360.clause import kinds
from c360.clause.arguments import Nested, Step
from c360.clause.dialect import canonical_type
from c360.model import Clause, Column

if TYPE_CHECKING:
    from c360.fake.values import Asked

_STORED = {"date": "date", "timestamp": "timestamptz", "time": "time", "integer": "numeric", "number": "numeric"}
_FEW = 40
"""Values of each member that documents are put together from."""


@dataclass
class Node:
    """A value inside a column: what is promised of it, by the kind's name, and what lies below it."""

    logical: str = ""
    promises: dict[str, Any] = field(default_factory=dict)
    below: dict[Step, "Node"] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Which kind of JSON it is: object, array, map, or empty for a single value."""
        sides = {step.side for step in self.below}
        if self.logical == "map" or sides & {"key", "value"}:
            return "map"
        return "array" if self.logical in ("array", "vector") or "items" in sides else (
            "object" if self.logical == "object" or self.below else ""
        )  # fmt: skip

    def at(self, side: Any) -> "Node":
        return next((node for step, node in self.below.items() if step.side == side), Node("string"))


def tree(asked: "Asked") -> Node:
    """The promises about the inside of one column as a tree; its root is the column itself."""
    root = Node("array") if is_array(asked.column) else Node()
    if is_array(asked.column):
        stored = canonical_type(asked.column.physical_type).removesuffix("[]")
        root.below[Step("items")] = Node(promises={"type": stored})
    for clause in asked.clauses:
        if clause.kind is kinds.NESTED:
            said: Nested = clause.argument
            node = root
            for step in said.steps:
                node = node.below.setdefault(step, Node())
            node.logical = said.logical or node.logical
            node.promises[said.promise] = said.value
    return root


def is_array(column: Column) -> bool:
    return canonical_type(column.physical_type).endswith("[]")


def plain(value: Any) -> str:
    """A value of YAML as a file holds it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


class Author:
    """Writes documents of a column; `full` ones leave nothing out that they may hold."""

    def __init__(self, asked: "Asked", rng: np.random.Generator, source: Callable[..., Any], full: bool = False) -> None:
        self._asked, self._rng, self._source, self._full = asked, rng, source, full
        self._root, self._leaves = tree(asked), dict[int, list[Any]]()

    def texts(self, count: int) -> pa.Array:
        return pa.array([written(self.document(), self._asked.column) for _ in range(count)], pa.string())

    def document(self) -> Any:
        return self._made(self._root)

    def _made(self, node: Node) -> Any:
        if node.kind == "map":
            size = self._size(node, "minProperties", "maxProperties")
            return {str(self._made(node.at("key"))): self._made(node.at("value")) for _ in range(size)}
        if node.kind == "array":
            unique, size = node.promises.get("uniqueItems"), self._size(node, "minItems", "maxItems")
            items = [self._made(node.at("items")) for _ in range(4 * size if unique else size)]
            return list({json.dumps(item, default=float): item for item in items}.values())[:size] if unique else items
        if node.kind == "object":
            kept = {s: n for s, n in node.below.items() if self._full or n.promises.get("required") or self._rng.random() < 0.9}
            return {step.name: self._made(one) for step, one in kept.items()}
        if id(node) not in self._leaves:
            texts = self._source(leaf(node, self._asked)).distinct(self._rng, _FEW).to_pylist()
            self._leaves[id(node)] = [as_json(text, node.logical) for text in texts]
        found = self._leaves[id(node)]
        return found[int(self._rng.integers(0, len(found)))] if found else None

    def _size(self, node: Node, least: str, most: str) -> int:
        low = node.promises.get(least, 1)
        return int(self._rng.integers(low, max(low, min(node.promises.get(most, low + 2), low + 2)), endpoint=True))


def leaf(node: Node, asked: "Asked") -> "Asked":
    """A single value inside as if it were a column of its own."""
    stored = node.promises.get("type") or _STORED.get(node.logical, "boolean" if node.logical == "boolean" else "text")
    options = {"format": node.promises["format"]} if "format" in node.promises else {}
    column = Column(asked.column.name, "", stored, node.logical or "string", True, "", "", options=options)
    clauses = tuple(
        Clause("", "", "", "", column.name, kinds.KINDS[name], value)
        for name, value in node.promises.items()
        if name in kinds.KINDS
    )
    return replace(
        asked, column=column, clauses=clauses, form=type(asked.form)(), avoid=frozenset(["null"]), leaves={}
    )


def as_json(text: str, logical: str) -> Any:
    """A text as the kind of JSON that holds its logical type."""
    if logical in ("integer", "number"):
        return int(text) if "." not in text else Decimal(text)
    return text == "true" if logical == "boolean" else text.replace(" ", "T") if logical == "timestamp" else text


def written(document: Any, column: Column) -> str:
    """A document as a file holds it: as JSON, or as Postgres writes an array."""
    if not is_array(column) or not isinstance(document, list):
        return json.dumps(document, ensure_ascii=False, default=float)
    items = ('"' + str(item).replace("\\", "\\\\").replace('"', '\\"') + '"' for item in document)
    return "{" + ",".join(items) + "}"


def parsed(text: str, column: Column) -> Any:
    """The document of a text. Raises ValueError."""
    if not is_array(column):
        return _loaded(text)
    items = re.findall(r'"((?:[^"\\]|\\.)*)"|([^,{}"]+)', text)
    found = [None if bare == "NULL" else re.sub(r"\\(.)", r"\1", quoted) or bare for quoted, bare in items]
    stored = canonical_type(column.physical_type).removesuffix("[]")
    return [Decimal(item) if item and stored in ("integer", "bigint", "smallint", "numeric") else item for item in found]


@lru_cache(1_000)
def _loaded(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


def places(document: Any, steps: tuple[Step, ...]) -> Iterator[tuple[Any, Any]]:
    """Where steps lead: what holds a value, and the value's key or number there."""
    *before, last = steps
    for holder in values(document, tuple(before)):
        if last.side == "property" and isinstance(holder, dict) and last.name in holder:
            yield holder, last.name
        elif last.side == "items" and isinstance(holder, list):
            yield from ((holder, number) for number in range(len(holder)))
        elif last.side in ("key", "value") and isinstance(holder, dict):
            yield from ((holder, key) for key in holder)


def values(document: Any, steps: tuple[Step, ...]) -> list[Any]:
    """All values to which steps lead."""
    if not steps:
        return [document]
    return [key if steps[-1].side == "key" else holder[key] for holder, key in places(document, steps)]


def with_other(document: Any, steps: tuple[Step, ...], other: Any) -> Any:
    """The document with another value in the first place to which steps lead."""
    if not steps:
        return other
    copied = deepcopy(document)
    for holder, key in list(places(copied, steps))[:1]:
        if steps[-1].side == "key":
            holder[plain(other)] = holder.pop(key)
        else:
            holder[key] = other
    return copied


def is_broken(said: Nested, asked: "Asked", document: Any) -> bool:
    """Whether a document breaks a promise about its inside."""
    if said.promise == "required" and said.steps[-1].side == "property":
        holders = values(document, said.steps[:-1])
        return any(isinstance(holder, dict) and holder.get(said.steps[-1].name) is None for holder in holders)
    found = values(document, said.steps)
    if said.promise == "required":
        return None in found
    return any(one is not None and _breaks(said, asked, one) for one in found)


_SIZES: dict[str, Callable[[int, int], bool]] = {
    "minItems": lambda size, bound: size < bound, "maxItems": lambda size, bound: size > bound,
    "minProperties": lambda size, bound: size < bound, "maxProperties": lambda size, bound: size > bound,
}  # fmt: skip
_JSON = {"object": dict, "map": dict, "array": list, "vector": list, "boolean": bool, "integer": (int, Decimal), "number": (int, Decimal)}


def _breaks(said: Nested, asked: "Asked", one: Any) -> bool:
    from c360.fake.holds import breaks, casts

    if said.promise in _SIZES:
        return isinstance(one, list if "Items" in said.promise else dict) and _SIZES[said.promise](len(one), int(said.value))  # type: ignore[arg-type]
    if said.promise == "uniqueItems":
        return isinstance(one, list) and len({json.dumps(item, default=float) for item in one}) < len(one)
    if said not in asked.leaves:
        asked.leaves[said] = leaf(Node(said.logical, {said.promise: said.value}), asked)
    single, wanted = asked.leaves[said], _JSON.get(said.logical, str)
    is_one = isinstance(one, wanted) and not (isinstance(one, bool) and wanted is not bool)
    if said.promise == "logicalType":
        whole = said.logical != "integer" or (is_one and one % 1 == 0)
        zoned = str(one) + "Z" * (said.logical == "timestamp" and not re.search(r"[Zz]|[+-]\d\d:\d\d$", str(one)))
        return not is_one or not whole or (said.stored in ("date", "timestamptz", "time") and not casts(single.column, zoned))
    if isinstance(one, dict | list) or (said.logical and not is_one):
        return False
    text = plain(one) + "Z" * (said.stored == "timestamptz" and not re.search(r"[Zz]|[+-]\d\d:\d\d$", str(one)))
    return casts(single.column, text) and any(breaks(c, single.column, text, asked.now) for c in single.clauses)
