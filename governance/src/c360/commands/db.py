"""`c360 db`: the database's own commands."""

import json
import os
import shutil

import click

from c360 import settings as settings_module
from c360.console import print_exports


@click.group()
def db() -> None:
    """Start, stop and reach the database.

    \b
    By default an embedded Postgres with its files in $C360_HOME/postgres (.c360/postgres),
    started when needed. C360_DATABASE_URL names another server instead.
    """


@db.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Listen on 127.0.0.1:PORT too, with a password.")
def start(port: int | None) -> None:
    """Start the embedded server, if it does not run.

    For another port it restarts, unless somebody is connected to it.

    \b
    Examples:
      c360 db start
      c360 db start --port 5433     for DBeaver and the like; c360 db status tells how to log in
    """
    from c360.database import server

    settings = settings_module.load()
    if _is_foreign(settings):
        return
    server.start(settings, port)
    _show(settings)


@db.command()
def stop() -> None:
    """Stop the embedded server, ending every connection to it.

    A delivery that is in the gate is rolled back as a whole: ingest it again.

    \b
    Example:
      c360 db stop
    """
    from c360.database import server

    settings = settings_module.load()
    if not _is_foreign(settings):
        click.echo("Stopped." if server.stop(settings) else "It was not running.")


@db.command()
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def status(as_json: bool) -> None:
    """Tell whether it runs, and how to reach it.

    \b
    Examples:
      c360 db status
      c360 db status --json
    """
    settings = settings_module.load()
    if as_json:
        click.echo(json.dumps(_facts(settings), indent=2))
    else:
        _show(settings)


@db.command()
@click.option("--show-password", is_flag=True, help="Print the password instead of ***.")
def url(show_password: bool) -> None:
    """Print its URL, starting it if need be.

    \b
    Examples:
      c360 db url
      pg_dump "$(c360 db url --show-password)"
    """
    from c360 import database as database

    click.echo(database.url(settings_module.load(), masked=not show_password))


@db.command()
def env() -> None:
    """Print variables for dbt, soda and datacontract: they log in as c360_transformer, who is no superuser.

    \b
    Example:
      eval "$(c360 db env)" && cd integration_tests && dbt build
    """
    from c360 import database as database
    from c360.database.access import TRANSFORMER

    settings = settings_module.load()
    database.connect(settings).close()  # so that the role is there
    variables = database.libpq_env(settings, TRANSFORMER)
    print_exports(variables)


_PASS_ON = {"ignore_unknown_options": True, "allow_interspersed_args": False, "help_option_names": ["--help"]}


@db.command(context_settings=_PASS_ON)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def psql(arguments: tuple[str, ...]) -> None:
    """Open psql; ARGUMENTS are passed on.

    \b
    Examples:
      c360 db psql
      c360 db psql -c "select count(*) from raw.transactions"
    """
    from c360 import database as database
    from c360.database import programs

    variables = database.libpq_env(settings_module.load())
    program = shutil.which("psql") or str(programs.folder() / "psql")
    os.execve(program, [program, *arguments], os.environ | variables)  # noqa: S606


def _is_foreign(settings: settings_module.Settings) -> bool:
    if settings.database_url:
        click.echo("C360_DATABASE_URL names a server that c360 neither starts nor stops.")
    return bool(settings.database_url)


def _facts(settings: settings_module.Settings) -> dict:
    from c360 import database as database
    from c360.database import listen, server

    if settings.database_url:
        connection = database.connect(settings, role=None)
        version = connection.info.parameter_status("server_version")
        connection.close()
        return {
            "kind": "external",
            "running": True,
            "url": database.url(settings, masked=True),
            "version": version,
        }
    now = server.status(settings)
    facts = {"kind": "embedded", "running": now.running, "data": str(now.data)}
    if now.running:
        facts |= {"pid": now.pid, "url": database.url(settings, masked=True)}
    if now.port:
        facts |= {"host": "127.0.0.1", "port": now.port, "user": server.USER, "database": server.DATABASE}
        facts |= {"password_file": str(listen.password_file(settings))}
    return facts


def _show(settings: settings_module.Settings) -> None:
    for name, value in _facts(settings).items():
        click.echo(f"{name.replace('_', ' '):14}{str(value).lower() if isinstance(value, bool) else value}")
