"""Verdicts: which landed rows break which clauses, and which rows are lost by that."""

from typing import TYPE_CHECKING

from c360.clause.dialect import POSTGRES
from c360.clause.kinds import RELATIONSHIP
from c360.engine.postgres.land import AT
from c360.model import Dataset

if TYPE_CHECKING:
    from psycopg2.extensions import cursor

VERDICT = "landing.c360__verdict"

literal = POSTGRES.literal


def create(cursor: "cursor") -> None:
    """An empty verdict table, where every row holds."""
    cursor.execute(f"drop table if exists {VERDICT}; create unlogged table {VERDICT} (at tid, clauses text[])")


def fatal(dataset: Dataset, alone: bool = False) -> str:
    """SQL array: ids of the clauses whose breach puts a row into quarantine, or of those that a row breaks `alone`.

    Not a parameter, since psycopg2 would then take a % in a name for one too.
    """
    severe = [c for c in dataset.clauses if c.kind.loses_rows and c.severity != "warning"]
    ids = [c.id for c in severe if not alone or not (c.kind.disputed or c.kind is RELATIONSHIP)]
    return f"array[{', '.join(map(literal, ids))}]::text[]"


def lost(dataset: Dataset, row: str = "t", alone: bool = False) -> str:
    """SQL: whether a row of the typed delivery is lost, or is lost by what it breaks `alone`."""
    return f"exists (select 1 from {VERDICT} as v where v.at = {row}.{AT} and v.clauses && {fatal(dataset, alone)})"


def merge(cursor: "cursor") -> None:
    """One row in the verdict table for each landed row, however many clauses it breaks."""
    cursor.execute(
        f"""
        create unlogged table landing.c360__merged as
        select at, array_agg(distinct clause order by clause) as clauses
        from {VERDICT}, unnest(clauses) as clause group by at;
        drop table {VERDICT};
        alter table landing.c360__merged rename to c360__verdict;
        analyze {VERDICT}
        """
    )
