"""`c360 history`."""

import re
from datetime import timedelta

import click

from c360.console import as_of_option, clock, connected
from c360.errors import CouldNotTell

_UNITS = {"d": 1, "w": 7}


@click.group(
    epilog="""\b
Examples:
  c360 history prune --keep 400d
  c360 history prune --superseded --keep 90d"""
)
def history() -> None:
    """The record of what every stage found out, and the older versions of rows; both grow until they are pruned."""


@history.command()
@click.option("--keep", required=True, metavar="400d", help="Keep so many days (d) or weeks (w).")
@click.option("--superseded", is_flag=True, help="Delete older versions of rows, not outcomes.")
@as_of_option
def prune(keep: str, superseded: bool, as_of: str | None) -> None:
    """Delete outcomes that are older than --keep; the last outcome of each clause at each stage always stays.

    With --superseded, delete the versions of rows that were replaced longer ago than that.
    """
    from c360.ledger import history as outcomes
    from c360.ledger import superseded as versions
    from c360.ledger.tables import prepare
    from c360.settings import load

    given = re.fullmatch(r"(\d{1,4})([dw])", keep)
    if not given:
        raise CouldNotTell(f"--keep {keep!r} is no number of days.", "Write it as 400d.")
    database = connected(load())
    prepare(database)
    age = timedelta(days=int(given[1]) * _UNITS[given[2]])
    gone = (versions if superseded else outcomes).prune(database, age, clock(as_of))
    click.echo(f"{gone:,} {'versions' if superseded else 'outcomes'} older than {keep} are gone.")
