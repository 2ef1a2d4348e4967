"""Verdicts: which landed rows break which clauses, and which rows are lost by that."""

from collections.abc import Sequence
from typing import Any

from c360.clause.dialect import DATABRICKS
from c360.clause.kinds import REQUIRED
from c360.engine.spark.lake import AT, Tables
from c360.model import Clause, Dataset

literal = DATABRICKS.literal


def put_down(rows: Sequence[tuple[int, str]]) -> str:
    """A query of lines for the verdict table."""
    values = ", ".join(f"({at}, {literal(clause)})" for at, clause in rows)
    found = "select cast(null as bigint) as at, cast(null as string) as clause where false"
    return f"select * from values {values} as line (at, clause)" if values else found


def lost(here: Tables, dataset: Dataset) -> str:
    """A relation: the numbers (at) of the rows that are lost."""
    return _breaking(here, _severe(dataset))


def untimely(here: Tables, dataset: Dataset) -> str:
    """A relation: the numbers of the rows that are lost by their load time alone: it lies beyond the clock, say. Such a
    time puts the row before or after no other, so the row is compared with none. (A time that is missing is later than
    none, and needs no care.)"""
    timed = [c for c in _severe(dataset) if c.column and c.column == dataset.load_column and c.kind.violation]
    return _breaking(here, [c for c in timed if c.kind is not REQUIRED])


def held(here: Tables, dataset: Dataset) -> str:
    """A relation: the typed rows that are not lost."""
    return _without(here, lost(here, dataset))


def timely(here: Tables, dataset: Dataset) -> str:
    """A relation: the typed rows that can be compared with others."""
    return _without(here, untimely(here, dataset))


def _without(here: Tables, those: str) -> str:
    return f"(select t.* from {here.typed} as t left anti join {those} as out on out.at = t.{AT})"


def _severe(dataset: Dataset) -> list[Clause[Any]]:
    return [clause for clause in dataset.clauses if clause.kind.loses_rows and clause.severity != "warning"]


def _breaking(here: Tables, clauses: list[Clause[Any]]) -> str:
    listed = ", ".join(literal(clause.id) for clause in clauses) or "cast(null as string)"
    return f"(select distinct at from {here.verdict} where clause in ({listed}))"
