"""Verify: datacontract test for every contract against the tables, and a query of our own where it cannot see.

datacontract-cli decides a clause when it measures it and our own query, which the gate and dbt share, agrees.
Everything else (references to other contracts, formats, exact types, unexpected columns, a load hidden behind a
timestamp of the future …) is decided by the query, and the table says so.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from c360.console import as_of_option, clock, contracts_option, json_option, print_json, print_table
from c360.contract.model import GATE_KINDS, Clause, Contract, Dataset
from c360.database.scanner import Scanner, login, scanner
from c360.errors import Breach, CouldNotTell
from c360.generate.plan import Catalog
from c360.history import Finding, Run, failing, on_record, record
from c360.project import Project, open_project
from c360.settings import Settings
from c360.sql.dialect import POSTGRES
from c360.sql.guard import with_guarded_rules
from c360.sql.measures import ZERO, Measure, measure

if TYPE_CHECKING:
    from psycopg2.extensions import connection

_CHECKS = {
    "field_is_present": "present",
    "field_physical_type": "physicalType",
    "field_required": "required",
    "field_primary_key_required": "required",
    "field_unique": "unique",
    "field_primary_key_unique": "primaryKey",
    "primary_key_unique": "primaryKey",
    "field_enum": "enum",
    "field_regex": "pattern",
    "field_min_length": "minLength",
    "field_max_length": "maxLength",
    "field_minimum": "minimum",
    "field_maximum": "maximum",
    "field_relationships": "relationship",
    "servicelevel_freshness": "freshness",
    "servicelevel_retention": "retention",
}
"""From datacontract-cli's type of a check to our kind of a clause; quality rules go by their id."""
SEEN_BY_DATACONTRACT = frozenset(
    {
        *_CHECKS.values(),
        "rowCount",
        "nullValues",
        "missingValues",
        "invalidValues",
        "duplicateValues",
        "sql",
        "rowRule",
    }
) - {"relationship"}
"""Kinds that datacontract-cli measures by itself; references only within one contract."""
_RESULTS = {"passed": "passed", "failed": "failed", "warning": "errored", "error": "errored"}


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
    with on_record(database, run):
        _verify(project, database, run, chosen, pinned=as_of is not None, as_json=as_json)


def _verify(
    project: Project, database: "connection", run: Run, chosen: list[Contract], pinned: bool, as_json: bool
) -> None:
    findings: list[Finding] = []
    for contract in chosen:
        findings += verify_contract(project.settings, project.catalog, contract, run.as_of, pinned)
    with database:
        record(database, run, findings)
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
    settings: Settings,
    catalog: Catalog,
    contract: Contract,
    now: datetime,
    pinned: bool,
) -> list[Finding]:
    """One finding a clause. `pinned` says that `now` is not the real clock, which datacontract-cli goes by."""
    theirs = datacontract_results(settings, catalog, contract, pinned)
    findings = []
    for dataset in contract.datasets:
        with scanner(settings, [dataset.schema]) as looking:
            ours = measured(looking, catalog, dataset, now)
        for clause in dataset.clauses:
            if clause.scope == "contract" or clause.kind in GATE_KINDS:
                continue
            findings.append(_decide(clause, ours[clause.id], theirs.get(clause.id)))
    return findings


def _decide(clause: Clause, ours: Finding, theirs: str | None) -> Finding:
    if theirs == ours.outcome or (theirs == "failed" and ours.outcome == "warned"):
        return Finding(clause, "datacontract", ours.outcome, ours.measured, ours.rows, ours.detail)
    if theirs in ("passed", "failed") and ours.outcome != "errored":
        detail = f"datacontract says {theirs}"
        return Finding(clause, "sql", ours.outcome, ours.measured, ours.rows, detail, dissent=f"datacontract: {theirs}")
    return ours


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


def datacontract_results(settings: Settings, catalog: Catalog, contract: Contract, pinned: bool) -> dict[str, str]:
    """What `datacontract test` says, by clause id. Where several checks map to one clause, the worst counts.

    It connects as the scanner does, and gets the SQL of rules as the guard understood it. Raises Breach for a rule
    that does more than look.
    """
    from c360.database.shell import exported

    config, session = login(settings)
    written = with_guarded_rules(contract, catalog.tables)
    with _silent(), exported(session):
        from datacontract.data_contract import DataContract
        from open_data_contract_standard.model import OpenDataContractStandard

        document = OpenDataContractStandard(**written)
        if pinned:  # it knows no other clock than its own
            document.slaProperties = None
        local = next((s.server for s in document.servers or [] if s.type == "postgres"), None)
        run = DataContract(
            data_contract=document,
            server=local,
            inline_references=False,
            include_failed_samples=False,
            config=config,
        ).test()
    results: dict[str, str] = {}
    for check in run.checks:
        clause = _clause_of(contract, check)
        if clause:
            result = _RESULTS.get(check.result.value if check.result else "", "errored")
            results[clause.id] = max(results.get(clause.id, result), result, key=["passed", "errored", "failed"].index)
    return results


def _clause_of(contract: Contract, check: Any) -> Clause | None:
    for dataset in contract.datasets:
        if check.model not in (dataset.table, dataset.name):
            continue
        for clause in dataset.clauses:
            column = dataset.physical(clause.column) if clause.column else None
            if check.qualityId and clause.id.rpartition(".")[2] == check.qualityId:
                return clause
            if _CHECKS.get(check.type) == clause.kind and check.field == column:
                return clause
    return None


@contextmanager
def _silent() -> Iterator[None]:
    """datacontract-cli logs what it tests, values of the data included."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


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
