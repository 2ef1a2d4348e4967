"""Verify: datacontract test for every contract against the tables, and a query of our own where it cannot see.

datacontract-cli decides a clause when it measures it and our own query, which the gate and dbt share, agrees.
Everything else (references to other contracts, formats, exact types, unexpected columns, a load hidden behind a
timestamp of the future …) is decided by the query, and the table says so.
"""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from c360.console import as_of_option, clock, contracts_option, json_option, print_json, print_table
from c360.contract.model import GATE_KINDS, Clause, Contract, Dataset
from c360.database.scanner import Scanner, scanner
from c360.datacontract_cli import Answers, ask
from c360.errors import Breach, CouldNotTell
from c360.generate.plan import Catalog
from c360.history import Ending, Finding, Run, failing, on_record, record
from c360.project import Project, open_project
from c360.settings import Settings
from c360.sql.dialect import POSTGRES
from c360.sql.measures import ZERO, Measure, measure

if TYPE_CHECKING:
    from psycopg2.extensions import connection


@click.command(
    epilog="""\b
Examples:
  c360 verify
  c360 verify customers
  c360 verify --json"""
)
@click.argument("names", nargs=-1, metavar="[CONTRACT]...")
@as_of_option
@contracts_option
@json_option
def verify(names: tuple[str, ...], as_of: str | None, contracts: Path | None, as_json: bool) -> None:
    """Run datacontract test for every contract against the database, in one table."""
    from c360.database import connect
    from c360.database.tables import prepare

    project = open_project(contracts)
    chosen = [c for c in project.catalog.contracts if not names or c.name in names]
    for name in names:
        if name not in {contract.name for contract in chosen}:
            raise CouldNotTell(f"There is no contract named {name!r}.", "See: c360 verify --help")
    run = Run.start("verify", clock(as_of))
    database = connect(project.settings)
    prepare(database)
    with on_record(database, run) as ending:
        _verify(project, database, run, chosen, ending, pinned=as_of is not None, as_json=as_json)


def _verify(
    project: Project,
    database: "connection",
    run: Run,
    chosen: list[Contract],
    ending: Ending,
    pinned: bool,
    as_json: bool,
) -> None:
    findings: list[Finding] = []
    strays: list[str] = []
    for contract in chosen:
        theirs = ask(project.settings, project.catalog.tables, contract, pinned)
        strays += theirs.strays
        findings += verify_contract(project.settings, project.catalog, contract, run.as_of, theirs)
    with database:
        record(database, run, findings)
    if strays:
        ending.detail = f"datacontract also checked what is no clause: {'; '.join(strays)}"
        click.echo(f"{ending.detail}.", err=True)
    if as_json:
        print_json([_as_dict(found) for found in findings])
    else:
        _show(findings)
    broken = [found for found in findings if found.outcome == "failed"]
    untold = [found for found in findings if found.outcome == "errored"]
    if broken:
        listed = ", ".join(found.clause.id for found in broken[:3])
        raise Breach(f"{len(broken)} clauses are broken: {listed}.", "See their rows in the table: c360 status")
    if untold:
        raise CouldNotTell(
            f"{len(untold)} clauses could not be told, {untold[0].clause.id} first: {untold[0].detail}.",
            "Run c360 ingest and c360 build first.",
        )


def verify_contract(
    settings: Settings, catalog: Catalog, contract: Contract, now: datetime, theirs: Answers
) -> list[Finding]:
    """One finding a clause: our query's, beside what datacontract-cli answered."""
    findings = []
    for dataset in contract.datasets:
        with scanner(settings, [dataset.schema]) as looking:
            ours = measured(looking, catalog, dataset, now)
        for clause in dataset.clauses:
            if clause.scope == "contract" or clause.kind in GATE_KINDS:
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
    clauses = [c for c in dataset.clauses if c.scope != "contract" and c.kind not in GATE_KINDS]
    moment = f"timestamp '{now:%Y-%m-%d %H:%M:%S.%f}'"
    measures = {
        c.id: measure(c, dataset, lambda target: catalog.relation(target, dataset.name), catalog.tables, moment)
        for c in clauses
    }
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
    holds = compare(what, float(value))
    rows = int(value) if what.rule is ZERO and clause.scope == "row" else None
    return Finding(clause, "sql", "passed" if holds else failing(clause), float(value), rows)


def compare(what: Measure, value: float) -> bool:
    """Whether the measured value keeps the bound of the rule; between is inclusive."""
    operator, expected = what.rule.operator, what.rule.expected
    if operator in ("mustBeBetween", "mustNotBeBetween"):
        return (expected[0] <= value <= expected[1]) is (operator == "mustBeBetween")
    return {
        "mustBe": value == expected,
        "mustNotBe": value != expected,
        "mustBeGreaterThan": value > expected,
        "mustBeGreaterOrEqualTo": value >= expected,
        "mustBeLessThan": value < expected,
        "mustBeLessOrEqualTo": value <= expected,
    }[operator]


def _as_dict(found: Finding) -> dict[str, Any]:
    return {
        "clause": found.clause.id,
        "contract": found.clause.contract,
        "version": found.clause.version,
        "engine": found.engine,
        "outcome": found.outcome,
        "measured": found.measured,
        "rows": found.rows,
        "detail": found.detail,
    }


def _show(findings: list[Finding]) -> None:
    def number(value: float | None) -> str:
        return "" if value is None else f"{value:,.6g}"

    print_table(
        ["clause", "outcome", "measured", "engine", "detail"],
        [[f.clause.id, f.outcome, number(f.measured), f.engine, f.detail or ""] for f in findings],
    )
    held = sum(found.outcome == "passed" for found in findings)
    click.echo(f"{held} of {len(findings)} clauses hold.")
