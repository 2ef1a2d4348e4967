"""Measure: what the checks would say of what landed, asked by c360 itself: for a project without Soda, and where Soda
could not tell; and what is to be said of a table as it stands.

The numbers are those of the same SQL (`c360.clause.measures`), by the same scanner, so the verdicts are too.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from c360.clause.dialect import POSTGRES
from c360.clause.measure import ZERO, Measure
from c360.clause.measures import measure
from c360.clause.watched import numbers
from c360.contract.catalog import Catalog
from c360.database.answers import Answer, answers
from c360.database.scanner import Scanner, Untold, scanner
from c360.engine.interface import Numbers, Verdict, named_numbers
from c360.engine.postgres.land import instant
from c360.engine.postgres.tables import MISCAST, tables
from c360.generate.soda import seen_at_gate
from c360.ledger.history import failing
from c360.model import Clause, Dataset
from c360.settings import Settings

if TYPE_CHECKING:
    from psycopg import Cursor

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
    return {clause.id: _verdict(clause, what, found[clause.id], ENGINE) for clause, what in asked}


def _verdict(clause: Clause[Any], what: Measure, answer: Answer, engine: str) -> Verdict:
    """Null, which a rule's query gives for no rows or for NaN, keeps no bound."""
    if isinstance(answer, Untold):
        return Verdict("errored", None, engine, answer.why, answer.remedy)
    if answer is None:
        return Verdict(failing(clause), None, engine, "the rule returns null")
    rows = int(answer) if what.rule is ZERO and clause.scope == "row" else None
    return Verdict("passed" if what.holds(answer) else failing(clause), answer, engine, rows=rows)


def numbers_of(cursor: "Cursor", dataset: Dataset) -> Numbers:
    """What later deliveries are compared with: SQL of ours alone, so it needs no scanner. None of it where a value is
    beyond what a double holds."""
    import psycopg

    asked = numbers(dataset, POSTGRES)
    if not asked:
        return {}
    listed = ", ".join(["count(*)", *(sql for *_, sql in asked)])
    try:
        with cursor.connection.transaction():
            cursor.execute(f"select {listed} from {tables(dataset).typed} where {MISCAST} is null")
    except psycopg.DataError:
        return {}
    return named_numbers(asked, cursor.fetchone() or ())


def measure_table(looking: Scanner, catalog: Catalog, dataset: Dataset, now: datetime) -> dict[str, Verdict]:
    """What our own queries find of the table: one pass for all row clauses, a query for each other clause.

    `looking` finds the tables of the dataset's schema by their bare names.
    """
    clauses = [clause for clause in dataset.clauses if not clause.absent("verify")]
    where = catalog.where(dataset, instant(now))
    measures = [(clause, measure(clause, where)) for clause in clauses]
    relation = POSTGRES.quote(dataset.table)
    if looking.rows(f"select to_regclass({POSTGRES.literal(relation)}) is null") == [(True,)]:
        none = f"there is no table {dataset.schema}.{dataset.table}"
        return {clause.id: Verdict("errored", None, "sql", none) for clause in clauses}
    found = answers(looking, relation, measures)
    return {clause.id: _verdict(clause, what, found[clause.id], "sql") for clause, what in measures}
