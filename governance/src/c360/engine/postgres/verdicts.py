"""Verdicts: which landed rows break which clauses, and which rows are lost by that."""

from typing import TYPE_CHECKING, Any

from c360.clause.dialect import POSTGRES
from c360.clause.kinds import REQUIRED
from c360.engine.postgres.tables import AT, tables
from c360.model import Clause, Dataset

if TYPE_CHECKING:
    from psycopg2.extensions import cursor

literal = POSTGRES.literal


def create(cursor: "cursor", dataset: Dataset) -> None:
    """An empty verdict table, where every row holds."""
    table = tables(dataset).verdict
    cursor.execute(f"drop table if exists {table}; create unlogged table {table} (at bigint, clauses text[])")


def fatal(dataset: Dataset) -> str:
    """SQL array: ids of the clauses whose breach puts a row into quarantine.

    Not a parameter, since psycopg2 would then take a % in a name for one too.
    """
    return _listed(_severe(dataset))


def lost(dataset: Dataset, row: str = "t") -> str:
    """SQL: whether a row of the typed delivery is lost."""
    return _breaks(dataset, row, fatal(dataset))


def untimely(dataset: Dataset, row: str = "t") -> str:
    """SQL: whether a row is lost by its load time alone: it lies beyond the clock, say. Such a time puts the row before
    or after no other, so the row is compared with none. (A time that is missing is later than none, and needs no care.)
    """
    timed = [c for c in _severe(dataset) if c.column and c.column == dataset.load_column and c.kind.violation]
    return _breaks(dataset, row, _listed([c for c in timed if c.kind is not REQUIRED]))


def _severe(dataset: Dataset) -> list[Clause[Any]]:
    return [clause for clause in dataset.clauses if clause.kind.loses_rows and clause.severity != "warning"]


def _listed(clauses: list[Clause[Any]]) -> str:
    return f"array[{', '.join(literal(clause.id) for clause in clauses)}]::text[]"


def _breaks(dataset: Dataset, row: str, clauses: str) -> str:
    return f"exists (select 1 from {tables(dataset).verdict} as v where v.at = {row}.{AT} and v.clauses && {clauses})"


def merge(cursor: "cursor", dataset: Dataset) -> None:
    """One row in the verdict table for each landed row, however many clauses it breaks."""
    here = tables(dataset)
    cursor.execute(
        f"""
        create unlogged table {here.merged} as
        select at, array_agg(distinct clause order by clause) as clauses
        from {here.verdict}, unnest(clauses) as clause group by at;
        drop table {here.verdict};
        alter table {here.merged} rename to {here.verdict.rpartition(".")[2]};
        analyze {here.verdict}
        """
    )
