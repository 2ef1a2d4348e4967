"""`c360 forget`."""

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from c360.console import contracts_option, json_option, print_json, print_table
from c360.errors import Breach, CouldNotTell
from c360.printable import when
from c360.settings import user_name

if TYPE_CHECKING:
    from c360.forget.forget import Forgotten

_LONGEST = 1000
"""Characters of an id."""


@click.command(
    epilog="""\b
Examples:
  c360 forget -                                       asks for the id, which no shell's history keeps
  c360 forget - --yes < request.txt
  c360 forget 0d2b3c66-6f1c-4f0e-9a38-6f5dd2f5f1a1 --dry-run
  c360 forget R42 --of receivers
  c360 forget --list"""
)
@click.argument("person", metavar="ID", required=False)
@click.option("--of", metavar="DATASET", help="Whose id it is, where contracts do not tell; or DATASET.COLUMN.")
@click.option("--dry-run", is_flag=True, help="Only say how many rows would go, by table.")
@click.option("--by", metavar="NAME", help="Who does it; by default the user of this computer.")
@click.option("--yes", is_flag=True, help="Do not ask on a terminal.")
@click.option(
    "--list", "listing", is_flag=True, help="Who did it when, with how many rows by table; nothing is erased."
)
@contracts_option
@json_option
def forget(
    person: str | None,
    of: str | None,
    dry_run: bool,
    by: str | None,
    yes: bool,
    listing: bool,
    contracts: Path | None,
    as_json: bool,
) -> None:
    """Erase the person with this id everywhere, and keep them out.

    Whatever row needs the person goes with them: out of raw, the quarantine, superseded rows, marts, and every other
    table and file of c360 and dbt that names them. A tombstone, from which no id can be read, keeps later deliveries
    and replays from bringing them back. It cannot be undone; doing it again changes nothing.
    """
    if listing:
        _list(as_json)
        return
    if person is None:
        raise CouldNotTell("It does not say who.", "Give an id, or have it asked for: c360 forget -")
    from c360.contract.classifications import classifications
    from c360.contract.people import subject_of
    from c360.forget.forget import Request
    from c360.forget.forget import forget as erase
    from c360.project import open_project

    project = open_project(contracts)
    closed = tuple(classifications(project.settings.classifications)[-1:])
    subject = subject_of(project.catalog, closed, of)
    name = by or user_name()
    if not name.strip():
        raise CouldNotTell("This computer does not know who you are.", "Add --by NAME.")
    request = Request(subject, _given(person, subject.name), name, closed)
    if sys.stdin.isatty() and not (yes or dry_run):
        with _progress(as_json) as say:
            found = erase(project, request, True, say)
        _say(found, as_json, only_look=True)
        click.confirm("This cannot be undone. Erase them?", abort=True, err=True)
    with _progress(as_json) as say:
        done = erase(project, request, dry_run, say, lambda what: click.echo(what, err=True))
    _say(done, as_json, only_look=dry_run)
    if done.left and not dry_run:
        tables = ", ".join(f"{table} ({rows})" for table, rows in done.left.items())
        raise Breach(
            f"Rows hold something of the person still, and no contract says that one stands there: {tables}.",
            "Let a relationship of the contract lead to the person, and run it again.",
        )


def _given(person: str, what: str) -> str:
    """The id that was typed, or from standard input: its one line. It is never shown."""
    if person == "-":
        person = click.prompt(what, hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.read(_LONGEST + 2)
    person = person.strip()
    if not person or len(person) > _LONGEST or "\n" in person:
        raise CouldNotTell("What was given is not one id.", "Give one line with the id of one person.")
    return person


def _say(done: "Forgotten", as_json: bool, only_look: bool) -> None:
    if as_json:
        names = ("tombstone", "before", "rows", "files", "left", "searched")
        print_json({"dry_run": only_look} | {name: getattr(done, name) for name in names})
        return
    if done.rows:
        print_table(["table", "rows"], [[table, f"{rows:,}"] for table, rows in sorted(done.rows.items())])
    if done.files:
        click.echo(f"{done.files:,} files {'hold' if only_look else 'held'} something of the person.")
    if only_look:
        click.echo("Nothing was changed." if done.rows or done.files else "Nothing is left of that person.")
    elif done.before and not (done.rows or done.files):
        click.echo(f"Forgotten before, on {when(done.before)} UTC (tombstone {done.tombstone}); nothing was left.")
    else:
        click.echo(
            f"Forgotten (tombstone {done.tombstone}). What was summed up over them: c360 build computes it anew."
        )
    if not done.searched:
        click.echo(
            "So short an id may be anything, so only tables that contracts describe were searched for it; "
            "dbt makes the others anew: c360 build --full-refresh"
        )


def _list(as_json: bool) -> None:
    from c360.database import connect
    from c360.ledger.erasure import entries
    from c360.ledger.tables import prepare
    from c360.settings import load

    with closing(connect(load())) as database:
        prepare(database)
        found = entries(database)
    if as_json:
        print_json([vars(entry) for entry in found])
    elif found:
        print_table(
            ["tombstone", "of", "at", "by", "rows", "files", "tables"],
            [
                [
                    str(e.tombstone), e.dataset, when(e.at), e.by, f"{sum(e.rows.values()):,}", f"{e.files:,}",
                    ", ".join(f"{table} {rows:,}" for table, rows in sorted(e.rows.items())),
                ]
                for e in found
            ],
        )  # fmt: skip
    else:
        click.echo("Nobody was forgotten yet.")


@contextmanager
def _progress(quiet: bool) -> Iterator[Any]:
    """The step under way, on a terminal only."""
    if quiet or not sys.stderr.isatty():
        yield lambda step: None
        return
    from rich.console import Console

    with Console(stderr=True).status("looking") as status:
        yield status.update
