"""`c360 alert`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from c360.console import as_of_option, clock, connected, contracts_option, json_option, print_json
from c360.errors import CouldNotTell
from c360.settings import user_name

if TYPE_CHECKING:
    from datetime import datetime

    from psycopg import Connection

    from c360.project import Project


@click.group(
    invoke_without_command=True,
    epilog="""\b
Examples:
  c360 alert
  c360 alert ack contacts --until 2026-12-03 --reason "Salesforce mends its export"
  C360_WEBHOOK_URL=https://hooks.example.com/… c360 alert""",
)
@as_of_option
@contracts_option
@json_option
@click.pass_context
def alert(context: click.Context, as_of: str | None, contracts: Path | None, as_json: bool) -> None:
    """Write what changed since the last alert below $C360_HOME/alerts, and post it to webhooks.

    One entry a cause: a refused delivery, rows set aside, a source that is late, broken clauses, a stage that failed, a
    warning. It is reported when it begins, when more clauses break, and once when it is over. A reminder of what is
    broken comes each day, of rows set aside each week, until someone acknowledges it. Without a change there is no
    alert.

    Everything goes to $C360_WEBHOOK_URL. What concerns a channel of a contract (`support`) also goes to the address of
    that channel: $C360_WEBHOOK_URL_CRM_PLATFORM for #crm-platform. Addresses of Slack, Teams and PagerDuty get what
    these read, others JSON. The routing key of PagerDuty is the address's fragment. Links begin with $C360_PAGES_URL.
    """
    if context.invoked_subcommand:
        return
    from c360.status.alert import payload, raise_alert
    from c360.status.machine import utc
    from c360.status.payloads import markdown

    project, database, now = _open(contracts, as_of)
    raised = raise_alert(project, database, now)
    if as_json:
        print_json(payload(raised.as_of, raised.changes) | {"posted": raised.posted})
        return
    if not raised.changes:
        click.echo("Nothing has changed since the last alert.")
        return
    click.echo(markdown(project.settings.name, str(utc(raised.as_of)), raised.changes))
    for path in filter(None, (raised.json_file, raised.markdown_file)):
        click.echo(f"Written to {path}.")
    if raised.posted:
        click.echo("Posted to the webhook.")


@alert.command(
    epilog="""\b
Example:
  c360 alert ack contacts --until 2026-12-03 --reason "Salesforce mends its export" """
)
@click.argument("dataset")
@click.option("--until", required=True, metavar="TIME", help="No reminder comes before (ISO 8601, UTC).")
@click.option("--reason", required=True, metavar="TEXT", help="What is being done; it goes on record.")
@click.option("--by", metavar="NAME", help="Who is on it; by default the user of this computer.")
@as_of_option
@contracts_option
def ack(dataset: str, until: str, reason: str, by: str | None, as_of: str | None, contracts: Path | None) -> None:
    """Say who is on all that is wrong with DATASET: no reminder is sent until then.

    The page, status and alerts name who it is. More clauses that break, and the recovery, are still reported. What
    breaks anew later is not acknowledged.
    """
    from c360.ledger.alerts import Acknowledged
    from c360.printable import when
    from c360.status.alert import acknowledge

    who = (by or user_name()).strip()
    if not who or not reason.strip():
        raise CouldNotTell("An acknowledgement needs a name and a reason.", "Add --by NAME, and --reason TEXT.")
    end = clock(until)
    project, database, now = _open(contracts, as_of)
    if end <= now:
        raise CouldNotTell(f"{when(end)} UTC is over.", "Name a time to come: --until 2026-12-03")
    for cause in acknowledge(project, database, dataset, Acknowledged(now, who, end, reason.strip())):
        click.echo(f"{cause.headline}.")
    click.echo(f"{who} is on it until {when(end)} UTC.")


def _open(contracts: Path | None, as_of: str | None) -> "tuple[Project, Connection, datetime]":
    from c360.ledger.tables import prepare
    from c360.project import open_project
    from c360.status.overview import clock_of

    project = open_project(contracts)
    database = connected(project.settings)
    prepare(database)
    return project, database, clock_of(database, clock(as_of) if as_of else None)
