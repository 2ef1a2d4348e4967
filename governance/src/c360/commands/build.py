"""`c360 build`."""

from pathlib import Path
from typing import Any

import click

from c360.console import as_of_option, clock, connected, json_option, print_json, print_table, waiting
from c360.errors import CouldNotTell


@click.command(
    context_settings={"ignore_unknown_options": True},
    epilog="""\b
Examples:
  c360 build
  c360 build --select customers+
  c360 build --full-refresh""",
)
@click.argument("dbt_arguments", nargs=-1, type=click.UNPROCESSED)
@as_of_option
@json_option
def build(dbt_arguments: tuple[str, ...], as_of: str | None, as_json: bool) -> None:
    """Run dbt source freshness, then dbt build; further arguments are dbt's own.

    Stale sources end it before anything is built.
    """
    from c360.dbt import packages
    from c360.dbt.build import KINDS, summary
    from c360.dbt.build import build as run_dbt
    from c360.dbt.log import SAY
    from c360.engine import require_postgres
    from c360.ledger.history import Run, on_record
    from c360.ledger.tables import prepare
    from c360.project import open_project

    if as_json:  # on its own on standard output
        before = SAY.set(lambda text: click.echo(text, err=True))
        click.get_current_context().call_on_close(lambda: SAY.reset(before))
    project = open_project()
    require_postgres(project.settings, project.catalog, "build")
    run = Run.start("build", clock(as_of))
    if dbt_arguments:
        _require_options(dbt_arguments, project.settings.dbt_project)
    database = connected(project.settings)
    prepare(database)
    with on_record(database, run, catalog=project.catalog) as ending:
        left_out = packages.left_out(project.settings)
        if left_out:
            click.echo(left_out, err=True)
        with waiting("building", as_json) as say:
            built = run_dbt(project, database, run, dbt_arguments, pinned=as_of is not None, say=say)
        ending.made = built.made
        if as_json:
            print_json(as_dict(built))
        else:
            print_table(
                ["kind", "nodes", *KINDS], [[kind, *map(str, counts)] for kind, counts in summary(built.answer).items()]
            )
            bad = [found for found in built.findings if found.outcome != "passed" or found.detail]
            if bad:
                print_table(
                    ["clause", "outcome", "rows", "why"],
                    [[f.clause.id, f.outcome, str(f.rows or ""), f.detail or ""] for f in bad],
                )
        built.require()


def as_dict(built: Any) -> Any:
    """As `--json` prints it; of several outcomes of a clause the worst."""
    from c360.dbt.build import summary
    from c360.ledger.history import BADNESS

    worst_last = sorted(built.findings, key=lambda found: BADNESS.index(found.outcome))
    return {"nodes": summary(built.answer), "clauses": {f.clause.id: f.outcome for f in worst_last}}


def _require_options(arguments: tuple[str, ...], project: Path) -> None:
    """Raises CouldNotTell for arguments that `dbt build` does not take."""
    from dbt.cli.main import cli

    folders = ["--project-dir", str(project), "--profiles-dir", str(project)]  # by default, dbt wants one in the home
    try:
        cli.commands["build"].make_context("build", [*folders, *arguments])
    except click.UsageError as error:
        raise CouldNotTell(f"dbt build: {error.format_message().rstrip('.')}.", "See: dbt build --help") from None
