"""`c360 deprecate`."""

from datetime import datetime
from pathlib import Path

import click

from c360.console import as_of_option, contracts_option


@click.command(
    epilog="""\b
Examples:
  c360 deprecate customers@1.1.0 --sunset 2027-06-30 --replacement 2.0.0"""
)
@click.argument("version", metavar="VERSION")
@click.option(
    "--sunset", required=True, type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Its last day, in UTC."
)
@click.option("--replacement", required=True, metavar="VERSION", help="The version to use instead.")
@contracts_option
@as_of_option
def deprecate(version: str, sunset: datetime, replacement: str, contracts: Path | None, as_of: str | None) -> None:
    """Announce the end of a released version, CONTRACT@VERSION or a file.

    Writes status, sunset and replacement into it, and locks it anew. The day is no nearer than the notice that the
    version promises (noticePeriod).
    """
    from c360.compat.release import deprecate as announce
    from c360.compat.release import pick
    from c360.console import clock
    from c360.settings import load

    settings = load(fallback=contracts.resolve().parent if contracts else None)
    folder = (contracts or settings.contracts).resolve()
    meant = pick(folder, version)
    made = announce(settings, folder, meant, sunset.date(), replacement, clock(as_of).date())
    click.echo(f"{meant} ends on {sunset.date()}{'' if made else ', as announced'}; use {replacement} instead.")
