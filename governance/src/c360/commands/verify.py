"""`c360 verify`."""

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from c360.console import (
    as_of_option,
    clock,
    connected,
    contracts_option,
    json_option,
    print_json,
    print_table,
    report_option,
    reported,
    waiting,
)
from c360.errors import Breach, CouldNotTell, unknown

if TYPE_CHECKING:
    from c360.model import Contract


@click.command(
    epilog="""\b
Examples:
  c360 verify
  c360 verify customers
  c360 verify --only-broken
  c360 verify --json
  c360 verify --format junit > verify.xml"""
)
@click.argument("names", nargs=-1, metavar="[CONTRACT]...")
@click.option("--only-broken", is_flag=True, help="Nothing but the clauses that do not hold.")
@click.option("--all", "everything", is_flag=True, help="Every clause, not just a line a contract for those that hold.")
@as_of_option
@contracts_option
@report_option()
@json_option
def verify(
    names: tuple[str, ...],
    only_broken: bool,
    everything: bool,
    as_of: str | None,
    contracts: Path | None,
    form: str,
    as_json: bool,
) -> None:
    """Run datacontract test for every contract against the database, in one table.

    What holds is a line a contract. What does not, and what datacontract sees otherwise than our query, is a line a
    clause.
    """
    from c360.ci import Lines, of_clauses
    from c360.ledger.history import Run, on_record
    from c360.ledger.tables import prepare
    from c360.project import open_project
    from c360.verify.verify import verify as verify_contracts

    with reported("verify", form, as_json) as entries:
        project = open_project(contracts)
        chosen = named(project.catalog.contracts, names)
        run = Run.start("verify", clock(as_of))
        database = connected(project.settings)
        prepare(database)
        with on_record(database, run, catalog=project.catalog) as ending:
            with waiting("verifying", as_json or form != "table") as say:
                findings, strays = verify_contracts(project, database, run, chosen, pinned=as_of is not None, say=say)
            if strays:
                ending.detail = f"datacontract also checked what is no clause: {'; '.join(dict.fromkeys(strays))}"
                click.echo(f"{ending.detail}.", err=True)
            shown = [found for found in findings if found.outcome != "passed"] if only_broken else findings
            entries += of_clauses(Lines(chosen), shown)
            if as_json:
                print_json([as_dict(found) for found in shown])
            elif form == "table" and only_broken:
                _table(shown)
            elif form == "table":
                _table(findings if everything else [f for f in findings if f.outcome != "passed" or f.dissent])
                _summary(findings)
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


def named(contracts: Iterable["Contract"], names: Collection[str]) -> list["Contract"]:
    """The contracts of these names, or all. Raises CouldNotTell for a name that no contract has."""
    all_of_them = list(contracts)
    known = {contract.name for contract in all_of_them}
    for name in names:
        if name not in known:
            raise unknown(f"There is no contract named {name!r}.", name, known)
    return [contract for contract in all_of_them if not names or contract.name in names]


def as_dict(found: Any) -> dict[str, Any]:
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


def _table(findings: list[Any]) -> None:
    def number(value: float | None) -> str:
        return "" if value is None else f"{value:,.6g}"

    if findings:
        print_table(
            ["clause", "outcome", "measured", "engine", "detail"],
            [[f.clause.id, f.outcome, number(f.measured), f.engine, f.detail or ""] for f in findings],
        )


def _summary(findings: list[Any]) -> None:
    """A line a contract, and one about all."""
    by_contract: dict[str, list[bool]] = {}
    for found in findings:
        label = f"{found.clause.contract} {found.clause.version}"
        by_contract.setdefault(label, []).append(found.outcome == "passed")
    print_table(
        ["contract", "hold", "of"],
        [[label, str(sum(held)), str(len(held))] for label, held in by_contract.items()],
    )
    held = sum(found.outcome == "passed" for found in findings)
    click.echo(f"{held} of {len(findings)} clauses hold. Each of them: c360 verify --all")
