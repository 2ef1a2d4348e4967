"""`c360 ingest` and `c360 quarantine`."""

import sys
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from c360.console import as_of_option, clock, contracts_option, json_option, print_json, print_table
from c360.errors import CouldNotTell


@click.command(
    epilog="""\b
Examples:
  c360 ingest contacts deliveries/contacts.csv
  c360 ingest transactions day1.parquet day2.parquet
  c360 ingest transactions old.csv --as-of 2023-05-09T12:00:00Z"""
)
@click.argument("dataset")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@as_of_option
@contracts_option
@json_option
def ingest(dataset: str, files: tuple[Path, ...], as_of: str | None, contracts: Path | None, as_json: bool) -> None:
    """Take deliveries through the gate: land, scan with Soda, split, promote.

    Each file is one delivery and one transaction. Rows that break a clause go to quarantine; a delivery that
    breaks a promise as a whole is refused, and nothing of it is taken.
    """
    from c360.database import connect
    from c360.gate.ingest import breach_of
    from c360.gate.ingest import ingest as take
    from c360.history import Run
    from c360.project import open_project

    project = open_project(contracts)
    _named(project.catalog, dataset)
    missing = [path for path in files if not path.is_file()]
    if missing:
        raise CouldNotTell(f"There is no file {missing[0]}.", "Check the path; c360 fake makes deliveries to try.")
    database = connect(project.settings)
    results = []
    try:
        for path in files:
            with _progress(path, as_json) as (read, say):
                run = Run.start("gate", clock(as_of))
                results.append(take(database, project.catalog, dataset, path, run, project.settings, read, say))
    finally:  # what was taken before a file that cannot be read stays taken, so say so
        if as_json:
            print_json([_as_dict(result) for result in results])
        elif results:
            _show(results)
    breach = breach_of(results)
    if breach:
        raise breach


def _named(catalog: Any, dataset: str) -> Any:
    """The dataset that was typed. One that no contract describes breaks no contract: CouldNotTell."""
    from c360.errors import Breach

    try:
        return catalog.find(dataset)[1]
    except Breach as unknown:
        raise CouldNotTell(unknown.message, unknown.remedy) from None


def _as_dict(result: Any) -> dict[str, Any]:
    numbers = ("delivered", "promoted", "quarantined", "duplicates", "superseded", "reason")
    return {
        "file": str(result.path),
        "dataset": result.dataset,
        "outcome": result.outcome,
        **{name: getattr(result, name) for name in numbers},
        "rows_by_clause": result.rows_by_clause,
        "clauses": {found.clause.id: found.outcome for found in result.findings},
    }


def _show(results: list[Any]) -> None:
    numbers = ("delivered", "promoted", "quarantined", "duplicates", "superseded")
    print_table(
        ["file", "outcome", *numbers],
        [[r.path.name, r.outcome, *(f"{getattr(r, name):,}" for name in numbers)] for r in results],
    )
    lost = [(clause, rows) for r in results for clause, rows in sorted(r.rows_by_clause.items())]
    if lost:
        print_table(["clause broken", "rows"], [[clause, f"{rows:,}"] for clause, rows in lost])
    for result in results:
        if result.outcome == "repeated":
            click.echo(f"{result.path.name}: {result.reason}; nothing changed.")


@contextmanager
def _progress(path: Path, quiet: bool) -> Any:
    """A progress bar over the bytes read, and the step after that, on a terminal only."""
    if quiet or not sys.stderr.isatty():
        yield (lambda size: None), (lambda step: None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:10}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("landing", total=path.stat().st_size)
        say: Callable[[str], None] = lambda step: bar.update(task, description=step)  # noqa: E731
        yield (lambda size: bar.advance(task, size)), say


@click.group(
    epilog="""\b
Examples:
  c360 quarantine list
  c360 quarantine show transactions --clause transactions.category.enum
  c360 quarantine replay transactions"""
)
def quarantine() -> None:
    """Look at the rows that broke clauses, and let through those that hold by now."""


@quarantine.command("list")
@json_option
def list_(as_json: bool) -> None:
    """How many rows are in quarantine, by dataset and clause, and since when."""
    from c360.database import connect
    from c360.database.tables import prepare
    from c360.settings import load

    database = connect(load())
    prepare(database)
    with database.cursor() as cursor:
        cursor.execute(
            "select dataset, clause, count(*), to_char(min(quarantined_at) at time zone 'UTC', 'YYYY-MM-DD HH24:MI') "
            "from quarantine.rows, unnest(clauses) as clause where resolved_by is null "
            "group by dataset, clause order by dataset, clause"
        )
        rows = cursor.fetchall()
    names = ["dataset", "clause", "rows", "since_utc"]
    if as_json:
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    elif rows:
        print_table(names, [[d, c, f"{n:,}", s] for d, c, n, s in rows])
    else:
        click.echo("Nothing is in quarantine.")


@quarantine.command()
@click.argument("dataset")
@click.option("--clause", help="Only rows that break this clause.")
@click.option("--limit", default=20, show_default=True, help="At most so many rows.")
@contracts_option
@json_option
def show(dataset: str, clause: str | None, limit: int, contracts: Path | None, as_json: bool) -> None:
    """Rows in quarantine: file, row number and clauses, and the values of public columns; others show as ***."""
    from c360.database import connect
    from c360.database.tables import prepare
    from c360.project import open_project

    project = open_project(contracts)
    described = _named(project.catalog, dataset)
    public = [column.name for column in described.columns if column.classification == "public"]
    database = connect(project.settings)
    prepare(database)
    with database.cursor() as cursor:
        cursor.execute(
            "select d.file_name, q.row_number, q.clauses, q.payload from quarantine.rows as q "
            "join governance.delivery as d using (delivery_id) where q.dataset = %s and q.resolved_by is null "
            "and (%s::text is null or %s = any(q.clauses)) order by q.quarantine_id limit %s",
            (dataset, clause, clause, limit),
        )
        rows = cursor.fetchall()
    shown = [
        {"file": file, "row": row, "clauses": clauses}
        | {name: payload.get(name) if name in public else "***" for name in payload}
        for file, row, clauses, payload in rows
    ]
    if as_json:
        print_json(shown)
    elif shown:
        head = ["file", "row", "clauses", *public]
        print_table(
            head,
            [[s["file"], f"{s['row']:,}", ", ".join(s["clauses"]), *(str(s[name]) for name in public)] for s in shown],
        )
    else:
        click.echo("No such row is in quarantine.")


@quarantine.command()
@click.argument("dataset", required=False)
@as_of_option
@contracts_option
@json_option
def replay(dataset: str | None, as_of: str | None, contracts: Path | None, as_json: bool) -> None:
    """Judge quarantined rows anew: an order whose customer has arrived since is promoted now."""
    from c360.database import connect
    from c360.gate.replay import replay as again
    from c360.history import Run
    from c360.project import open_project

    project = open_project(contracts)
    sources = [d.name for contract, d in project.catalog.pairs() if contract.layer == "sources"]
    if dataset:
        _named(project.catalog, dataset)
    database = connect(project.settings)
    run = Run.start("replay", clock(as_of))
    results = [again(database, project.catalog, name, run) for name in ([dataset] if dataset else sources)]
    names = ("dataset", "replayed", "promoted", "duplicates", "kept")
    if as_json:
        print_json([{name: getattr(r, name) for name in names} for r in results])
    else:
        print_table(list(names), [[str(getattr(r, name)) for name in names] for r in results])
