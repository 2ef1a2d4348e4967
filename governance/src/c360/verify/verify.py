"""Verify: datacontract test for every contract against the tables, and a query of our own where it cannot see.

datacontract-cli decides a clause when it measures it and our own query, which the gate and dbt share, agrees.
Everything else (references to other contracts, formats, exact types, unexpected columns, a load hidden behind a
timestamp of the future …) is decided by the query, and the table says so.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from c360.clause.dialect import POSTGRES
from c360.clause.measure import ZERO, Measure
from c360.clause.measures import measure
from c360.contract.catalog import Catalog
from c360.contract.sunset import refuse_ended
from c360.database.answers import Answer, answers
from c360.database.scanner import Scanner, Untold, scanner
from c360.ledger.history import Finding, Run, failing, record
from c360.model import Clause, Contract, Dataset
from c360.project import Project
from c360.settings import Settings
from c360.verify.datacontract import CliResults, run_cli

if TYPE_CHECKING:
    from psycopg import Connection


def verify(
    project: Project,
    database: "Connection",
    run: Run,
    chosen: list[Contract],
    pinned: bool,
    say: Callable[[str], None] = lambda step: None,
) -> tuple[list[Finding], list[str]]:
    """Verify the chosen contracts, into the history; what was found, and what datacontract-cli checked that is no
    clause. `pinned` says that the clock of the run is not now, `say` is told what is under way.

    Raises Breach when one of them has ended.
    """
    refuse_ended(chosen, run.as_of.date())
    findings: list[Finding] = []
    other_checks: list[str] = []
    for number, contract in enumerate(chosen, 1):
        say(f"{contract.label} ({number} of {len(chosen)})")
        ours = ours_of(project.settings, project.catalog, contract, run.as_of)
        unanswered = {finding.clause.id for finding in ours if finding.outcome == "errored"}
        theirs = run_cli(project.settings, project.catalog.tables, contract, pinned, unanswered)
        other_checks += theirs.other_checks
        findings += [_decide(finding, theirs) for finding in ours]
    with database.transaction():
        record(database, run, findings)
    return findings, other_checks


def ours_of(settings: Settings, catalog: Catalog, contract: Contract, now: datetime) -> list[Finding]:
    """One finding a clause: our query's."""
    findings = []
    for dataset in contract.datasets:
        with scanner(settings, [dataset.schema]) as looking:
            found = measured(looking, catalog, dataset, now)
        findings += [found[clause.id] for clause in dataset.clauses if not clause.absent("verify")]
    return findings


def _decide(ours: Finding, answers: CliResults) -> Finding:
    """Our finding beside what datacontract-cli answered."""
    theirs = answers.outcomes.get(ours.clause.id)
    if theirs == ours.outcome or (theirs == "failed" and ours.outcome == "warned"):
        return replace(ours, engine="datacontract")
    if theirs in ("passed", "failed") and ours.outcome != "errored":
        return replace(ours, detail=f"datacontract says {theirs}", dissent=f"datacontract: {theirs}")
    detail = "; ".join(filter(None, (ours.detail, answers.reason_for_silence(ours.clause))))
    return replace(ours, detail=detail or None)


def measured(looking: Scanner, catalog: Catalog, dataset: Dataset, now: datetime) -> dict[str, Finding]:
    """What our own queries find, by clause id: one pass for all row clauses, a query for each other clause.

    `looking` finds the tables of the dataset's schema by their bare names.
    """
    clauses = [clause for clause in dataset.clauses if not clause.absent("verify")]
    where = catalog.where(dataset, f"timestamp '{now:%Y-%m-%d %H:%M:%S.%f}'")
    measures = [(clause, measure(clause, where)) for clause in clauses]
    relation = POSTGRES.quote(dataset.table)
    if looking.rows(f"select to_regclass({POSTGRES.literal(relation)}) is null") == [(True,)]:
        detail = f"there is no table {dataset.schema}.{dataset.table}"
        return {clause.id: Finding(clause, "sql", "errored", detail=detail) for clause in clauses}
    found = answers(looking, relation, measures)
    return {clause.id: _finding(clause, what, found[clause.id]) for clause, what in measures}


def _finding(clause: Clause, what: Measure, value: Answer) -> Finding:
    if isinstance(value, Untold):
        return Finding(clause, "sql", "errored", detail=value.why)
    if value is None:
        return Finding(clause, "sql", failing(clause), detail="the rule returns null")
    rows = int(value) if what.rule is ZERO and clause.scope == "row" else None
    return Finding(clause, "sql", "passed" if what.holds(value) else failing(clause), value, rows)
