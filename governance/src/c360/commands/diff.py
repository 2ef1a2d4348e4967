"""`c360 diff`."""

from pathlib import Path

import click

from c360.console import as_of_option, json_option, print_json, print_table
from c360.errors import Breach
from c360.printable import one_line

format_option = click.option(
    "--format", "form", type=click.Choice(["table", "markdown"]), default="table", help="markdown: for a pull request."
)


@click.command(
    epilog="""\b
Examples:
  c360 diff contracts/products/customers/1.0.0.odcs.yaml contracts/products/customers/1.1.0.odcs.yaml
  c360 diff old.odcs.yaml new.odcs.yaml --format markdown"""
)
@click.argument("old", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("new", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@format_option
@as_of_option
@json_option
def diff(old: Path, new: Path, form: str, as_of: str | None, as_json: bool) -> None:
    """What changes from OLD to NEW, graded for consumers and for producers, and the version step that it needs.

    Exits 1 when the version of NEW does not move far enough.
    """
    from c360.compat.diff import diff as compare
    from c360.compat.render import HEAD, as_data, markdown, remedy, rows, verdict
    from c360.compat.steps import to_compare
    from c360.console import clock
    from c360.contract.classifications import classifications
    from c360.settings import load, of_contracts

    levels = classifications(of_contracts(load(fallback=new.resolve().parent), new).classifications)
    found = compare(to_compare(old), to_compare(new), levels, clock(as_of).date())
    if as_json:
        print_json(as_data(found))
    elif form == "markdown":
        click.echo(markdown(found))
    else:
        if found.changes:
            print_table(HEAD, rows(found))
        if found.enough:
            click.echo(one_line(verdict(found)))
    if not found.enough:
        raise Breach(verdict(found), remedy(found))
