"""Measure: what the checks would say of what landed, asked by c360 itself, for a project without Soda.

The numbers are those of the same SQL (`c360.clause.measures`), by the same scanner, so the verdicts are too.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from c360.clause.measure import Measure
from c360.clause.measures import measure
from c360.contract.catalog import Catalog
from c360.engine.interface import Verdict
from c360.engine.postgres.land import instant
from c360.engine.postgres.scanner import Scanner, scanner
from c360.generate.soda import seen_at_gate
from c360.ledger.history import failing
from c360.model import Clause, Dataset
from c360.settings import Settings

ENGINE = "postgres"


def measure_landed(
    settings: Settings, catalog: Catalog, dataset: Dataset, search_path: Sequence[str], now: datetime
) -> dict[str, Verdict]:
    """A verdict by clause id on a dataset whose table is found along `search_path`, and is committed."""
    where = catalog.where(dataset, instant(now))
    asked = [(clause, measure(clause, where)) for clause in dataset.clauses if seen_at_gate(clause)]
    with scanner(settings, search_path) as looking:
        numbers = _in_one_pass(looking, where.relation, [what for _, what in asked if what.expression])
        for _, what in asked:
            if what not in numbers:
                query = what.query or f"select {what.expression} from {where.relation}"
                numbers |= _asked(looking, [what], query)
    return {clause.id: _verdict(clause, what, numbers) for clause, what in asked}


def _in_one_pass(looking: Scanner, relation: str, told: list[Measure]) -> dict[Measure, float | None]:
    """Of all aggregates over the table together; nothing where one of them cannot be told."""
    listed = ", ".join(f"{what.expression} as m{number}" for number, what in enumerate(told))
    return _asked(looking, told, f"select {listed} from {relation}") if told else {}


def _asked(looking: Scanner, told: list[Measure], query: str) -> dict[Measure, float | None]:
    import psycopg

    with suppress(psycopg.Error):  # its text may quote a row
        ((*numbers,),) = looking.rows(query)
        return {what: None if found is None else float(found) for what, found in zip(told, numbers, strict=True)}
    return {}


def _verdict(clause: Clause[Any], what: Measure, numbers: dict[Measure, float | None]) -> Verdict:
    """Null, which a rule's query gives for no rows or for NaN, keeps no bound."""
    if what not in numbers:
        return Verdict("errored", None, ENGINE)
    number = numbers[what]
    holds = number is not None and what.holds(number)
    return Verdict("passed" if holds else failing(clause), number, ENGINE)
