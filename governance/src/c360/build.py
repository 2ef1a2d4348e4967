"""Build: dbt in process, source freshness first, then models and tests; outcomes go to the history by clause."""

import json
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from c360.console import as_of_option, clock, json_option, print_json, print_table
from c360.dbt_verdicts import OUTCOMES, of_models, of_sources, refused, results_of, stale
from c360.errors import Breach, CouldNotTell
from c360.history import BADNESS, Finding, Run, on_record, record
from c360.project import Project, open_project


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
    from c360.database import connect
    from c360.database.tables import prepare

    project = open_project()
    run = Run.start("build", clock(as_of))
    database = connect(project.settings)
    prepare(database)
    with on_record(database, run):
        _build(project, database, run, dbt_arguments, pinned=as_of is not None, as_json=as_json)


def _build(
    project: Project, database: Any, run: Run, dbt_arguments: tuple[str, ...], pinned: bool, as_json: bool
) -> None:
    from c360 import packages
    from c360.report.elementary import prepare_tables

    left_out = packages.left_out(project.settings)
    if left_out:
        click.echo(left_out, err=True)
    excluded = [] if left_out else ["--exclude", "package:elementary", "tag:gate"]
    with dbt(project, run.as_of if pinned else None) as invoke:
        if not left_out:
            prepare_tables(project, database, invoke)
        findings = judge_sources(project, database, run, invoke)
        built, results = judge_models(project, database, run, invoke, *excluded, *dbt_arguments)
        _open_marts(project)
    findings += results
    summary = _summary(built)
    if as_json:
        worst_last = sorted(findings, key=lambda found: BADNESS.index(found.outcome))
        print_json({"nodes": summary, "clauses": {f.clause.id: f.outcome for f in worst_last}})
    else:
        print_table(["kind", "nodes", *_KINDS], [[kind, *map(str, counts)] for kind, counts in summary.items()])
        bad = [found for found in findings if found.outcome != "passed" or found.detail]
        if bad:
            print_table(
                ["clause", "outcome", "rows", "why"],
                [[f.clause.id, f.outcome, str(f.rows or ""), f.detail or ""] for f in bad],
            )
    _told(built, "build", project, refused(findings))
    broken = [found.clause.id for found in findings if found.outcome == "failed"]
    if broken:  # a model's contract, or a test that the project made a mere warning
        raise Breach(f"{len(broken)} clauses are broken: {', '.join(broken[:3])}.", "See: c360 status")


def judge_sources(project: Project, database: Any, run: Run, invoke: Any) -> list[Finding]:
    """Source freshness, into the history.

    Raises Breach when a source is older than promised, CouldNotTell when dbt could not measure one.
    """
    fresh = invoke("source", "freshness")
    findings = of_sources(project.catalog, fresh)
    with database:
        record(database, run, findings)
    old = stale(fresh, findings)
    if old:
        raise Breach(f"Sources are stale: {', '.join(old)}; nothing was built.", "Ingest a newer delivery.")
    _told(fresh, "source freshness", project)
    return findings


def judge_models(project: Project, database: Any, run: Run, invoke: Any, *arguments: str) -> tuple[Any, list[Finding]]:
    """`dbt build`, into the history; dbt's own answer, and what was found."""
    built = invoke("build", *arguments)
    findings = of_models(project.catalog, built)
    with database:
        record(database, run, findings)
    return built, findings


@contextmanager
def dbt(project: Project, as_of: datetime | None) -> Iterator[Any]:
    """A function that runs one dbt command in this process, over integration_tests and our database.

    Telemetry is off; everything dbt writes goes below `$C360_HOME/dbt`.
    """
    from c360 import dbt_log, packages
    from c360.database import libpq_env
    from c360.database.access import TRANSFORMER
    from c360.database.shell import exported

    home, folder = project.settings.home / "dbt", project.settings.dbt_project
    elementary = packages.cached(project.settings)
    linked = packages.link(home / "packages", {**packages.local(folder), **elementary})
    env = libpq_env(project.settings, TRANSFORMER) | {
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
        "DBT_LOG_PATH": str(home / "logs"),
        "DBT_TARGET_PATH": str(home / "target"),
        "DBT_PROJECT_DIR": str(folder),
        "DBT_PROFILES_DIR": str(folder),
        "DBT_PACKAGES_INSTALL_PATH": str(linked),
        "DBT_USE_COLORS": "false",
        **dbt_log.ENVIRONMENT,
    }
    variables: dict[str, Any] = {}
    if elementary:  # it is told of our models once, by prepare_tables
        variables |= {"customer360_elementary": True, "disable_dbt_artifacts_autoupload": True}
    if as_of:
        at = f"{as_of:%Y-%m-%dT%H:%M:%S.%fZ}"
        variables |= {"as_of": at, "custom_run_started_at": at}  # the second is Elementary's name for it
    with exported(env):
        from dbt.cli.main import dbtRunner

        runner = dbtRunner(callbacks=[dbt_log.recorder(_log(project))])

        def invoke(*arguments: str) -> Any:
            try:
                return runner.invoke([*arguments, "--vars", json.dumps(variables)])
            finally:
                dbt_log.clean(home / "target")

        yield invoke


def _open_marts(project: Project) -> None:
    from c360.database import connect
    from c360.database.access import TRANSFORMER, Place, open_marts

    marts = [Place(d.schema, d.table, TRANSFORMER) for c, d in project.catalog.pairs() if c.layer == "products"]
    with closing(connect(project.settings, role=TRANSFORMER)) as owner, owner, owner.cursor() as cursor:
        open_marts(cursor, marts)


_KINDS = ["passed", "warned", "failed", "errored", "skipped"]


def _summary(result: Any) -> dict[str, list[int]]:
    """Per kind of node: how many, and how many of each outcome."""
    counts: dict[str, list[int]] = {}
    for node in results_of(result):
        kind = str(node.node.resource_type).rpartition(".")[2].lower()
        if kind == "operation":  # Elementary's hooks
            continue
        row = counts.setdefault(kind, [0] * 6)
        row[0] += 1
        row[1 + _KINDS.index(OUTCOMES.get(str(node.status), "errored"))] += 1
    return counts


def _told(result: Any, what: str, project: Project, refused: Collection[str] = ()) -> None:
    """Raises Breach when a test failed, CouldNotTell when dbt could not run something.

    `refused` are the models that dbt did not build for the clauses they break: there it could tell.
    """
    if result.success:
        return
    results = results_of(result)
    errored = [
        str(node.node.name)
        for node in results
        if str(node.status) in ("error", "runtime error") and node.node.name not in refused
    ]
    failed = [node for node in results if str(node.status) == "fail"]
    if failed and not errored:
        raise Breach(f"{len(failed)} dbt tests failed.", "See: c360 status")
    if refused and not errored:
        return
    where = f" at {', '.join(errored[:3])}" if errored else ""
    raise CouldNotTell(f"dbt {what} could not run{where}.", f"See {_log(project)}.")


def _log(project: Project) -> Path:
    return project.settings.home / "dbt" / "logs" / "dbt.log"
