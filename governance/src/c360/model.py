"""What a contract says, as frozen values: Contract, Dataset, Column, and Clause, the atom, with what its Kind knows."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar, cast

from c360.clause.arguments import Anomaly, Argument, Latency, Nested, Relationship, Rule, Scalar, Unenforced
from c360.clause.dialect import Dialect
from c360.clause.measure import Measure
from c360.clause.promise import Entry, Promise, Stand
from c360.errors import Breach

__all__ = [
    "Anomaly",
    "Clause",
    "Column",
    "Contract",
    "Dataset",
    "Kind",
    "Latency",
    "Nested",
    "Point",
    "Relationship",
    "Row",
    "Rule",
    "Scope",
    "Severity",
    "Unenforced",
    "Where",
]  # fmt: skip

Severity = Literal["error", "warning"]
Scope = Literal["row", "delivery", "contract"]
"""What breaks a clause: a row alone (at the gate it is quarantined), a delivery as a whole, or none of them (said about
the contract, or comparing deliveries with each other)."""
Point = Literal["lint", "gate", "soda scan", "soda at the gate", "dbt", "verify"]
"""An enforcement point; at the gate, Soda looks at less than in a scan of the table."""
DbtTest = Literal["not_null", "unique", "relationships", "column_clause", "unexpected_columns_clause", "elementary"]
A = TypeVar("A")
A_co = TypeVar("A_co", covariant=True)


@dataclass(frozen=True, eq=False, repr=False)
class Kind(Generic[A]):
    """A kind of clause, whose arguments are of type A, and all that is known of it. c360.clause.kinds lists them."""

    name: str
    scope: Scope
    read: Callable[[Entry], Iterator[Promise[A]]]
    """The promises that an entry of a contract makes."""
    describe: Callable[["Clause[A]"], str]
    """The promise for people: a sentence without its subject, which is the column or the table."""
    stands: Stand = "part"
    custom: tuple[str, ...] = ()
    """The custom properties that say it."""
    dimension: str = "conformity"
    """The ODCS quality dimension of a clause that names none itself."""
    violation: Callable[["Clause[A]", "Row"], str] | None = None
    """SQL that is true where a row breaks it, for what a row can break alone."""
    measure: Callable[["Clause[A]", "Where"], Measure] | None = None
    """What to measure; without it, rows with a violation are counted."""
    reads_nested: bool = False
    """Whether its condition needs a dialect that looks inside a column."""
    dbt: DbtTest | None = None
    """How dbt tests it where it can do so by other means than our SQL."""
    by_source_freshness: bool = False
    """On a source dbt holds it without a test."""
    datacontract: bool = False
    """Whether datacontract-cli measures it by itself."""
    checks: tuple[str, ...] = ()
    """Types of datacontract-cli's checks that may be about it; its quality rules go by their id."""
    linted: str = ""
    """What lint does about it, where it does something."""
    not_here: Mapping[Point, str] = field(default_factory=dict)
    """Points that do nothing about it, and why."""
    by_value: bool = False
    """At the gate each value can break it, and costs its row, though the clause is about the delivery."""
    disputed: bool = False
    """Rows break it together: which of them is right, no clause tells."""
    ages: bool = False
    """It can break by the clock alone: its argument is an age in seconds."""

    def __repr__(self) -> str:
        return f"<Kind {self.name}>"

    @property
    def loses_rows(self) -> bool:
        """Whether a breach costs rows, and not the delivery."""
        return self.scope == "row" or self.by_value

    @property
    def is_of_several_rows(self) -> bool:
        """Whether a row can break it with others only, so that an engine needs SQL of its own to say which."""
        return self.scope == "row" and self.violation is None and self.measure is not None

    def of(self, dataset: "Dataset") -> list["Clause[A]"]:
        """The clauses of this kind, in the contract's order."""
        return [cast("Clause[A]", clause) for clause in dataset.clauses if clause.kind is self]


@dataclass(frozen=True)
class Clause(Generic[A_co]):
    """One promise of a contract. `id` is stable and readable, and the key of the history."""

    id: str
    contract: str
    version: str
    dataset: str
    column: str | None
    kind: Kind[Any]
    argument: A_co
    severity: Severity = "error"
    dimension: str = "conformity"
    description: str = ""
    place: tuple[str | int, ...] = field(default=(), compare=False, repr=False)
    """The way to it inside the contract's document: keys, and numbers of items."""

    @property
    def scope(self) -> Scope:
        return self.kind.scope

    def absent(self, point: Point) -> str:
        """Why nothing is done about it at a point; empty where something is."""
        if isinstance(self.argument, Unenforced):
            return "" if point == "lint" and self.argument.warn else self.argument.why
        if point == "gate" and isinstance(self.argument, Anomaly) and not self.argument.watched:
            return "no count, share or average of a delivery tells it; Elementary's test in dbt does"
        if point == "lint" and not self.kind.linted:
            return "it is said about data"
        return self.kind.not_here.get(point, "")


@dataclass(frozen=True)
class Column:
    """A property of the contract. `physical_type` is the one that it is stored in, which is never empty; `own_type` is
    one of the database's own that the contract names; `enum` holds one dict an entry: value, id (a column stem), label.
    """

    name: str
    physical_name: str
    physical_type: str
    logical_type: str
    required: bool
    classification: str
    description: str
    enum: tuple[dict[str, Any], ...] = ()
    options: dict[str, Any] = field(default_factory=dict, hash=False)
    examples: tuple[Scalar, ...] = ()
    own_type: str = ""


@dataclass(frozen=True)
class Dataset:
    """One schema object of a contract, which is one table: its columns and its clauses."""

    name: str
    table: str
    schema: str
    """The database schema, from the contract's postgres server."""
    description: str
    columns: tuple[Column, ...]
    clauses: tuple[Clause[Argument], ...]
    key: tuple[str, ...]
    """Names of the primary key's columns, in their order; empty without a key."""
    load_column: str | None
    """The column of the freshness SLA: when a row was loaded, in UTC."""
    model: str = ""
    """What dbt calls it where it is a product; its versions share that name."""
    major: int | None = None
    """Which version of that model it is; None where dbt knows no versions of it."""
    identity: tuple[str, ...] = ()
    """Names of the columns that may not change under a key: another value there is somebody else."""
    custom: dict[str, Any] = field(default_factory=dict, hash=False)

    @property
    def node(self) -> str:
        """The model as dbt's messages have it: `customers`, and `customers.v1` for a version."""
        return self.model if self.major is None else f"{self.model}.v{self.major}"

    def column(self, name: str) -> Column:
        column = self.find(name)
        if column is None:
            raise Breach(
                f"The contract of {self.name} names a column {name!r} that it does not describe.", "Run: c360 lint"
            )
        return column

    def find(self, name: object) -> Column | None:
        """The column of that name, which may be whatever a file holds; None where there is none."""
        return next((column for column in self.columns if column.name == name), None)

    def may_be_absent(self, name: str) -> bool:
        """Whether a delivery may leave the column out: it may be empty, and nothing tells rows apart or orders them by
        it."""
        told_apart = {*self.key, *self.identity, self.load_column}
        return not self.column(name).required and name not in told_apart

    def physical(self, name: str) -> str:
        return self.column(name).physical_name


@dataclass(frozen=True)
class Row:
    """How a condition on one row is written. `now` is SQL for the clock, a timestamp without zone, in UTC."""

    dataset: Dataset
    dialect: Dialect
    now: str

    def column(self, clause: Clause[Any]) -> Column:
        return self.dataset.column(clause.column or "")

    def name(self, clause: Clause[Any]) -> str:
        """The clause's column, as SQL."""
        return self.dialect.quote(self.column(clause).physical_name)


@dataclass(frozen=True)
class Where(Row):
    """How a table is measured. `resolve` gives for a dataset's name the relation to write in SQL, and the dataset;
    `tables` are those that SQL of a contract may read."""

    resolve: Callable[[str], tuple[str, Dataset]]
    tables: Collection[tuple[str, str]]

    @property
    def relation(self) -> str:
        return self.resolve(self.dataset.name)[0]


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
    suffix: str = ""
    """What an older major that is live bears behind its names, `_v1`, where the current version has the plain ones."""

    @property
    def key(self) -> str:
        """Its name among the live versions of all contracts."""
        return self.name + self.suffix

    @property
    def label(self) -> str:
        return f"{self.name} {self.version}"

    @property
    def draft(self) -> bool:
        """Whether it promises nothing yet."""
        return self.status in ("draft", "proposed")
