"""`c360 ingest`."""

from pathlib import Path
from typing import Any

import click

from c360.console import (
    as_of_option,
    clock,
    connected,
    contracts_option,
    json_option,
    print_json,
    print_table,
    reading,
    report_option,
    reported,
)
from c360.errors import CouldNotTell


@click.command(
    epilog="""\b
Examples:
  c360 ingest contacts deliveries/contacts.csv
  c360 ingest contacts deliveries/contacts.csv --dry-run
  c360 ingest transactions day1.parquet day2.csv.gz deliveries/march/
  zcat old.csv.gz | c360 ingest transactions - --as-of 2023-05-09T12:00:00Z
  c360 ingest contacts export.csv --delimiter ';' --encoding windows-1252 --decimal ,"""
)
@click.argument("dataset")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--delimiter", metavar="CHAR", help="What separates fields; by default a comma.")
@click.option("--quote", metavar="CHAR", help="What quotes fields; by default a double quote.")
@click.option("--encoding", metavar="NAME", help="By default utf-8.")
@click.option("--null", "null_values", multiple=True, metavar="TEXT", help="What stands for null, besides nothing.")
@click.option("--decimal", metavar="CHAR", help="The decimal mark of numbers; by default a point.")
@click.option("--thousands", metavar="CHAR", help="What groups digits; by default nothing.")
@click.option("--date-format", metavar="FORMAT", help="Such as dd.MM.yyyy; by default ISO 8601.")
@click.option("--timestamp-format", metavar="FORMAT", help="Such as dd.MM.yyyy HH:mm:ss; by default ISO 8601.")
@click.option("--ignore-case", is_flag=True, default=None, help="The header's names are the contract's in any case.")
@click.option("--alias", "aliases", multiple=True, metavar="THEIRS=OURS", help="Another name for a column.")
@click.option(
    "--compression", type=click.Choice(["gzip", "zstd", "none"]), help="By default, what the file's first bytes say."
)
@click.option("--dry-run", "dry", is_flag=True, help="Print what would become of it; nothing is written.")
@as_of_option
@contracts_option
@report_option()
@json_option
def ingest(
    dataset: str,
    files: tuple[Path, ...],
    as_of: str | None,
    contracts: Path | None,
    form: str,
    as_json: bool,
    dry: bool,
    aliases: tuple[str, ...],
    **written: Any,
) -> None:
    """Take deliveries through the gate: land, scan with Soda, split, promote.

    Each file is one delivery and one transaction; a folder stands for the files in it, by name, and - for standard
    input. Rows that break a clause go to quarantine; a delivery that breaks a promise as a whole is refused, and
    nothing of it is taken. How a sender writes CSV is best said in the contract (docs/deliveries.md); the options say
    it for one run.

    With --dry-run the plan is printed: verdict, counts, and how many rows each clause would set aside. What landed is
    dropped, nothing is on record, and the exit code is that of the delivery. Each file is judged beside raw as it is.
    """
    from c360.database.waiting import partners_let_go
    from c360.engine import engine_of
    from c360.gate.ingest import breach_of
    from c360.gate.ingest import ingest as take
    from c360.ledger.history import Run
    from c360.project import open_project

    with reported("ingest", form, as_json) as entries:
        project = open_project(contracts)
        contract, described = named(project.catalog, dataset)
        written_as = _form(described, **written, aliases=_pairs(aliases))
        paths = [path for given in files for path in _files(given)]
        database = connected(project.settings)
        engine = engine_of(database, project.settings, contract)
        results = []
        try:
            with partners_let_go(project.settings, _tell):
                for path in paths:
                    with reading(path, "landing", as_json or form != "table") as (read, say):
                        run = Run.start("gate", clock(as_of))
                        taken = take(database, engine, project.catalog, dataset, path, run, read, say, written_as, dry)
                        results.append(taken)
        finally:  # what was taken before a file that cannot be read stays taken, so say so
            entries += _entries(contract, results)
            if as_json:
                print_json([as_dict(result, dry) for result in results])
            elif results and form == "table":
                _show(results)
                if dry:
                    click.echo("A dry run: nothing was written.")
        breach = breach_of(results, dry)
        if breach:
            raise breach


def _entries(contract: Any, results: list[Any]) -> list[Any]:
    """What CI reads: each delivery, and each clause that was judged for it."""
    from c360.ci import Entry, Lines, of_clauses

    lines = Lines([contract])
    entries = []
    for result in results:
        outcome = "failed" if result.outcome == "refused" else "passed"
        said = f"{result.path.name} was {result.outcome}{f': {result.reason}' if result.reason else ''}."
        entries.append(Entry("delivery", result.path.name, outcome, said, result.path, 1, result.path.name))
        entries += of_clauses(lines, result.findings, result.path.name)
    return entries


def _tell(what: str) -> None:
    click.echo(what, err=True)


def _form(described: Any, **given: Any) -> Any:
    """How the contract and the options say that the files are written. Raises CouldNotTell for options that say
    nothing that can be, which is no fault of the contract."""
    from c360.delivery.form import Form
    from c360.errors import Breach

    Form.of(described)
    try:
        return Form.of(described, **given)
    except Breach as wrong:
        what = wrong.message.replace(f"The custom property delivery of {described.name}", "An option")
        raise CouldNotTell(what, wrong.remedy) from None


def named(catalog: Any, dataset: str) -> Any:
    """The contract and the dataset that were typed. One that no contract describes breaks no contract: CouldNotTell."""
    from c360.errors import Breach

    try:
        return catalog.find(dataset)
    except Breach as unknown:
        raise CouldNotTell(unknown.message, unknown.remedy) from None


def _pairs(aliases: tuple[str, ...]) -> dict[str, str] | None:
    pairs = [alias.rpartition("=") for alias in aliases]
    if not all(mark for _, mark, _ in pairs):
        raise CouldNotTell("An --alias pairs two names.", "Write --alias 'Customer No=id'.")
    return {theirs: ours for theirs, _, ours in pairs} or None


def _files(given: Path) -> list[Path]:
    """The files that an argument stands for: itself, or in a folder all that are not hidden, by path."""
    from c360.delivery.opened import STANDARD_INPUT

    if given == STANDARD_INPUT:
        return [given]
    if given.is_dir():
        inside = given.resolve()
        found = [
            path
            for path in sorted(given.rglob("*"))
            if path.is_file()
            and not any(part.startswith((".", "_")) for part in path.relative_to(given).parts)
            and path.resolve().is_relative_to(inside)
        ]
        if not found:
            raise CouldNotTell(f"There is no file in {given}.", "Name a folder with deliveries in it.")
        return found
    if not given.exists():
        raise CouldNotTell(f"There is no file {given}.", "Check the path; c360 fake makes deliveries to try.")
    return [given]


def as_dict(result: Any, dry_run: bool = False) -> Any:
    """As `--json` prints it. A dry run has no number, and does not know what it corrects."""
    numbers = ("delivered", "promoted", "quarantined", "duplicates", "superseded", "corrected", "erased", "reason",
               "delivery_id")  # fmt: skip
    return {
        "file": str(result.path),
        "dataset": result.dataset,
        "outcome": result.outcome,
        **{name: getattr(result, name) for name in numbers},
        "rows_by_clause": result.rows_by_clause,
        "clauses": {found.clause.id: found.outcome for found in result.findings},
        "unusual": {found.clause.id: found.detail for found in result.findings if found.detail},
        **({"dry_run": True, "delivery_id": None, "corrected": None} if dry_run else {"dry_run": False}),
    }


def _show(results: list[Any]) -> None:
    from c360.clause.kinds import PRESENT

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
        for found in result.findings if result.outcome == "accepted" else ():
            if found.detail:
                click.echo(f"{result.path.name}: {found.clause.id} warns: {found.detail}.")
            elif found.clause.kind is PRESENT and found.outcome == "warned":
                click.echo(f"{result.path.name}: it has no column for {found.clause.id}; it was read as null.")
        if result.erased:
            click.echo(f"{result.path.name}: {result.erased:,} rows of people who were forgotten were kept out.")
        if result.corrected:
            click.echo(f"{result.path.name}: {result.corrected:,} rows in quarantine were corrected, and left it.")
