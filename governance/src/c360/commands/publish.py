"""`c360 publish`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from c360.console import contracts_option
from c360.errors import CouldNotTell
from c360.settings import Settings


@click.command(
    epilog="""\b
Examples:
  c360 publish
  c360 publish --out site"""
)
@contracts_option
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Where to write.")
def publish(contracts: Path | None, out: Path | None) -> None:
    """Write the pages of all contracts; the folder is replaced as a whole."""
    from c360.project import open_project
    from c360.publish.pages import write_pages

    project = open_project(contracts)
    folder = (out or project.settings.site / "contracts").resolve()
    with _on_record(project.settings):
        pages = write_pages(project.catalog.contracts, folder)
    click.echo(f"{pages} contract pages: {folder / 'index.html'}")


@contextmanager
def _on_record(settings: Settings) -> Iterator[None]:
    """In the history, where there is a database: pages need none."""
    from c360.engine.postgres import connect
    from c360.ledger.history import Run, on_record
    from c360.ledger.tables import prepare

    try:
        database = connect(settings)
    except CouldNotTell as error:
        click.echo(f"Not in the history: {error.message}", err=True)
        yield
        return
    prepare(database)
    with on_record(database, Run.start("publish")):
        yield
