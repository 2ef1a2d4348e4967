"""What is invented: which datasets, in which order, and their rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from c360.clause import kinds
from c360.contract.catalog import Catalog
from c360.delivery.form import Form
from c360.errors import unknown
from c360.fake.defects import Planted, plant
from c360.fake.tables import Maker
from c360.model import Dataset


@dataclass(frozen=True)
class Invented:
    """A delivery: its rows as texts, with what was planted among them; `told` says by clause id what was not aimed at,
    and why."""

    dataset: Dataset
    form: Form
    table: pa.Table
    told: Mapping[str, str]
    planted: Planted | None = None


def in_order(catalog: Catalog, names: Sequence[str] = ()) -> list[Dataset]:
    """Sources, those that others refer to first: the named ones with all that they refer to; all where none is named.

    Raises CouldNotTell for a name that no source has, with those that there are.
    """
    sources = {dataset.name: dataset for contract, dataset in catalog.pairs() if contract.layer == "sources"}
    for name in names:
        if name not in sources:
            raise unknown(f"No contract describes a source {name!r}.", name, sources)
    found: dict[str, Dataset] = {}
    entered = set[str]()

    def visit(name: str) -> None:
        if name in entered or name not in sources:
            return
        entered.add(name)
        for clause in kinds.RELATIONSHIP.of(sources[name]):
            visit(clause.argument.target)
        found[name] = sources[name]

    for name in names or sources:
        visit(name)
    return list(found.values())


def invent(
    datasets: Sequence[Dataset],
    rows: Mapping[str, int],
    now: datetime,
    seed: int,
    defects: bool = False,
    lines: bool = True,
) -> Iterator[Invented]:
    """A delivery of each dataset, in their order; `rows` by name, `now` in UTC without zone. Equal arguments give equal
    deliveries. With `defects` other datasets refer only to rows that the gate takes; with `lines` a line is no record.

    Raises CouldNotTell for so few rows that the gate would refuse them for their defects.
    """
    there: dict[str, tuple[Dataset, pa.Table]] = {}
    for dataset in datasets:
        form = Form.of(dataset)
        maker = Maker(dataset, there, form, now, seed)
        table = maker.make(rows[dataset.name])
        planted = plant(maker, table, lines) if defects else None
        there[dataset.name] = dataset, planted.taken if planted else table
        yield Invented(dataset, form, planted.table if planted else table, maker.told, planted)
