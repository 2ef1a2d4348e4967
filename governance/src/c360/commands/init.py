"""`c360 init`."""

from pathlib import Path

import click


@click.command(
    epilog="""\b
Examples:
  c360 init
  c360 init counters && cd counters && make generate build"""
)
@click.argument("folder", required=False, default=".", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
def init(folder: Path) -> None:
    """Begin a project: settings, a commented contract, a delivery, a dbt project that builds, a Makefile, a CI file.

    Nothing is ever overwritten.
    """
    from c360.scaffold import scaffold

    for path in scaffold(folder):
        click.echo(f"written   {path}")
    click.echo("Next: c360 generate, then c360 ingest counts deliveries/counts.csv, then c360 build")
