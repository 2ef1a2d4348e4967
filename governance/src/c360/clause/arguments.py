"""What a clause promises, as a frozen value: the arguments of the kinds that need more than a number or a text."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from c360.clause.operators import Expected, Operator

Scalar = str | int | float | bool | None
"""A value of YAML: dates and times stay text."""
Bound = int | float | str
"""A number, or a date or time as text."""
LONGEST = 20_000
"""Characters of the longest SQL that a rule may have."""
Json = Scalar | list["Json"] | dict[str, "Json"]


@dataclass(frozen=True)
class Relationship:
    """A foreign key: `columns` here exist as `target_columns` of the dataset `target` (names, not physical)."""

    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]


@dataclass(frozen=True)
class Rule:
    """An ODCS quality rule (library metric or sql): a measured value compared with bounds.

    `expected` is a number, or a pair of them for an operator of two; `unit` is `rows` or `percent`. `listed` are the
    values and columns that a metric is told of, by its argument's name. For a row rule `predicate` is the SQL that is
    true where a row breaks it.
    """

    metric: str
    operator: Operator
    expected: Expected
    unit: str = "rows"
    listed: tuple[tuple[str, tuple[Scalar, ...]], ...] = ()
    pattern: str | None = None
    query: str = ""
    predicate: str = ""

    def values(self, argument: str) -> tuple[Scalar, ...] | None:
        """What the metric was told under that name; None when nothing."""
        return dict(self.listed).get(argument)


@dataclass(frozen=True)
class Anomaly:
    """What is compared with its own past: a test of Elementary's package, and its arguments by their names there.

    `watched` names the numbers that the gate takes of each delivery (`c360.clause.watched`); none where it takes none.
    """

    test: str
    arguments: Mapping[str, Json] = field(default_factory=dict, hash=False)
    watched: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Latency:
    """So many seconds at most from the time in the clause's column to that in `until` (names, not physical)."""

    seconds: int
    until: str


@dataclass(frozen=True)
class Unenforced:
    """A promise at `place` of a contract, in short, and why no engine enforces it; `warn`: lint reports it."""

    text: str
    why: str
    place: tuple[str | int, ...] = ()
    warn: bool = True


@dataclass(frozen=True)
class Step:
    """From a document to what lies in it: its member of a name, or each of its `items`, `key` or `value`."""

    side: Literal["property", "items", "key", "value"]
    name: str = ""


@dataclass(frozen=True)
class Nested:
    """A promise about what lies inside a column: `promise` names its kind, or an option; `value` is the argument.

    `name` is the way there as people write it (`lines.items.sku`), empty for the column itself; `logical` the type that
    the contract gives it, `stored` the one in which it is compared.
    """

    steps: tuple[Step, ...]
    name: str
    promise: str
    value: Scalar | tuple[Scalar, ...]
    logical: str
    stored: str

    @property
    def clause_name(self) -> str:
        """What its clause is called after its column."""
        return f"{self.name}.{self.promise}".lstrip(".")


Argument = Scalar | tuple[Scalar, ...] | Relationship | Rule | Anomaly | Latency | Nested | Unenforced
