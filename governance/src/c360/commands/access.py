"""`c360 access`."""

from contextlib import closing, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from c360.console import json_option, print_json
from c360.errors import Breach, CouldNotTell

if TYPE_CHECKING:
    from psycopg import Connection

    from c360.settings import Settings


@click.command(
    epilog="""\b
Examples:
  c360 access
  c360 access --check
  c360 access --print | psql -v ON_ERROR_STOP=1 customer360   run by an administrator, where you are none"""
)
@click.option("--check", "only_check", is_flag=True, help="Change nothing; exit 1 when a right is missing or too much.")
@click.option("--print", "only_print", is_flag=True, help="Print the SQL for an administrator; nothing is run.")
@json_option
def access(only_check: bool, only_print: bool, as_json: bool) -> None:
    """Make the roles of c360 and give each its rights in the database; doing it again changes nothing.

    c360_loader owns what c360 writes, c360_transformer what dbt writes. The SQL of contracts runs as c360_scanner,
    which may only select from the tables of contracts. c360_reader may only select from the marts. Tables that are
    there already are taken over. None of the roles is a superuser, and with them neither need be the user of
    C360_DATABASE_URL. Every command makes them where it can; this one is for where it cannot, and to check.
    """
    from c360 import database as database
    from c360.database import access as rights
    from c360.database.access_check import differences
    from c360.settings import load
    from c360.share import role

    if only_check and only_print:
        raise CouldNotTell("--check and --print are two things.", "Type one of them: c360 access --check")
    settings = load()
    login = database.parameters(settings)
    user = login["user"] if settings.database_url else None
    places = database.places(settings)
    if only_print:
        scripts = [rights.script(user, login["dbname"], places)]
        scripts += [role.script(partner, login["dbname"], user) for partner in sorted(_partners())]
        click.echo("\n".join(["begin;", *scripts, "commit;"]))
        return
    if not only_check:
        database.give_access(settings)
    with closing(database.connect(settings, role=None)) as connection:
        found = differences(connection, user, places)
        found += _of_partners(connection, settings, user, only_check)
    if as_json:
        print_json([{"kind": kind, "what": what} for kind, what in sorted(found)])
    else:
        for kind, what in sorted(found):
            click.echo(f"{kind:8}  {what}")
    if found:
        remedy = "Have an administrator run what c360 access --print prints, and revoke what is too much."
        remedy = "Run: c360 access" if only_check else remedy
        raise Breach(f"{len(found)} rights in {login['dbname']} are not as c360 wants them.", remedy)
    if not as_json:
        click.echo(f"The roles have their rights in {login['dbname']}, and no more: {', '.join(rights.ROLES)}.")


def _of_partners(
    connection: "Connection", settings: "Settings", user: str | None, only_check: bool
) -> list[tuple[str, str]]:
    """What roles of partners may do too much, after it was taken from those that are there, unless it is to be checked
    only; and who reads what no policy is for."""
    from psycopg.errors import InsufficientPrivilege

    from c360.share import role
    from c360.share.living import ended, last_days, open_shares

    found = []
    for partner in _partners() | set(role.partners_here(connection.cursor())):
        if not only_check and role.exists(connection.cursor(), partner):
            role.ensure(connection, partner, user)
        found += [f"{role.role_of(partner)} {what}" for what in role.excess_privileges(connection, partner)]
    with suppress(InsufficientPrivilege):  # without the roles of c360; who checks them says so
        for one in ended(open_shares(connection.cursor()), last_days(settings.policies), datetime.now(UTC).date()):
            found.append(f"{role.role_of(one.partner)} reads {one.product} still: {one}. {one.remedy}")
    return [("too much", what) for what in found]


def _partners() -> set[str]:
    """The partners of policies; none where contracts or policies cannot be read, which others say."""
    from c360.project import open_project
    from c360.share.policy import policies_of

    try:
        return {policy.partner for policy in policies_of(open_project())}
    except CouldNotTell:
        return set()
