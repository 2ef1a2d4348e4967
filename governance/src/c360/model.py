"""What a contract says, as frozen values: Contract, Dataset, Column, and Clause, the atom."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from c360.clause.operators import Expected, Operator
from c360.errors import Breach

Severity = Literal["error", "warning"]
Scope = Literal["row", "delivery", "contract"]

ROW_KINDS = frozenset(
    [
        "required",
        "unique",
        "primaryKey",
        "enum",
        "pattern",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "format",
        "relationship",
        "rowRule",
        "notInFuture",
        "identity",
        "conflict",
        "readable",
    ]
)
"""A row can break these alone: at the gate such a row is quarantined."""

CONTRACT_KINDS = frozenset({"classification", "anomaly", "noted"})
"""No row and no delivery alone breaks these: classifications are linted and published, anomalies want a history, and
what is noted is enforced by nobody."""

GATE_KINDS = {
    "readable": "not here: a table has no lines left to be read",
    "conflict": "not here: only who brings a row in sees it beside the one that is there",
}
"""Only the gate can hold these, because only it has the file, and the row beside the one that is there already."""

DIMENSIONS = {
    "required": "completeness",
    "present": "completeness",
    "unique": "uniqueness",
    "primaryKey": "uniqueness",
    "relationship": "consistency",
    "identity": "consistency",
    "conflict": "consistency",
    "notInFuture": "timeliness",
    "freshness": "timeliness",
    "retention": "timeliness",
    "latency": "timeliness",
}
"""ODCS quality dimension of a kind; every other kind is a matter of conformity."""


@dataclass(frozen=True)
class Relationship:
    """A foreign key: `columns` here exist as `target_columns` of the dataset `target` (names, not physical)."""

    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]


@dataclass(frozen=True)
class Rule:
    """An ODCS quality rule (library metric or sql): a measured value compared with bounds.

    `expected` is a number, or a pair of them for an operator of two; `unit` is `rows` or `percent`. For a row rule
    `predicate` is the SQL that is true where a row breaks it.
    """

    metric: str
    operator: Operator
    expected: Expected
    unit: str = "rows"
    arguments: tuple[tuple[str, Any], ...] = ()
    query: str = ""
    predicate: str = ""


@dataclass(frozen=True)
class Anomaly:
    """What is compared with its own past: a test of Elementary's package, and its arguments by their names there."""

    test: str
    arguments: dict[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Latency:
    """So many seconds at most from the time in the clause's column to that in `until` (names, not physical)."""

    seconds: int
    until: str


@dataclass(frozen=True)
class Noted:
    """What a contract says at `place`, in short, and why no engine enforces it; `warn`: lint tells of it."""

    text: str
    why: str
    place: tuple[str | int, ...] = ()
    warn: bool = True


@dataclass(frozen=True)
class Clause:
    """One promise of a contract. `id` is stable and readable, and the key of the history.

    `argument` by kind: enum a tuple of values; pattern a regular expression; lengths, bounds and multipleOf
    a number or text; primaryKey and unique a tuple of column names; relationship a Relationship; freshness
    and retention a number of seconds, latency a Latency; notInFuture how many seconds beyond the clock a time may
    lie; identity the columns that tell whom a key stands for; physicalType a type; metrics, sql and row rules a
    Rule; anomaly an Anomaly; noted a Noted.
    """

    id: str
    contract: str
    version: str
    dataset: str
    column: str | None
    kind: str
    argument: Any
    severity: Severity = "error"
    dimension: str = "conformity"
    description: str = ""

    @property
    def scope(self) -> Scope:
        if self.kind in ROW_KINDS:
            return "row"
        return "contract" if self.kind in CONTRACT_KINDS else "delivery"


@dataclass(frozen=True)
class Column:
    """A property of the contract. `enum` holds one dict an entry: value, id (a column stem), label."""

    name: str
    physical_name: str
    physical_type: str
    logical_type: str
    required: bool
    classification: str
    description: str
    enum: tuple[dict[str, Any], ...] = ()
    options: dict[str, Any] = field(default_factory=dict, hash=False)
    examples: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Dataset:
    """One schema object of a contract, which is one table: its columns and its clauses."""

    name: str
    table: str
    schema: str
    """The database schema, from the contract's postgres server."""
    description: str
    columns: tuple[Column, ...]
    clauses: tuple[Clause, ...]
    key: tuple[str, ...]
    """Names of the primary key's columns, in their order; empty without a key."""
    load_column: str | None
    """The column of the freshness SLA: when a row was loaded, in UTC."""
    identity: tuple[str, ...] = ()
    """Names of the columns that may not change under a key: another value there is somebody else."""
    custom: dict[str, Any] = field(default_factory=dict, hash=False)

    def column(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise Breach(
            f"The contract of {self.name} names a column {name!r} that it does not describe.", "Run: c360 lint"
        )

    def physical(self, name: str) -> str:
        return self.column(name).physical_name


@dataclass(frozen=True)
class Contract:
    """One version of one contract. `layer` is the folder it lies in: sources or products."""

    path: Path
    layer: str
    id: str
    name: str
    version: str
    status: str
    system: str
    """What dbt calls the source: the custom property `system`, else the contract's name."""
    team: str
    channel: str
    datasets: tuple[Dataset, ...]
    document: dict[str, Any] = field(default_factory=dict, hash=False, repr=False)
    custom: dict[str, Any] = field(default_factory=dict, hash=False)

    @property
    def label(self) -> str:
        return f"{self.name} {self.version}"
