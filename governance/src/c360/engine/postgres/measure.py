"""Measure: what the checks would say of what landed, asked by c360 itself: for a project without Soda, and where Soda
could not tell.

The numbers are those of the same SQL (`c360.clause.measures`), by the same scanner, so the verdicts are too.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from c360.clause.measure import Measure
from c360.clause.measures import measure
from c360.contract.catalog import Catalog
from c360.database.answers import Answer, answers
from c360.database.scanner import Untold, scanner
from c360.engine.interface import Verdict
from c360.engine.postgres.land import instant
from c360.generate.soda import seen_at_gate
from c360.ledger.history import failing
from c360.model import Clause, Dataset
from c360.settings import Settings

ENGINE = "postgres"


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


def _verdict(clause: Clause[Any], what: Measure, answer: Answer) -> Verdict:
    """Null, which a rule's query gives for no rows or for NaN, keeps no bound."""
    if isinstance(answer, Untold):
        return Verdict("errored", None, ENGINE, answer.why, answer.remedy)
    holds = answer is not None and what.holds(answer)
    return Verdict("passed" if holds else failing(clause), answer, ENGINE)
