"""Things of the catalogue and their names: what one must hold, how it is made, where the server keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from c360.catalogue.values import Ref, Value
from c360.printable import one_line

Path = tuple[str, ...]
"""The way to a field: its name, or `columns`, the name of a column, and the name of its field."""

COLLECTIONS = {
    "team": "teams",
    "domain": "domains",
    "dataProduct": "dataProducts",
    "classification": "classifications",
    "tag": "tags",
    "glossary": "glossaries",
    "glossaryTerm": "glossaryTerms",
    "testDefinition": "dataQuality/testDefinitions",
    "table": "tables",
    "dataContract": "dataContracts",
    "testCase": "dataQuality/testCases",
}
"""By the type of an entity, where the server keeps it; in the order in which they need each other."""

FIELDS = {
    "table": "columns,tags,owners,domains,dataProducts",
    "dataContract": "owners",
    "testCase": "testDefinition,testCaseResult,incidentId",
}
"""By the type of an entity, those of its fields that the server tells when asked for them, and that we compare."""


@dataclass(frozen=True)
class Entity:
    """One entity that must be there. `create` is what makes it, None where it is not ours to make; `holds` says what
    its fields must hold."""

    ref: Ref
    create: Mapping[str, Any] | None
    holds: Mapping[Path, Value] = field(default_factory=dict)
    about: Ref | None = None
    """The table that a data contract is for."""
    needs: tuple[Ref, ...] = ()
    """What must be there first, and is named in `create` by its name alone."""


@dataclass(frozen=True)
class Names:
    """How things are called. `space` is the project's name in the catalogue: what bears it is ours, and nothing else
    is ever removed."""

    space: str
    service: str
    database: str

    def table(self, schema: str, table: str) -> str:
        return qualified(self.service, self.database, schema, table)

    def own(self, name: str) -> str:
        """The name of an entity of ours that stands among those of others."""
        return f"{self.space}_{name}"

    def within(self, name: str) -> str:
        """The fully qualified name of a tag or a term of ours."""
        return qualified(self.space, name)


def simple(name: Any) -> str:
    """A name as the server takes one: on one line, without what its links and qualified names are written with."""
    kept = one_line(name).replace("::", ":").replace('"', "'")
    return "".join("_" if ch in "<>|" else ch for ch in kept)[:200].strip() or "_"


def qualified(*parts: str) -> str:
    """A fully qualified name: its parts with dots between them, in quotes where they hold one."""
    return ".".join(f'"{part}"' if "." in part else part for part in map(simple, parts))
