"""Documents: what stands in a column of JSON or in an array, by what its contract promises of the inside."""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from c360.clause import kinds
from c360.clause.arguments import Nested, Step
from c360.clause.dialect import canonical_type
from c360.fake.asked import Asked, inner, is_array, places, plain
from c360.model import Column

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


def tree(asked: Asked) -> Node:
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


class Author:
    """Writes documents of a column; `full` ones leave nothing out that they may hold."""

    def __init__(self, asked: Asked, rng: np.random.Generator, source: Callable[..., Any], full: bool = False) -> None:
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
            kept = {
                s: n
                for s, n in node.below.items()
                if self._full or n.promises.get("required") or self._rng.random() < 0.9
            }
            return {step.name: self._made(one) for step, one in kept.items()}
        if id(node) not in self._leaves:
            texts = self._source(inner(node.logical, node.promises, self._asked)).distinct(self._rng, _FEW).to_pylist()
            self._leaves[id(node)] = [as_json(text, node.logical) for text in texts]
        found = self._leaves[id(node)]
        return found[int(self._rng.integers(0, len(found)))] if found else None

    def _size(self, node: Node, least: str, most: str) -> int:
        low = node.promises.get(least, 1)
        return int(self._rng.integers(low, max(low, min(node.promises.get(most, low + 2), low + 2)), endpoint=True))


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
