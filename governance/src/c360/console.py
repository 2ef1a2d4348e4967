"""What commands share: options, the clock, tables for people and JSON for machines."""

import json
import os
import shlex
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from c360.errors import Breach, CouldNotTell
from c360.printable import one_line

if TYPE_CHECKING:
    from psycopg import Connection

    from c360.ci import Entry
    from c360.settings import Settings

as_of_option = click.option(
    "--as-of", metavar="TIME", help="The clock for freshness and age, ISO 8601 in UTC; by default now."
)
contracts_option = click.option(
    "--contracts",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="A contracts folder other than the project's.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")


_YEARS = range(1900, 3000)
"""Of a clock: what is counted back or forth from it stays a date."""


def clock(as_of: str | None) -> datetime:
    """The instant to judge by, with time zone UTC. Raises CouldNotTell for text that is no time."""
    if as_of is None:
        return datetime.now(UTC)
    try:
        given = datetime.fromisoformat(as_of)
        instant = given.astimezone(UTC) if given.tzinfo else given.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise CouldNotTell(f"{as_of!r} is no ISO 8601 time.", "Write --as-of 2023-05-09T12:00:00Z.") from error
    if instant.year not in _YEARS:
        raise CouldNotTell(
            f"{as_of!r} is outside of the years {_YEARS[0]} to {_YEARS[-1]}.", "Write --as-of 2023-05-09T12:00:00Z."
        )
    return instant


def connected(settings: "Settings", **how: Any) -> "Connection":
    """A connection to the project's database that ends with the command, as `c360.database.connect` makes it."""
    from c360.database import connect

    connection = connect(settings, **how)
    click.get_current_context().call_on_close(connection.close)
    return connection


def in_github() -> bool:
    """Whether this is a job of GitHub."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def report_option(*others: str) -> Callable[[Any], Any]:
    """`--format`, with table as the default and with `others` before the formats of CI."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(["table", *others, "junit", "sarif", "gitlab"]),
        default="table",
        help="junit, sarif, gitlab: a report for CI.",
    )


@contextmanager
def reported(command: str, form: str, as_json: bool) -> Iterator[list["Entry"]]:
    """Collect what a command finds; at the end annotate it in a job of GitHub, and print it if `form` is one of CI.

    An error that ends the block is in the report too, if no entry tells of it.
    """
    from c360.ci import FORMS, Entry, render

    if as_json and form != "table":
        raise CouldNotTell("--json and --format exclude each other.", "Leave one of them out.")
    entries: list[Entry] = []
    ended: list[Entry] = []
    try:
        yield entries
    except BaseException as error:
        told = isinstance(error, CouldNotTell)
        if not any(entry.level == "error" for entry in entries):
            outcome = "failed" if isinstance(error, Breach) else "errored"
            message = str(error) if told else "The command did not come to its end."
            ended.append(Entry(command, command, outcome, message))
        elif isinstance(error, CouldNotTell):
            error.annotated = in_github()
        raise
    finally:
        for entry in entries:
            if entry.level:
                annotate(entry.level, f"{entry.message} [{entry.rule}]", entry.file, entry.line)
        if form in FORMS:
            click.echo(render(form, command, [*entries, *ended]))


def annotate(level: str, message: str, file: Path | None = None, line: int = 1) -> None:
    """In a job of GitHub, the same once more for its pages: beside the line that it is about. Else nothing.

    `level` is error or warning. What a contract says is text in it, and starts no command of the runner.
    """
    if not in_github():
        return
    about = ""
    if file is not None:
        from c360.ci import shown_path

        about = f" file={_escaped(shown_path(file), ':,')},line={line}"
    click.echo(f"::{level}{about}::{_escaped(one_line(message))}", err=True)


def _escaped(text: str, more: str = "") -> str:
    """As the runner has it: percent signs and line ends, in properties also what parts them."""
    return "".join(f"%{ord(sign):02X}" if sign in f"%\r\n{more}" else sign for sign in text)


def print_json(data: Any) -> None:
    """JSON, with an escape for every character that a terminal would act on."""
    text = json.dumps(data, indent=2, ensure_ascii=False, default=str)
    click.echo("".join(ch if ch == "\n" or one_line(ch) == ch else json.dumps(ch)[1:-1] for ch in text))


def print_exports(variables: dict[str, str]) -> None:
    """As shell text, for eval; what the shell holds for other programs and would lead astray is unset."""
    of_the_shell = [name for name in click.get_current_context().obj or () if name not in variables]
    if of_the_shell:
        click.echo(f"unset {' '.join(of_the_shell)}")
    for name, value in variables.items():
        click.echo(f"export {name}={shlex.quote(value)}")


_COLOURS = {
    "red": ("failed", "broken", "refused", "errored"),
    "yellow": ("warned", "stale", "unknown"),
    "bright_black": ("skipped", "repeated"),
    "green": ("passed", "holds", "accepted"),
}
"""Worst first: of several outcomes in a row, the worst gives it its colour."""


def colour_of(row: list[str]) -> str | None:
    """By the outcomes in its cells, rows that follow one (`failed 12`) left aside."""
    words = {cell.split(" ", 1)[0] for cell in row}
    return next((colour for colour, outcomes in _COLOURS.items() if words & set(outcomes)), None)


def coloured(text: str, colour: str) -> str:
    """On a terminal in colour; one line of text, in which nothing acts on it."""
    shown = {"amber": "yellow", "grey": "bright_black"}.get(colour, colour)
    return styled(one_line(text), fg=shown) if sys.stdout.isatty() else one_line(text)


def styled(text: str, **style: Any) -> str:
    """The text in a colour or bold, unless NO_COLOR is set. Click leaves styles out of what is no terminal."""
    return text if os.environ.get("NO_COLOR") else click.style(text, **style)


_NARROW = 12
"""No column of a table is made narrower than this, in characters."""


def _fitted(widths: list[int], limit: int) -> list[int]:
    """The widths of a table's columns, the widest made narrower until a line has at most `limit` characters."""
    fitted = list(widths)
    while sum(fitted) + 2 * (len(fitted) - 1) > limit and max(fitted) > _NARROW:
        fitted[fitted.index(max(fitted))] -= 1
    return fitted


def print_table(head: list[str], rows: list[list[str]]) -> None:
    """Aligned columns; numbers to the right, outcomes in colour if the terminal has any.

    On a terminal, long cells are wrapped within their column; in a pipe a row is always one line, for grep.
    Cells hold text of contracts and of deliveries: nothing in them acts on the terminal.
    """
    texts = [[one_line(cell) for cell in row] for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(head, *texts, strict=True)]
    if sys.stdout.isatty():
        widths = _fitted(widths, shutil.get_terminal_size().columns)
    numeric = [
        bool(texts) and all(row[i].replace(",", "").replace(".", "").lstrip("-").isdigit() for row in texts)
        for i in range(len(head))
    ]

    def line(cells: list[str]) -> str:
        sized = zip(cells, widths, strict=True)
        parts = [textwrap.wrap(cell, width) if len(cell) > width else [cell] for cell, width in sized]
        return "\n".join(
            "  ".join(
                part.rjust(width) if right else part.ljust(width)
                for part, width, right in zip(part_of_each, widths, numeric, strict=True)
            ).rstrip()
            for part_of_each in zip_longest(*parts, fillvalue="")
        )

    click.echo(styled(line(head), bold=True))
    for row in texts:
        text = line(row)
        colour = colour_of(row)
        click.echo(styled(text, fg=colour) if colour else text)
    click.echo()


@contextmanager
def waiting(step: str, quiet: bool) -> Iterator[Callable[[str], None]]:
    """The step, what of it is under way, and for how long; on a terminal only, and gone at the end."""
    if quiet or not sys.stderr.isatty():
        yield lambda text: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(step, total=None)
        yield lambda text: bar.update(task, description=f"{step}: {one_line(text)}")


@contextmanager
def reading(path: Path, step: str, quiet: bool) -> Iterator[tuple[Callable[[int], None], Callable[[str], None]]]:
    """A progress bar over the bytes read, and the step that they are read for or the next one, on a terminal only."""
    if quiet or not sys.stderr.isatty():
        yield (lambda size: None), (lambda step: None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:10}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(step, total=path.stat().st_size if path.is_file() else None)
        say: Callable[[str], None] = lambda step: bar.update(task, description=step)  # noqa: E731
        yield (lambda size: bar.advance(task, size)), say
