"""`c360 quarantine`."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from c360.commands.ingest import named
from c360.console import as_of_option, clock, connected, contracts_option, json_option, print_json, print_table
from c360.settings import user_name

_ID = click.IntRange(1, 2**63 - 1)


@click.group(
    epilog="""\b
Examples:
  c360 quarantine list
  c360 quarantine show transactions --clause transactions.category.enum
  c360 quarantine show transactions --delivery 7      also what broke a delivery that was refused
  c360 quarantine replay transactions
  c360 quarantine resolve contacts --row 12 --reason "asked the customer: she moved"
  c360 quarantine discard contacts --clause contacts.readable --reason "half a line, sent again"
  c360 quarantine export contacts --out for-crm.csv --reason "the sender mends them" """
)
def quarantine() -> None:
    """Look at the rows that broke clauses, let through those that hold by now, and decide about the others."""


@quarantine.command("list")
@json_option
def list_(as_json: bool) -> None:
    """How many rows are in quarantine, by dataset and clause, and since when."""
    from c360.ledger.quarantine import counts
    from c360.ledger.tables import prepare
    from c360.settings import load

    database = connected(load())
    prepare(database)
    found = counts(database)
    if as_json:
        print_json([asdict(one) for one in found])
    elif found:
        names = ["dataset", "clause", "rows", "since_utc"]
        print_table(names, [[one.dataset, one.clause, f"{one.rows:,}", one.since_utc] for one in found])
    else:
        click.echo("Nothing is in quarantine.")


def _choosing(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say which rows are meant."""
    clause = click.option("--clause", help="Only rows that break this clause.")
    delivery = click.option("--delivery", type=_ID, metavar="ID", help="Only rows of this delivery.")
    return clause(delivery(command))


def _deciding(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say who decides, and why."""
    reason = click.option("--reason", required=True, metavar="TEXT", help="Why; it goes on record.")
    by = click.option("--by", metavar="NAME", help="Who decides; by default the user of this computer.")
    return reason(by(command))


@quarantine.command()
@click.argument("dataset")
@_choosing
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=20, show_default=True, help="At most so many rows.")
@contracts_option
@json_option
def show(
    dataset: str, clause: str | None, delivery: int | None, limit: int, contracts: Path | None, as_json: bool
) -> None:
    """Open rows: id, file, row number and clauses, and the values of public columns; others show as ***.

    Of a refused delivery, the numbers of the rows that broke it.
    """
    from c360.ledger.quarantine import Chosen, rows_of
    from c360.ledger.tables import prepare
    from c360.project import open_project

    project = open_project(contracts)
    _, described = named(project.catalog, dataset)
    columns = [column.name for column in described.columns]
    public = [column.name for column in described.columns if column.classification == "public"]
    database = connected(project.settings)
    prepare(database)
    head = ("id", "delivery", "file", "row", "line", "clauses")
    shown = [
        (
            dict(zip(head, (r.id, r.delivery, r.file, r.number, r.line, r.clauses), strict=True)),
            {name: r.contents.get(name) if name in public else "***" for name in columns if name in r.contents},
        )
        for r in rows_of(database, Chosen(dataset, delivery=delivery, clause=clause), limit)
    ]
    if as_json:
        print_json([row | {"values": values} for row, values in shown])
    elif shown:  # a column of the dataset may be called id, too
        cells = [[*map(_cell, row.values()), *(_cell(values.get(name)) for name in public)] for row, values in shown]
        print_table([*head, *public], cells)
    else:
        click.echo("No such row is in quarantine.")


def _cell(value: Any) -> str:
    return ", ".join(value) if isinstance(value, tuple) else "" if value is None else str(value)


@quarantine.command()
@click.argument("dataset", required=False)
@as_of_option
@contracts_option
@json_option
def replay(dataset: str | None, as_of: str | None, contracts: Path | None, as_json: bool) -> None:
    """Judge quarantined rows anew: an order whose customer has arrived since is promoted now."""
    from c360.gate.replay import replay as again

    names = ("dataset", "replayed", "promoted", "duplicates", "kept")
    results = [again(gate) for gate in _gates(dataset, as_of, contracts, "replay")]
    if as_json:
        print_json([{name: getattr(r, name) for name in names} for r in results])
    else:
        print_table(list(names), [[str(getattr(r, name)) for name in names] for r in results])


@quarantine.command()
@click.argument("dataset")
@click.option("--row", required=True, type=_ID, metavar="ID", help="The row that is right, by its id in `show`.")
@_deciding
@as_of_option
@contracts_option
def resolve(dataset: str, row: int, reason: str, by: str | None, as_of: str | None, contracts: Path | None) -> None:
    """Settle a conflict: this row is right, and takes its place; other open rows of its key are discarded."""
    from c360.gate.decide import resolve as settle
    from c360.ledger.decisions import Decision

    (gate,) = _gates(dataset, as_of, contracts, "replay")
    done = settle(gate, row, Decision(by or user_name(), reason))
    moved = "; what stood there moved to the superseded rows" if done.superseded else ""
    click.echo(f"Row {row} is in {gate.dataset.schema}.{gate.dataset.table} now{moved}.")


@quarantine.command()
@click.argument("dataset")
@click.option("--row", "rows", multiple=True, type=_ID, metavar="ID", help="A row, by its id in `show`; repeatable.")
@_choosing
@_deciding
@contracts_option
def discard(
    dataset: str,
    rows: tuple[int, ...],
    clause: str | None,
    delivery: int | None,
    reason: str,
    by: str | None,
    contracts: Path | None,
) -> None:
    """Close rows without taking them. They stay on record, and no replay looks at them again."""
    from c360.errors import CouldNotTell
    from c360.gate.decide import discard as close
    from c360.ledger.decisions import Decision
    from c360.ledger.quarantine import Chosen
    from c360.project import open_project

    if not rows and clause is None and delivery is None:
        raise CouldNotTell("It does not say which rows.", "Add --row ID, --clause or --delivery.")
    project = open_project(contracts)
    named(project.catalog, dataset)
    chosen = Chosen(dataset, rows, delivery, clause)
    count = close(connected(project.settings), chosen, Decision(by or user_name(), reason))
    click.echo(f"{count:,} rows are closed.")


@quarantine.command()
@click.argument("dataset")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="A new file.")
@click.option("--for-spreadsheets", "neutral", is_flag=True, help="An apostrophe before what would be a formula.")
@_choosing
@_deciding
@contracts_option
def export(
    dataset: str,
    out: Path,
    neutral: bool,
    clause: str | None,
    delivery: int | None,
    reason: str,
    by: str | None,
    contracts: Path | None,
) -> None:
    """Write open rows as they were delivered, for their sender to correct. The file holds personal data: it is yours
    alone to read, and that it was made is on record.

    A spreadsheet calculates a cell that begins with =, +, -, @, a tab or a line end. For a file that people open in
    one, add --for-spreadsheets. To deliver such a file again, take the apostrophes out.
    """
    from c360.gate.decide import export as write
    from c360.ledger.decisions import Decision
    from c360.ledger.quarantine import Chosen
    from c360.project import open_project

    project = open_project(contracts)
    _, described = named(project.catalog, dataset)
    chosen = Chosen(dataset, (), delivery, clause)
    decision = Decision(by or user_name(), reason)
    count, formulas = write(connected(project.settings), described, chosen, out, decision, neutral)
    click.echo(f"{count:,} rows are in {out}.")
    if formulas and not neutral:
        click.echo(
            f"A spreadsheet takes {formulas:,} cells for formulas; --for-spreadsheets makes them text.", err=True
        )


def _gates(dataset: str | None, as_of: str | None, contracts: Path | None, stage: str) -> list[Any]:
    """A gate for the dataset, or for every source."""
    from c360.engine import engine_of
    from c360.gate.account import Gate
    from c360.ledger.history import Run
    from c360.project import open_project

    project = open_project(contracts)
    if dataset:
        named(project.catalog, dataset)
    database, run = connected(project.settings), Run.start(stage, clock(as_of))
    return [
        Gate(database, engine_of(database, project.settings, contract), project.catalog, contract, described, run)
        for contract, described in project.catalog.pairs()
        if (described.name == dataset if dataset else contract.layer == "sources")
    ]
