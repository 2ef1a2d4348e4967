"""Measure: what the checks would say of what landed, asked by c360 itself: for a project without Soda, and where Soda
could not tell.

The numbers are those of the same SQL (`c360.clause.measures`), by the same scanner, so the verdicts are too.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from c360.clause.kinds import ROW_RULE, SQL
from c360.clause.measure import Measure
from c360.clause.measures import measure
from c360.contract.catalog import Catalog
from c360.database.scanner import Scanner, Untold, scanner
from c360.engine.interface import Verdict
from c360.engine.postgres.land import instant
from c360.generate.soda import seen_at_gate
from c360.ledger.history import failing
from c360.model import Clause, Dataset
from c360.settings import Settings

ENGINE = "postgres"
Answer = float | None | Untold
"""A number, null, or why there is neither."""


def measure_landed(
    settings: Settings,
    catalog: Catalog,
    dataset: Dataset,
    search_path: Sequence[str],
    now: datetime,
    alone: Collection[str] | None = None,
) -> dict[str, Verdict]:
    """A verdict by clause id on a dataset whose table is found along `search_path`, and is committed; of the clauses
    `alone`, where they are given, each by a query of its own."""
    where = catalog.where(dataset, instant(now))
    clauses = [clause for clause in dataset.clauses if seen_at_gate(clause) and (alone is None or clause.id in alone)]
    asked = [(clause, measure(clause, where)) for clause in clauses]
    with scanner(settings, search_path) as looking:
        found = answers(looking, where.relation, asked, together=alone is None)
    return {clause.id: _verdict(clause, what, found[clause.id]) for clause, what in asked}


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


def _verdict(clause: Clause[Any], what: Measure, answer: Answer) -> Verdict:
    """Null, which a rule's query gives for no rows or for NaN, keeps no bound."""
    if isinstance(answer, Untold):
        return Verdict("errored", None, ENGINE, answer.why, answer.remedy)
    holds = answer is not None and what.holds(answer)
    return Verdict("passed" if holds else failing(clause), answer, ENGINE)
