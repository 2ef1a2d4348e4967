"""Demo: the whole flow on invented deliveries, each stage as you would type it, and a summary."""

from dataclasses import astuple
from datetime import datetime, timedelta

import click

from c360.console import as_of_option, clock, connected, print_table, styled
from c360.errors import Breach
from c360.settings import Settings

LATE = timedelta(days=2)
"""How old a late delivery's rows are: past the freshness promise of one day."""


@click.command(
    epilog="""\b
Examples:
  c360 demo
  c360 demo --rows 500
  c360 demo --as-of 2026-03-01T12:00:00Z --clean
  c360 demo --as-of 2026-03-03T12:00:00Z --late"""
)
@click.option("--rows", type=click.IntRange(min=1), default=5_000, show_default=True, help="Of each source.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option("--clean", is_flag=True, help="Deliver without defects.")
@click.option("--late", is_flag=True, help="Deliver what was loaded two days before: it is refused, and ends with 1.")
@as_of_option
def demo(rows: int, seed: int, clean: bool, late: bool, as_of: str | None) -> None:
    """Invent deliveries with defects, and take them from the contracts to the pages.

    When a stage tells of a breach, the pages are still written, and the demo ends with its exit code.
    """
    from c360.fake.plan import in_order
    from c360.printable import file_stem
    from c360.project import open_project

    project, now = open_project(), clock(as_of)
    settings = project.settings
    folder = settings.home / "demo" / f"{now:%Y-%m-%dT%H%M%S}"
    deliver = [f"--rows={rows}", f"--seed={seed}", f"--out={folder}"]
    loaded = [f"--now={now - LATE * late:%Y-%m-%dT%H:%M:%SZ}", *([] if clean else ["--defects"])]
    at = ["--as-of", f"{now:%Y-%m-%dT%H:%M:%SZ}"]
    breach = None
    try:
        _run("fake", *deliver, *loaded)
        _run("generate")
        for dataset in in_order(project.catalog):
            _run("ingest", dataset.name, str(folder / f"{file_stem(dataset.name)}.csv"), *at)
        _run("build", *at)
        _run("verify", *at)
    except Breach as error:
        click.echo(f"{error.message}\n", err=True)
        breach = error
    _run("publish")
    _run("report", *at)  # it links to the contract pages
    _run("status", *at)
    _summarise(settings, now)
    if breach:
        raise breach


def _run(*arguments: str) -> None:
    """One command, shown as it would be typed."""
    from c360.cli import c360

    click.echo(styled(f"$ c360 {' '.join(arguments)}", bold=True))
    c360.main(list(arguments), prog_name="c360", standalone_mode=False)


def _summarise(settings: Settings, now: datetime) -> None:
    """What became of the deliveries of this run, how many clauses held at each stage, and where the pages are."""
    from c360.ledger.deliveries import taken
    from c360.ledger.outcomes import held

    database = connected(settings)
    deliveries = taken(database, now)
    stages = held(database, now, ("gate", "build", "verify"))
    click.echo(styled("\nSummary\n", bold=True))
    names = ["delivery", "outcome", "delivered", "promoted", "quarantined", "duplicates", "superseded", ""]
    print_table(names, [[str(cell) for cell in astuple(one)] for one in deliveries])
    print_table(["stage", "clauses that held", "of"], [[str(cell) for cell in astuple(one)] for one in stages])
    site = settings.site
    pages = (("contracts", "the contracts"), ("owners", "for data owners"), ("elementary", "Elementary's report"))
    for name, what in pages:
        page = site / name / "index.html"
        if page.exists():
            click.echo(f"{page}  {what}")
    click.echo("Why rows are in quarantine: c360 quarantine list. What broke, and since when: c360 status")
