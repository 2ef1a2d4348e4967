"""`c360 retire`."""

from pathlib import Path

import click

from c360.console import as_of_option, contracts_option


@click.command(
    epilog="""\b
Examples:
  c360 retire customers@1.1.0"""
)
@click.argument("version", metavar="VERSION")
@contracts_option
@as_of_option
def retire(version: str, contracts: Path | None, as_of: str | None) -> None:
    """End a deprecated version, CONTRACT@VERSION or a file, once its sunset has passed. It is built no more."""
    from c360.compat.release import pick
    from c360.compat.release import retire as end
    from c360.console import clock
    from c360.settings import load

    settings = load(fallback=contracts.resolve().parent if contracts else None)
    folder = (contracts or settings.contracts).resolve()
    meant = pick(folder, version)
    made = end(settings, folder, meant, clock(as_of).date())
    click.echo(f"{meant} is retired{'' if made else ' already'}. Then: c360 generate")
