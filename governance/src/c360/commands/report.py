"""`c360 report`."""

import click

from c360.console import as_of_option, clock, connected


@click.command(
    epilog="""\b
Examples:
  c360 report
  c360 report --as-of 2026-03-01T12:00:00Z"""
)
@as_of_option
def report(as_of: str | None) -> None:
    """Write the owner page, and Elementary's report over dbt's tests and the gate's verdicts.

    Without Elementary's dbt packages its report is left out, and says so.
    """
    from c360.dbt import elementary, packages
    from c360.ledger.tables import prepare
    from c360.project import open_project
    from c360.report.site import write_site
    from c360.status.overview import clock_of

    project = open_project()
    database = connected(project.settings)
    prepare(database)
    left_out = packages.left_out(project.settings)
    if left_out:
        click.echo(left_out, err=True)
    else:
        page = elementary.write(
            project, database, project.settings.site / "elementary", clock(as_of) if as_of else None
        )
        click.echo(f"Elementary's report: {page}")
    now = clock_of(database, clock(as_of) if as_of else None)
    click.echo(f"Page for data owners: {write_site(project, database, project.settings.site / 'owners', now)}")
