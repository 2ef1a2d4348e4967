"""What is measured of a delivery as a whole, in Python: library metrics and service levels, over a table of texts.

A table has a column of texts for each of the contract's, by physical name; a null is a null, or what did not cast.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from c360.clause import kinds
from c360.fake.asked import plain
from c360.fake.holds import microseconds
from c360.fake.patterns import compiled
from c360.model import Clause, Dataset, Rule


def holds(clause: Clause[Any], dataset: Dataset, table: pa.Table, now: datetime) -> bool | None:
    """Whether a clause about a delivery as a whole holds of its rows; None of a kind that is not measured here."""
    measured = _MEASURES.get(clause.kind.name)
    if measured is None:
        return None
    found, said = measured(clause, dataset, table, now), clause.argument
    if not isinstance(said, Rule):
        return bool(found)
    percent = said.unit == "percent" and clause.kind is not kinds.ROW_COUNT
    return said.operator.holds(100.0 * found / table.num_rows if percent and table.num_rows else found, said.expected)


def duplicated(dataset: Dataset, names: tuple[str, ...], table: pa.Table) -> int:
    """How many values of some columns stand more than once; those with a null do not count."""
    kept = table.select([dataset.physical(name) for name in names]).drop_null()
    kept = pa.table(kept.columns, [f"c{n}" for n in range(len(names))])
    counts = kept.group_by(kept.column_names).aggregate([([], "count_all")])["count_all"]
    return int(pc.sum(pc.greater(counts, 1)).as_py() or 0)


def of_duplicates(clause: Clause[Rule], dataset: Dataset) -> tuple[str, ...]:
    """The columns, by name, whose values a metric counts that stand more than once."""
    told = tuple(map(str, clause.argument.values("properties") or ()))
    return (clause.column,) if clause.column else told or dataset.key


def missing(rule: Rule) -> list[str]:
    """The texts that stand for nothing besides null."""
    return [plain(value) for value in rule.values("missingValues") or () if value is not None]


def _invalid(clause: Clause[Rule], dataset: Dataset, table: pa.Table, now: datetime) -> int:
    rule, texts = clause.argument, pc.drop_null(table[dataset.physical(clause.column or "")])
    listed, pattern = rule.values("validValues"), compiled(rule.pattern or "")
    valid = None if listed is None else {plain(value) for value in listed if value is not None}
    wrong = 0
    for counted in pc.value_counts(texts).to_pylist():
        text = counted["values"]
        if (valid is not None and text not in valid) or (rule.pattern and pattern and not pattern.search(text)):
            wrong += counted["counts"]
    return wrong


def _moments(dataset: Dataset, name: str | None, table: pa.Table) -> np.ndarray:
    """Microseconds since 1970, in UTC, of different times of a column."""
    return np.array(
        [microseconds(text) for text in _column(dataset, name, table).unique().to_pylist() if text is not None]
    )


def _column(dataset: Dataset, name: str | None, table: pa.Table) -> pa.ChunkedArray:
    return table[dataset.physical(name or "")]


def _fresh(clause: Clause[int], dataset: Dataset, table: pa.Table, now: datetime) -> bool:
    ages = microseconds(now.isoformat()) - _moments(dataset, clause.column, table)
    ages = ages[ages >= 0]
    return bool(len(ages)) and ages.min() <= clause.argument * 1_000_000


def _kept(clause: Clause[int], dataset: Dataset, table: pa.Table, now: datetime) -> bool:
    ages = microseconds(now.isoformat()) - _moments(dataset, clause.column, table)
    return not len(ages) or ages.max() <= clause.argument * 1_000_000


def _late(clause: Clause[Any], dataset: Dataset, table: pa.Table, now: datetime) -> bool:
    pairs = table.select([dataset.physical(clause.column or ""), dataset.physical(clause.argument.until)]).drop_null()
    spans = (
        microseconds(until) - microseconds(since) for since, until in zip(*pairs.to_pydict().values(), strict=True)
    )
    return max(spans, default=0) <= clause.argument.seconds * 1_000_000


def _nulls(clause: Clause[Rule], dataset: Dataset, table: pa.Table, now: datetime) -> int:
    return _column(dataset, clause.column, table).null_count


def _missing(clause: Clause[Rule], dataset: Dataset, table: pa.Table, now: datetime) -> int:
    texts = _column(dataset, clause.column, table)
    listed = pc.is_in(texts, pa.array(missing(clause.argument), pa.string()))
    return int(pc.sum(pc.or_(pc.is_null(texts), listed)).as_py() or 0)


_MEASURES: dict[str, Callable[[Clause[Any], Dataset, pa.Table, datetime], Any]] = {
    kinds.ROW_COUNT.name: lambda clause, dataset, table, now: table.num_rows,
    kinds.NULL_VALUES.name: _nulls,
    kinds.MISSING_VALUES.name: _missing,
    kinds.INVALID_VALUES.name: _invalid,
    kinds.DUPLICATE_VALUES.name: lambda c, dataset, table, now: duplicated(dataset, of_duplicates(c, dataset), table),
    kinds.FRESHNESS.name: _fresh,
    kinds.RETENTION.name: _kept,
    kinds.LATENCY.name: _late,
}
