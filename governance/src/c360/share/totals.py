"""`share: totals` of a policy: groups, sums and what they may cost. All of it is from the policy and the contract, and
nothing of it depends on data."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from itertools import product
from typing import Any

from c360.clause.dialect import POSTGRES
from c360.clause.types import canonical_type
from c360.contract.document import Place
from c360.model import Column, Dataset
from c360.printable import shown
from c360.share.ladder import LADDERS, Ladder

PERSONS = "persons"
"""The column of counts."""
MOST_EPSILON, MOST_CELLS, WIDEST = 20, 10_000, 2**53
OF_ROWS = ("k", "sensitive", "l", "t", "canaries", "pseudonyms")
"""Keys of policies that share rows."""
OF_TOTALS = ("epsilon", "sums")

Cell = tuple[str | None, ...]
"""A label of each group, None where a person has no value, or one that is in no group of the contract."""


@dataclass(frozen=True)
class Group:
    """A column whose values tell groups apart: SQL of such a value on Postgres, and the label of each. `ladder` makes
    the bands, where it is banded."""

    column: Column
    sql: str
    labels: dict[Any, str] = field(hash=False)
    ladder: Ladder | None = None


@dataclass(frozen=True)
class Sum:
    """A column that is summed, in whole units of its scale (cents, for 2); `least` and `most` are the units that one
    person has."""

    column: Column
    scale: int
    least: int
    most: int

    @property
    def name(self) -> str:
        return f"{self.column.name}_sum"

    @property
    def physical_type(self) -> str:
        return f"numeric(38,{self.scale})" if self.scale else "bigint"

    @property
    def sql(self) -> str:
        """Of the units of one person, on Postgres: whole, and never beyond what the contract promises."""
        name = POSTGRES.quote(self.column.physical_name)
        units = f"round({name}::numeric * {10**self.scale})"
        return f"case when {name} is not null then least(greatest({units}, {self.least}), {self.most}) end"


@dataclass(frozen=True)
class Totals:
    """What a publication of totals costs each person (`each`, epsilon), and what all of them may (`total`)."""

    each: Decimal
    total: Decimal
    groups: tuple[Group, ...]
    sums: tuple[Sum, ...]

    @property
    def cells(self) -> list[Cell]:
        """Every combination of labels: one row each in what is published, whether or not somebody is in it."""
        return list(product(*([*group.labels.values(), None] for group in self.groups)))


def problems(data: dict[str, Any], dataset: Dataset, person: str) -> Iterator[tuple[Place, str]]:
    """What is wrong in the policy of a dataset that has one row a person."""
    for key in OF_ROWS:
        if key in data:
            yield (key,), f"{key} is about rows of persons, and share: totals shares none: leave it out"
    if _epsilon(data.get("epsilon")) is None:
        yield (
            ("epsilon",) if "epsilon" in data else (),
            f"epsilon is not {{each: 0.5, total: 6.0}}: from 0.001 on, each up to total, total up to {MOST_EPSILON}",
        )
    sums = data.get("sums", [])
    if not isinstance(sums, list) or len(set(map(str, sums))) < len(sums):
        yield ("sums",), "sums is no list of columns, each of them once"
        sums = []
    for n, name in enumerate(sums):
        if isinstance(found := _sum(dataset, name, person), str):
            yield ("sums", n), found
    cells = 1
    for name, how in data["columns"].items():
        group = _group(dataset, name, how, person)
        if isinstance(group, str):
            yield ("columns", name), group
        else:
            cells *= len(group.labels) + 1
    if cells > MOST_CELLS:
        yield ("columns",), f"that makes {cells} groups, each of which is published, and {MOST_CELLS} are the most"
    names = [*data["columns"], PERSONS, *(f"{name}_sum" for name in sums)]
    for name in sorted({str(name) for name in names if names.count(name) > 1}):
        yield ("columns",), f"the partner would get two columns {shown(name)}"


def totals_of(data: dict[str, Any], dataset: Dataset, person: str) -> Totals:
    """Of a sound policy."""
    each, total = _epsilon(data["epsilon"]) or (Decimal(0), Decimal(0))
    groups = (_group(dataset, name, how, person) for name, how in data["columns"].items())
    sums = (_sum(dataset, name, person) for name in data.get("sums", []))
    return Totals(
        each,
        total,
        tuple(group for group in groups if isinstance(group, Group)),
        tuple(one for one in sums if isinstance(one, Sum)),
    )


def _epsilon(said: Any) -> tuple[Decimal, Decimal] | None:
    if not isinstance(said, dict) or said.keys() != {"each", "total"} or bool in map(type, said.values()):
        return None
    try:
        each, total = (Decimal(str(said[key])) for key in ("each", "total"))
    except InvalidOperation:
        return None
    sound = each.is_finite() and total.is_finite() and Decimal("0.001") <= each <= total <= MOST_EPSILON
    return (each, total) if sound else None


def _column(dataset: Dataset, name: Any, person: str) -> Column | str:
    if name == person:
        return f"{name} is a person's id, and says nothing of groups"
    column = dataset.find(name)
    if column is None:
        known = ", ".join(one.name for one in dataset.columns)
        return f"{dataset.name} has no column {shown(str(name))}; there are: {known}"
    return column


def _group(dataset: Dataset, name: Any, how: Any, person: str) -> Group | str:
    column = _column(dataset, name, person)
    if isinstance(column, str):
        return column
    quoted = POSTGRES.quote(column.physical_name)
    if how == "as_values":
        values = [str(entry["value"]) for entry in column.enum]
        if not values or column.logical_type not in ("string", "integer"):
            return f"as_values takes the groups from a list of values (enum), and the contract has none for {name}"
        return Group(column, f"{quoted}::text", dict(zip(values, values, strict=True)))
    width = how.get("band") if isinstance(how, dict) and len(how) == 1 else None
    if isinstance(width, bool) or not isinstance(width, int):
        return f"how groups are made of {name} is none of as_values, {{band: 20}}"
    ladder = LADDERS["band"](width, column)
    if isinstance(ladder, str):
        return ladder
    bounds = _bounds(column)
    if bounds is None:
        return f"bands of {name} lie between its minimum and maximum, and the contract has not both"
    first, last = (math.floor(bound) // width * width for bound in bounds)
    if (last - first) // width >= MOST_CELLS:
        return f"bands of {width} make more than {MOST_CELLS} groups of {name}"
    end = width - (column.logical_type == "integer")
    labels = {low: f"{low}-{low + end}" for low in range(first, last + 1, width)}
    return Group(column, ladder.fine(POSTGRES, quoted), labels, ladder)


def _sum(dataset: Dataset, name: Any, person: str) -> Sum | str:
    column = _column(dataset, name, person)
    if isinstance(column, str):
        return column
    kind, _, size = canonical_type(column.physical_type).partition("(")
    if kind not in ("integer", "bigint", "smallint") and not (kind == "numeric" and size):
        return f"{name} is {column.physical_type}: sums are of whole numbers, and of numeric with a scale"
    scale = int(size.rstrip(")").partition(",")[2]) if size else 0
    bounds = _bounds(column)
    if bounds is None:
        return f"noise is as large as what one person has of {name}, and the contract has no minimum and maximum of it"
    least, most = math.floor(bounds[0] * 10**scale), math.ceil(bounds[1] * 10**scale)
    if max(-least, most) >= WIDEST:
        return f"minimum and maximum of {name} are too wide: in units of its scale, 2^53 is the most"
    return Sum(column, scale, least, most)


def _bounds(column: Column) -> tuple[Fraction, Fraction] | None:
    """Minimum and maximum of a contract; None without either, or where no number lies between them."""
    found = []
    for end in ("minimum", "maximum"):
        said = column.options.get(end, column.options.get(f"exclusive{end.capitalize()}"))
        if isinstance(said, bool) or not isinstance(said, int | float):
            return None
        found.append(Fraction(str(said)))
    return (found[0], found[1]) if found[0] <= found[1] else None
