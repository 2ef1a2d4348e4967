"""Measure: what the checks would say of what landed, or of a table as it stands. Soda has no adapter for this Spark, so
the engine asks the same SQL (`c360.clause.measures`) by itself."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from c360.clause.dialect import DATABRICKS, is_open
from c360.clause.kinds import PHYSICAL_TYPE, PRESENT, ROW_RULE, SQL, UNEXPECTED_COLUMNS
from c360.clause.measure import ZERO, Measure
from c360.clause.measures import measure
from c360.clause.types import unsized
from c360.clause.watched import numbers
from c360.contract.catalog import Catalog
from c360.engine.interface import Numbers, Verdict, named_numbers
from c360.engine.spark.lake import MISCAST, Failed, Lake, Tables, could_not, q
from c360.engine.spark.land import instant
from c360.errors import Breach
from c360.generate.soda import seen_at_gate
from c360.ledger.history import failing
from c360.model import Clause, Dataset

ENGINE = "spark"


def measure_landed(lake: Lake, here: Tables, catalog: Catalog, dataset: Dataset, now: datetime) -> dict[str, Verdict]:
    """A verdict by clause id: aggregates in one pass, unless one of them has no answer; then each alone."""
    with _as_its_table(lake, here, dataset):
        return _measured(lake, catalog, dataset, now, list(filter(seen_at_gate, dataset.clauses)))


def numbers_of(lake: Lake, here: Tables, dataset: Dataset) -> Numbers:
    """What later deliveries are compared with."""
    asked = numbers(dataset, DATABRICKS)
    if not asked:
        return {}
    listed = ", ".join(["count(*)", *(sql for *_, sql in asked)])
    return named_numbers(asked, lake.rows(f"select {listed} from {here.typed} where {MISCAST} is null")[0])


def measure_table(lake: Lake, here: Tables, catalog: Catalog, dataset: Dataset, now: datetime) -> dict[str, Verdict]:
    """A verdict by clause id on the table as it stands."""
    clauses = [clause for clause in dataset.clauses if not clause.absent("verify")]
    columns = {name.lower(): kind for name, kind in lake.columns(here.raw).items()}
    if not columns:
        none = f"there is no table {dataset.schema}.{dataset.table}"
        return {clause.id: Verdict("errored", None, ENGINE, none) for clause in clauses}
    lake.run(f"use {here.raw.rpartition('.')[0]}")
    found = {c.id: _of_columns(c, dataset, columns) for c in clauses if c.kind in _OF_COLUMNS}
    return found | _measured(lake, catalog, dataset, now, [c for c in clauses if c.id not in found])


def _measured(
    lake: Lake, catalog: Catalog, dataset: Dataset, now: datetime, clauses: Sequence[Clause[Any]]
) -> dict[str, Verdict]:
    where = catalog.where(dataset, instant(now), DATABRICKS)
    found: dict[str, Verdict] = {}
    asked: list[tuple[Clause[Any], Measure]] = []
    for clause in clauses:
        try:
            asked.append((clause, measure(clause, where)))
        except Breach as unknown:
            found[clause.id] = Verdict("errored", None, ENGINE, unknown.message, unknown.remedy)
    queries = {clause.id: what.query or f"select {what.expression} from {where.relation}" for clause, what in asked}
    answers = _together(lake, where.relation, asked)
    for clause, what in asked:
        answer = answers[clause.id] if clause.id in answers else _ask(lake, queries[clause.id])
        found[clause.id] = _verdict(clause, what, answer)
    return found


_OF_COLUMNS = (PRESENT, PHYSICAL_TYPE, UNEXPECTED_COLUMNS)


def _of_columns(clause: Clause[Any], dataset: Dataset, there: Mapping[str, str]) -> Verdict:
    """On what a table's columns are (type by name in lower case: Spark knows no other difference)."""
    if clause.kind is UNEXPECTED_COLUMNS:
        known = {column.physical_name.lower() for column in dataset.columns}
        wrong = 0 if clause.argument else len(there.keys() - known)
    else:
        kind = there.get(dataset.physical(clause.column or "").lower())
        wrong = kind is None if clause.kind is PRESENT else kind is not None and not _is(kind, clause.argument)
    return Verdict(failing(clause) if wrong else "passed", float(wrong), ENGINE)


def _is(kind: str, promised: str) -> bool:
    wanted = DATABRICKS.type_of(promised)
    return kind == wanted or (is_open(promised) and kind.partition("(")[0] == unsized(wanted))


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
    if answer is None:
        return Verdict(failing(clause), None, ENGINE, "the rule returns null")
    number = float(answer)
    rows = int(number) if what.rule is ZERO and clause.scope == "row" else None
    return Verdict("passed" if what.holds(number) else failing(clause), number, ENGINE, rows=rows)
