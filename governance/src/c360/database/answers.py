"""Answers: what the database says to measures of clauses, each of which is SQL, asked as the scanner."""

from collections.abc import Sequence
from typing import Any

from c360.clause.kinds import ROW_RULE, SQL
from c360.clause.measure import Measure
from c360.database.scanner import Scanner, Untold
from c360.model import Clause

Answer = float | None | Untold
"""A number, null, or why there is neither."""


def answers(
    looking: Scanner, relation: str, asked: Sequence[tuple[Clause[Any], Measure]], together: bool = True
) -> dict[str, Answer]:
    """By clause id what the database says: all aggregates over the table in one pass, unless one of them has no answer
    or they are not to go `together`; then each alone, so that each clause has an answer of its own. SQL of a contract
    comes last: what runs out of time then takes nothing from the others."""
    found: dict[str, Answer] = {}
    listed = [(clause, what) for clause, what in asked if what.expression]
    if together and listed:
        numbered = ", ".join(f"{what.expression} as m{number}" for number, (_, what) in enumerate(listed))
        row = _row(looking, f"select {numbered} from {relation}")
        if not isinstance(row, Untold):
            found = {clause.id: _number(value) for (clause, _), value in zip(listed, row, strict=True)}
    for clause, what in sorted(asked, key=lambda pair: (pair[0].kind in (ROW_RULE, SQL), bool(pair[1].query))):
        if clause.id not in found:
            row = _row(looking, what.query or f"select {what.expression} from {relation}")
            found[clause.id] = row if isinstance(row, Untold) else _number(row[0])
    return found


def _row(looking: Scanner, query: str) -> tuple[Any, ...] | Untold:
    import psycopg

    try:
        rows = looking.rows(query)
    except psycopg.Error as error:
        return looking.untold(error)
    return rows[0] if rows else Untold("the rule returns no row", "Let its SQL return one number.")


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
