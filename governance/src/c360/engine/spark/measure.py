"""Measure: what the checks would say of what landed. Soda has no adapter for this Spark, so the engine asks the same
SQL (`c360.clause.measures`) by itself."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from c360.clause.dialect import DATABRICKS
from c360.clause.kinds import ROW_RULE, SQL
from c360.clause.measure import Measure
from c360.clause.measures import measure
from c360.contract.catalog import Catalog
from c360.engine.interface import Verdict
from c360.engine.spark.lake import MISCAST, Failed, Lake, Tables, could_not, q
from c360.engine.spark.land import instant
from c360.errors import Breach
from c360.generate.soda import seen_at_gate
from c360.ledger.history import failing
from c360.model import Clause, Dataset

ENGINE = "spark"


def measure_landed(lake: Lake, here: Tables, catalog: Catalog, dataset: Dataset, now: datetime) -> dict[str, Verdict]:
    """A verdict by clause id: aggregates in one pass, unless one of them has no answer; then each alone."""
    where = catalog.where(dataset, instant(now), DATABRICKS)
    found: dict[str, Verdict] = {}
    asked: list[tuple[Clause[Any], Measure]] = []
    for clause in filter(seen_at_gate, dataset.clauses):
        try:
            asked.append((clause, measure(clause, where)))
        except Breach as unknown:
            found[clause.id] = Verdict("errored", None, ENGINE, unknown.message, unknown.remedy)
    queries = {clause.id: what.query or f"select {what.expression} from {where.relation}" for clause, what in asked}
    with _as_its_table(lake, here, dataset):
        answers = _together(lake, where.relation, asked)
        for clause, what in asked:
            answer = answers[clause.id] if clause.id in answers else _ask(lake, queries[clause.id])
            found[clause.id] = _verdict(clause, what, answer)
    return found


def _together(lake: Lake, relation: str, asked: Sequence[tuple[Clause[Any], Measure]]) -> dict[str, Any]:
    """All aggregates over the table in one pass, and all queries of ours in one statement; nothing of what fails."""
    listed = [(clause.id, what.expression) for clause, what in asked if what.expression]
    alone = [(c.id, f"({what.query})") for c, what in asked if what.query and c.kind not in (ROW_RULE, SQL)]
    found: dict[str, Any] = {}
    for parts, source in ((listed, f" from {relation}"), (alone, "")):
        answers = _ask(lake, f"select {', '.join(sql for _, sql in parts)}{source}") if parts else ()
        if isinstance(answers, tuple):
            found |= dict(zip((clause for clause, _ in parts), answers, strict=True))
    return found


@contextmanager
def _as_its_table(lake: Lake, here: Tables, dataset: Dataset) -> Iterator[None]:
    """What landed stands where the contract's table is looked for: a view of the session goes before a table."""
    names = ", ".join(q(column.physical_name) for column in dataset.columns)
    view = q(dataset.table)
    lake.run(f"use {here.raw.rpartition('.')[0]}")
    lake.run(f"create or replace temporary view {view} as select {names} from {here.typed} where {MISCAST} is null")
    try:
        yield
    finally:
        lake.run(f"drop view if exists {view}")


def _ask(lake: Lake, query: str) -> "tuple[Any, ...] | Failed":
    try:
        rows = lake.rows(query)
    except Failed as failed:
        return failed
    return rows[0] if rows else Failed("the rule returns no row")


def _verdict(clause: Clause[Any], what: Measure, answer: Any) -> Verdict:
    """Null, which a rule's query gives for no rows or for NaN, keeps no bound."""
    if isinstance(answer, tuple):
        (answer,) = answer
    if isinstance(answer, Failed):
        why = could_not("", answer)
        return Verdict("errored", None, ENGINE, why.message.removeprefix(": "), why.remedy)
    number = None if answer is None else float(answer)
    holds = number is not None and what.holds(number)
    return Verdict("passed" if holds else failing(clause), number, ENGINE)
