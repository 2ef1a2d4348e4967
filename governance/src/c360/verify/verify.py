"""Verify: datacontract test for every contract against the tables, and a query of our own where it cannot see.

datacontract-cli decides a clause when it measures it and our own query, which the gate and dbt share, agrees.
Everything else (references to other contracts, formats, exact types, unexpected columns, a load hidden behind a
timestamp of the future …) is decided by the query, and the table says so.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from c360.contract.catalog import Catalog
from c360.contract.sunset import refuse_ended
from c360.engine import engine_of
from c360.engine.interface import Engine
from c360.ledger.history import Finding, Run, record
from c360.model import Contract
from c360.project import Project
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
        engine = engine_of(database, project.settings, contract)
        ours = _ours(engine, project.catalog, contract, run.as_of)
        unanswered = {finding.clause.id for finding in ours if finding.outcome == "errored"}
        theirs = run_cli(project.settings, project.catalog.tables, contract, pinned, unanswered)
        other_checks += theirs.other_checks
        findings += [_decide(finding, theirs) for finding in ours]
    with database.transaction():
        record(database, run, findings)
    return findings, other_checks


def _ours(engine: Engine, catalog: Catalog, contract: Contract, now: datetime) -> list[Finding]:
    """One finding a clause: our query's."""
    findings = []
    for dataset in contract.datasets:
        found = engine.measured(catalog, dataset, now)
        for clause in dataset.clauses:
            if verdict := found.get(clause.id):
                outcome, detail = verdict.outcome, verdict.why or None
                findings.append(Finding(clause, verdict.engine, outcome, verdict.measured, verdict.rows, detail))
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
