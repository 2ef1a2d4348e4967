"""`c360 history`."""

import re
from datetime import timedelta

import click

from c360.console import as_of_option, clock
from c360.errors import CouldNotTell

_UNITS = {"d": 1, "w": 7}


@click.group(
    epilog="""\b
Examples:
  c360 history prune --keep 400d"""
)
def history() -> None:
    """The record of what every stage found out; it only grows, until it is pruned."""


@history.command()
@click.option("--keep", required=True, metavar="400d", help="Keep so many days (d) or weeks (w).")
@as_of_option
def prune(keep: str, as_of: str | None) -> None:
    """Delete outcomes that are older than --keep; the last outcome of each clause at each stage always stays."""
    from c360.database import connect
    from c360.database.tables import prepare
    from c360.history import prune as delete
    from c360.settings import load

    given = re.fullmatch(r"(\d{1,4})([dw])", keep)
    if not given:
        raise CouldNotTell(f"--keep {keep!r} is no number of days.", "Write it as 400d.")
    database = connect(load())
    prepare(database)
    gone = delete(database, timedelta(days=int(given[1]) * _UNITS[given[2]]), clock(as_of))
    click.echo(f"{gone:,} outcomes older than {keep} are gone.")
