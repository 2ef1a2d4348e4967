"""`c360 release`."""

from pathlib import Path

import click

from c360.console import as_of_option, contracts_option
from c360.errors import CouldNotTell


@click.command(
    epilog="""\b
Examples:
  c360 release customers@2.0.0
  c360 release contracts/products/customers/2.0.0.odcs.yaml
  c360 release --all"""
)
@click.argument("versions", nargs=-1, metavar="[VERSION]...")
@click.option("--all", "everything", is_flag=True, help="Lock every version that is active or later, and not locked.")
@contracts_option
@as_of_option
def release(versions: tuple[str, ...], everything: bool, contracts: Path | None, as_of: str | None) -> None:
    """Make a draft active, and lock it in contracts.lock: from then on c360 lint fails when it changes.

    VERSION is CONTRACT@VERSION, a file, or a contract that has one draft. It has to be sound, to have moved far enough
    from the version below, and to have the word of each registered consumer that it breaks. What follows from it, the
    contracts' CHANGELOG.md, c360 generate writes.
    """
    from c360.compat.release import pick, unlocked
    from c360.compat.release import release as make
    from c360.console import clock
    from c360.settings import load, of_contracts

    if bool(versions) == everything:
        raise CouldNotTell("Which version?", "c360 release CONTRACT@VERSION, or c360 release --all")
    settings = load(fallback=contracts.resolve().parent if contracts else None)
    settings = of_contracts(settings, contracts) if contracts else settings
    folder = (contracts or settings.contracts).resolve()
    meant = unlocked(folder) if everything else [pick(folder, said) for said in versions]
    if not meant:
        click.echo("Every released version is locked.")
    for version in meant:
        made = make(settings, folder, version, clock(as_of).date())
        click.echo(f"{version} is released{'' if made else ' already'}.")
