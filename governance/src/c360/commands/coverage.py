"""`c360 coverage`."""

from pathlib import Path

import click

from c360.console import contracts_option, json_option, print_json, print_table
from c360.errors import Breach
from c360.printable import one_line


@click.command(
    epilog="""\b
Examples:
  c360 coverage
  c360 coverage --json"""
)
@contracts_option
@json_option
def coverage(contracts: Path | None, as_json: bool) -> None:
    """Which enforcement point enforces which clause, with the reason for every "not here"."""
    from c360.coverage import POINTS, cover
    from c360.generate import target_of
    from c360.project import open_project

    project = open_project(contracts)
    rows = cover(project.catalog, target_of(project.settings))
    if as_json:
        print_json([{"clause": clause, **cells} for clause, cells in rows.items()])
    else:
        reasons = list(dict.fromkeys(cell for cells in rows.values() for cell in cells.values() if "not here" in cell))
        notes = {reason: f"not here ({number})" for number, reason in enumerate(reasons, 1)}
        print_table(
            ["clause", *POINTS],
            [[clause, *(notes.get(cells[p], cells[p]) for p in POINTS)] for clause, cells in rows.items()],
        )
        for number, reason in enumerate(reasons, 1):
            click.echo(f"({number}) {one_line(reason)}")
    blank = [clause for clause, cells in rows.items() if not all(cells.values())]
    if blank:
        raise Breach(f"{len(blank)} clauses have a blank, {blank[0]} first.", "Report this as a bug.")
