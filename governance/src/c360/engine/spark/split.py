"""Split: which landed rows break which clauses, put down as one line a row and clause."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from c360.clause.dialect import DATABRICKS
from c360.clause.kinds import REQUIRED
from c360.clause.predicates import violation
from c360.contract.catalog import Catalog
from c360.engine.interface import How
from c360.engine.spark import versions
from c360.engine.spark.lake import AT, MISCAST, Failed, Lake, Tables, could_not
from c360.engine.spark.land import instant
from c360.engine.spark.together import judge_together
from c360.engine.spark.verdicts import lost, put_down
from c360.errors import Breach, CouldNotTell
from c360.model import Clause, Dataset

literal = DATABRICKS.literal


@dataclass(frozen=True)
class Split:
    """Rows that break each clause, by its id; exact duplicates that collapsed; rows that are lost."""

    broken: dict[str, int]
    collapsed: int
    quarantined: int


def split(lake: Lake, here: Tables, catalog: Catalog, dataset: Dataset, as_of: datetime, how: How) -> Split:
    """First each row is judged alone: one that claims a load time beyond the clock is compared with no other."""
    lines = _alone(dataset, as_of)
    try:
        lake.keep(here.verdict, _lines(here, dataset, lines))
    except Failed as failed:
        raise _named(lake, here, dataset, lines, failed) from None
    repeated = bool(dataset.key) and versions.are_repeated(lake, here, dataset)
    collapsed = versions.collapse(lake, here, dataset) if repeated else 0
    judge_together(lake, here, catalog, dataset, how, repeated and versions.are_repeated(lake, here, dataset, True))
    return _count(lake, here, dataset, collapsed)


def compare_clean(lake: Lake, here: Tables, dataset: Dataset, how: How) -> Split:
    """The same for a delivery whose rows hold, each key once: only raw can contradict it."""
    lake.keep(here.verdict, put_down([]))
    if dataset.key:
        versions.compare(lake, here, dataset, how)
    return _count(lake, here, dataset, collapsed=0)


def _count(lake: Lake, here: Tables, dataset: Dataset, collapsed: int) -> Split:
    broken = dict(lake.rows(f"select clause, count(*) from {here.verdict} group by clause"))
    return Split(broken, collapsed, lake.value(f"select count(*) from {lost(here, dataset)}"))


def _alone(dataset: Dataset, as_of: datetime) -> list[tuple[Clause[Any], str]]:
    """The clauses that a row can break alone, and the condition under which it does."""
    found = []
    for clause in dataset.clauses:
        if clause.kind.violation is None:
            continue
        try:
            condition = violation(clause, dataset, DATABRICKS, instant(as_of))
        except Breach as unknown:
            raise CouldNotTell(f"Spark cannot judge {clause.id}: {unknown.message}", unknown.remedy) from None
        if clause.kind is REQUIRED:  # a value that could not be cast is not missing
            condition += f" and not coalesce(array_contains({MISCAST}, {literal(clause.column)}), false)"
        found.append((clause, condition))
    return found


def _lines(here: Tables, dataset: Dataset, lines: list[tuple[Clause[Any], str]]) -> str:
    """A query: the number of each row, and the clauses that it breaks alone; a value without its type breaks one."""
    tests = [f"case when {condition} then {literal(clause.id)} end" for clause, condition in lines]
    for clause in dataset.clauses:
        if clause.kind.by_value:
            tests.append(f"case when array_contains({MISCAST}, {literal(clause.column)}) then {literal(clause.id)} end")
    return (
        f"select {AT} as at, explode(array_compact(array({', '.join(tests) or 'cast(null as string)'}))) as clause "
        f"from {here.typed}"
    )


def _named(
    lake: Lake, here: Tables, dataset: Dataset, lines: list[tuple[Clause[Any], str]], failed: Failed
) -> CouldNotTell:
    """Which clause on rows has no answer: each is asked alone."""
    for clause, condition in lines:
        try:
            lake.value(f"select count(*) from {here.typed} where {condition}")
        except Failed as fault:
            return could_not(f"The rows could not be judged by {clause.id}", fault)
    return could_not(f"The rows of {dataset.name} could not be judged", failed)
