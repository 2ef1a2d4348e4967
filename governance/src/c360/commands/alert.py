"""`c360 alert`."""

from pathlib import Path

import click

from c360.console import as_of_option, clock, connected, contracts_option, json_option, print_json


@click.command(
    epilog="""\b
Examples:
  c360 alert
  C360_WEBHOOK_URL=https://hooks.example.com/… c360 alert"""
)
@as_of_option
@contracts_option
@json_option
def alert(as_of: str | None, contracts: Path | None, as_json: bool) -> None:
    """Write what changed since the last alert below $C360_HOME/alerts, and post it to $C360_WEBHOOK_URL.

    It tells of clauses that broke or recovered, freshness promises missed, datasets that nobody judged lately,
    anomalies, and disagreements of engines. Without a change there is no alert.
    """
    from c360.ledger.tables import prepare
    from c360.project import open_project
    from c360.status.alert import markdown, payload, raise_alert
    from c360.status.overview import clock_of

    project = open_project(contracts)
    database = connected(project.settings)
    prepare(database)
    now = clock_of(database, clock(as_of) if as_of else None)
    raised = raise_alert(project, database, now)
    if as_json:
        print_json(payload(raised.as_of, raised.changes) | {"posted": raised.posted})
        return
    if not raised.changes:
        click.echo("Nothing has changed since the last alert.")
        return
    click.echo(markdown(project.settings.name, raised.as_of, raised.changes))
    for path in filter(None, (raised.json_file, raised.markdown_file)):
        click.echo(f"Written to {path}.")
    if raised.posted:
        click.echo("Posted to the webhook.")
