"""Build: dbt in process, source freshness first, then models and tests; outcomes go to the history by clause."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from c360.console import as_of_option, clock, json_option, print_json, print_table
from c360.contract.model import Clause
from c360.errors import Breach, CouldNotTell
from c360.history import Finding, Run, failing, on_record, record
from c360.project import Project, open_project

_OUTCOMES = {
    "pass": "passed", "success": "passed", "fail": "failed", "warn": "warned", "skipped": "skipped",
    "error": "errored", "runtime error": "errored", "partial success": "errored", "no-op": "skipped",
}  # fmt: skip


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
        fresh = invoke("source", "freshness")
        findings = _findings(project, fresh, freshness=True)
        with database:
            record(database, run, findings)
        stale = [found.clause.id for found in findings if found.outcome == "failed"]
        if stale:
            raise Breach(f"Sources are stale: {', '.join(stale)}; nothing was built.", "Ingest a newer delivery.")
        _told(fresh, "source freshness", project)
        built = invoke("build", *excluded, *dbt_arguments)
        _open_marts(project)
        results = _findings(project, built, freshness=False)
        with database:
            record(database, run, results)
    findings += results
    summary = _summary(built)
    if as_json:
        print_json({"nodes": summary, "clauses": {f.clause.id: f.outcome for f in findings}})
    else:
        print_table(["kind", "nodes", *_KINDS], [[kind, *map(str, counts)] for kind, counts in summary.items()])
        bad = [found for found in findings if found.outcome != "passed"]
        if bad:
            print_table(["clause", "outcome", "rows"], [[f.clause.id, f.outcome, str(f.rows or "")] for f in bad])
    _told(built, "build", project)


@contextmanager
def dbt(project: Project, as_of: datetime | None) -> Iterator[Any]:
    """A function that runs one dbt command in this process, over integration_tests and our database.

    Telemetry is off; everything dbt writes goes below `$C360_HOME/dbt`.
    """
    from c360 import packages
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
        "DBT_LOG_LEVEL": "warn",
        "DBT_USE_COLORS": "false",
    }
    variables: dict[str, Any] = {}
    if elementary:  # it is told of our models once, by prepare_tables
        variables |= {"customer360_elementary": True, "disable_dbt_artifacts_autoupload": True}
    if as_of:
        at = f"{as_of:%Y-%m-%dT%H:%M:%S.%fZ}"
        variables |= {"as_of": at, "custom_run_started_at": at}  # the second is Elementary's name for it
    with exported(env):
        from dbt.cli.main import dbtRunner

        runner = dbtRunner()
        yield lambda *arguments: runner.invoke([*arguments, "--vars", json.dumps(variables)])


def _open_marts(project: Project) -> None:
    from c360.database import connect
    from c360.database.access import TRANSFORMER, Place, open_marts

    marts = [Place(d.schema, d.table, TRANSFORMER) for c, d in project.catalog.pairs() if c.layer == "products"]
    with closing(connect(project.settings, role=TRANSFORMER)) as owner, owner, owner.cursor() as cursor:
        open_marts(cursor, marts)


def _findings(project: Project, result: Any, freshness: bool) -> list[Finding]:
    clauses = {c.id: c for _, dataset in project.catalog.pairs() for c in dataset.clauses}
    findings = []
    for node in getattr(result.result, "results", None) or []:
        clause = clauses.get(_clause_id(node.node))
        if clause is not None:
            findings.append(_finding(clause, node, freshness))
    return findings


def _clause_id(node: Any) -> str:
    meta = getattr(getattr(node, "config", None), "meta", None) or {}
    return str(meta.get("clause", ""))


def _finding(clause: Clause, node: Any, freshness: bool) -> Finding:
    outcome = _OUTCOMES.get(str(node.status), "errored")
    if freshness:
        if outcome == "errored" and str(node.status) == "error":  # older than promised, not unmeasurable
            outcome = failing(clause)
        return Finding(clause, "dbt", outcome, getattr(node, "age", None))  # type: ignore[arg-type]
    rows = getattr(node, "failures", None)
    if clause.kind == "anomaly":
        return Finding(clause, "elementary", outcome, rows)  # type: ignore[arg-type]
    return Finding(clause, "dbt", outcome, rows, rows)  # type: ignore[arg-type]


_KINDS = ["passed", "warned", "failed", "errored", "skipped"]


def _summary(result: Any) -> dict[str, list[int]]:
    """Per kind of node: how many, and how many of each outcome."""
    counts: dict[str, list[int]] = {}
    for node in getattr(result.result, "results", None) or []:
        kind = str(node.node.resource_type).rpartition(".")[2].lower()
        if kind == "operation":  # Elementary's hooks
            continue
        row = counts.setdefault(kind, [0] * 6)
        row[0] += 1
        row[1 + _KINDS.index(_OUTCOMES.get(str(node.status), "errored"))] += 1
    return counts


def _told(result: Any, what: str, project: Project) -> None:
    """Raises Breach when a test failed, CouldNotTell when dbt could not run something."""
    if result.success:
        return
    results = getattr(result.result, "results", None) or []
    failed = [node for node in results if str(node.status) == "fail"]
    if failed and not any(str(node.status) in ("error", "runtime error") for node in results):
        raise Breach(f"{len(failed)} dbt tests failed.", "See: c360 status")
    errored = [str(node.node.name) for node in results if str(node.status) in ("error", "runtime error")]
    where = f" at {', '.join(errored[:3])}" if errored else ""
    raise CouldNotTell(f"dbt {what} could not run{where}.", f"See {_log(project)}.")


def _log(project: Project) -> Path:
    return project.settings.home / "dbt" / "logs" / "dbt.log"
