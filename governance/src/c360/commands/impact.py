"""`c360 impact`."""

from pathlib import Path

import click

from c360.commands.compat import base_option
from c360.console import as_of_option, contracts_option, json_option, print_json, print_table


@click.command(
    epilog="""\b
Examples:
  c360 impact
  c360 impact contacts
  c360 impact customers --base origin/main"""
)
@click.argument("contract", required=False)
@base_option
@contracts_option
@as_of_option
@json_option
def impact(contract: str | None, base: str | None, contracts: Path | None, as_of: str | None, as_json: bool) -> None:
    """Who uses CONTRACT (by default, each contract): registered consumers, and dbt models, by dbt's last manifest.

    With --base only who is affected by what has changed since that commit.
    """
    from c360.compat.impact import impact as look
    from c360.console import clock
    from c360.dbt.manifest import newest_manifest
    from c360.settings import load, of_contracts

    settings = load(fallback=contracts.resolve().parent if contracts else None)
    settings = of_contracts(settings, contracts) if contracts else settings
    folder = (contracts or settings.contracts).resolve()
    manifest = newest_manifest(settings)
    found = look(folder, contract, base, settings.classifications, manifest, clock(as_of).date())
    if as_json:
        print_json([vars(one) for one in found.users])
    else:
        print_table(["contract", "who", "what", "uses"], [[u.contract, u.who, u.what, u.uses] for u in found.users])
        for line in found.notes:
            click.echo(line)
