"""What a contract says, on its way to clauses: the entries that kinds read, and the promises that they find."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

A_co = TypeVar("A_co", covariant=True)
Stand = Literal["part", "rule", "table", "service level", "custom"]
STANDS: tuple[Stand, ...] = ("part", "rule", "table", "service level", "custom")
"""Where a kind stands in a contract, in the order in which clauses are told: in a property or schema object itself, in
an entry of `quality`, in the schema object as a whole, in `slaProperties`, in custom properties of the table."""


@dataclass(frozen=True)
class Promise(Generic[A_co]):
    """A promise that a contract makes, before it is a clause. `name` is what its clause is called where that is not its
    kind; `source` is the part of the contract that may hold its severity, dimension and description."""

    argument: A_co
    column: str | None = None
    name: str | None = None
    source: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """A schema object as it is read: one `part` of the `document` at `path`. `delivered` says that it comes through
    the gate, where there are clauses on files and on times of loading."""

    path: Path
    part: dict[str, Any]
    document: dict[str, Any]
    delivered: bool

    @property
    def name(self) -> str:
        return str(self.part["name"])

    @cached_property
    def properties(self) -> list[dict[str, Any]]:
        return self.part.get("properties") or []

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """Names of the primary key's columns, in their order."""
        return keys_of(self.part)

    @cached_property
    def tables(self) -> list[str]:
        """Names of all schema objects of the contract."""
        return [str(other.get("name")) for other in self.document.get("schema") or []]

    @property
    def levels(self) -> Iterator["Entry"]:
        """The service levels of the contract."""
        for k, level in enumerate(self.document.get("slaProperties") or []):
            yield Entry(self, level, place=("slaProperties", k))

    def parts(self) -> Iterator["Entry"]:
        """The properties, then the schema object itself."""
        place = ("schema", self.tables.index(self.name))
        for j, prop in enumerate(self.properties):
            yield Entry(self, prop, prop["name"], (*place, "properties", j))
        yield Entry(self, self.part, place=place)


@dataclass(frozen=True)
class Entry:
    """Where kinds look: a property (its name is `column`), a schema object, or a rule or service level of one."""

    table: Table
    body: dict[str, Any]
    column: str | None = None
    place: tuple[str | int, ...] = ()

    def at(self, stand: Stand) -> Iterator["Entry"]:
        """The entries of this property or schema object at which kinds of that stand look."""
        if stand == "rule":
            for k, rule in enumerate(self.body.get("quality") or []):
                yield Entry(self.table, rule, self.column, (*self.place, "quality", k))
        elif stand == "part" or (stand != "service level" and self.column is None):
            yield self
        elif self.column is None:
            yield from self.table.levels


def keys_of(part: dict[str, Any]) -> tuple[str, ...]:
    """Names of the primary key's columns of a schema object, in their order."""
    marked = [prop for prop in part.get("properties") or [] if prop.get("primaryKey")]
    return tuple(prop["name"] for prop in sorted(marked, key=lambda prop: prop.get("primaryKeyPosition") or 0))


def custom_properties(part: dict[str, Any]) -> dict[str, Any]:
    """`customProperties`, a list of {property, value}, as a dict."""
    return {str(entry.get("property")): entry.get("value") for entry in part.get("customProperties") or []}


def only_warns(part: dict[str, Any]) -> bool:
    """Whether the part of a contract that makes a promise wants a breach recorded, and nothing refused."""
    return str(part.get("severity") or "error").lower() in ("warning", "warn", "info")


def as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
