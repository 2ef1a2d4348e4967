"""Verify: datacontract test for every contract against the tables, and a query of our own where it cannot see.

datacontract-cli decides a clause when it measures it and our own query, which the gate and dbt share, agrees.
Everything else (references to other contracts, formats, exact types, unexpected columns, a load hidden behind a
timestamp of the future …) is decided by the query, and the table says so.
"""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from c360.clause.dialect import POSTGRES
from c360.clause.measure import ZERO, Measure
from c360.clause.measures import measure
from c360.contract.catalog import Catalog
from c360.contract.sunset import refuse_ended
from c360.engine.postgres.scanner import Scanner, scanner
from c360.ledger.history import Finding, Run, failing, record
from c360.model import Clause, Contract, Dataset
from c360.project import Project
from c360.settings import Settings
from c360.verify.datacontract import Answers, ask

if TYPE_CHECKING:
    from psycopg2.extensions import connection


def verify(
    project: Project, database: "connection", run: Run, chosen: list[Contract], pinned: bool
) -> tuple[list[Finding], list[str]]:
    """Verify the chosen contracts, into the history; what was found, and what datacontract-cli checked that is no
    clause. `pinned` says that the clock of the run is not now. Raises Breach when one of them has ended."""
    refuse_ended(chosen, run.as_of.date())
    findings: list[Finding] = []
    strays: list[str] = []
    for contract in chosen:
        theirs = ask(project.settings, project.catalog.tables, contract, pinned)
        strays += theirs.strays
        findings += verify_contract(project.settings, project.catalog, contract, run.as_of, theirs)
    with database:
        record(database, run, findings)
    return findings, strays


def verify_contract(
    settings: Settings, catalog: Catalog, contract: Contract, now: datetime, theirs: Answers
) -> list[Finding]:
    """One finding a clause: our query's, beside what datacontract-cli answered."""
    findings = []
    for dataset in contract.datasets:
        with scanner(settings, [dataset.schema]) as looking:
            ours = measured(looking, catalog, dataset, now)
        for clause in dataset.clauses:
            if clause.absent("verify"):
                continue
            findings.append(_decide(clause, ours[clause.id], theirs))
    return findings


def _decide(clause: Clause, ours: Finding, answers: Answers) -> Finding:
    theirs = answers.outcomes.get(clause.id)
    if theirs == ours.outcome or (theirs == "failed" and ours.outcome == "warned"):
        return replace(ours, engine="datacontract")
    if theirs in ("passed", "failed") and ours.outcome != "errored":
        return replace(ours, detail=f"datacontract says {theirs}", dissent=f"datacontract: {theirs}")
    detail = "; ".join(filter(None, (ours.detail, answers.why_silent(clause))))
    return replace(ours, detail=detail or None)


def measured(looking: Scanner, catalog: Catalog, dataset: Dataset, now: datetime) -> dict[str, Finding]:
    """What our own queries find, by clause id: one pass for all row clauses, a query for each other clause.

    `looking` finds the tables of the dataset's schema by their bare names.
    """
    clauses = [clause for clause in dataset.clauses if not clause.absent("verify")]
    where = catalog.where(dataset, f"timestamp '{now:%Y-%m-%d %H:%M:%S.%f}'")
    measures = {clause.id: measure(clause, where) for clause in clauses}
    relation = POSTGRES.quote(dataset.table)
    if looking.rows(f"select to_regclass({POSTGRES.literal(relation)}) is null") == [(True,)]:
        detail = f"there is no table {dataset.schema}.{dataset.table}"
        return {clause.id: Finding(clause, "sql", "errored", detail=detail) for clause in clauses}
    values = _measure_all(looking, relation, measures)
    return {clause.id: _finding(clause, measures[clause.id], values[clause.id]) for clause in clauses}


def _measure_all(looking: Scanner, relation: str, measures: dict[str, Measure]) -> dict[str, float | str]:
    """The values, or why there is none. When the common pass fails, each expression is tried alone."""
    together = {name: m.expression for name, m in measures.items() if m.expression}
    values: dict[str, float | str] = {}
    row = _try(looking, f"select {', '.join(together.values()) or '1'} from {relation}")
    if isinstance(row, str):
        for name, expression in together.items():
            alone = _try(looking, f"select {expression} from {relation}")
            values[name] = alone if isinstance(alone, str) else alone[0]
    else:
        values.update(zip(together, row, strict=False))
    for name, m in measures.items():
        if m.query:
            found = _try(looking, m.query)
            values[name] = found if isinstance(found, str) else found[0]
    return values


def _try(looking: Scanner, query: str) -> tuple[Any, ...] | str:
    """The first row, or the kind of error: its text could quote data."""
    import psycopg

    try:
        rows = looking.rows(query)
    except psycopg.errors.InsufficientPrivilege:
        return "the scanner may not read it; run c360 access"
    except psycopg.Error as error:
        return f"the query fails ({type(error).__name__})"
    return rows[0] if rows else "the rule returns no row"


def _finding(clause: Clause, what: Measure, value: Any) -> Finding:
    if isinstance(value, str):
        return Finding(clause, "sql", "errored", detail=value)
    if value is None:
        return Finding(clause, "sql", failing(clause), detail="the rule returns null")
    holds = what.holds(float(value))
    rows = int(value) if what.rule is ZERO and clause.scope == "row" else None
    return Finding(clause, "sql", "passed" if holds else failing(clause), float(value), rows)
