"""`c360 catalog`."""

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from c360.console import connected, json_option, print_exports, print_json, print_table
from c360.errors import Breach, CouldNotTell
from c360.printable import counted

if TYPE_CHECKING:
    from c360.catalogue.plan import Plan, Step

_ACTIONS = ("create", "change", "leave", "remove", "missing")
_SHOWN = 30
"""Lines of single entities; --json tells of all."""


@click.group()
def catalog() -> None:
    """OpenMetadata, in step with the contracts: tags, owners, terms, data contracts, test results, lineage.

    Its address is C360_OPENMETADATA_URL; the token is C360_OPENMETADATA_TOKEN, or in the file that
    C360_OPENMETADATA_TOKEN_FILE names. Its tables come by ingestion: docs/catalog.md.
    """


@catalog.command(
    epilog="""\b
Examples:
  c360 catalog push --dry-run
  c360 catalog push
  c360 catalog push --prune"""
)
@click.option("--dry-run", is_flag=True, help="Print the plan, and send nothing.")
@click.option("--prune", is_flag=True, help="Remove what was made for contracts that are gone; never what others made.")
@click.option("--verbose", is_flag=True, help="Name each entity that differs, and what the catalogue cannot hold.")
@json_option
def push(dry_run: bool, prune: bool, verbose: bool, as_json: bool) -> None:
    """Bring the catalogue in step with the contracts, and add the results that it does not have.

    What is there as it ought to be is left alone: a second push sends nothing, and says one line. What the server
    refuses is reported, and the rest goes on without it.
    """
    from c360.catalogue import access
    from c360.catalogue.compare import compare, contracts_of, names_of, new_results, unread
    from c360.catalogue.push import push as send
    from c360.ledger.tables import prepare
    from c360.project import open_project

    project = open_project()
    with access.server(project.settings) as server:
        names = names_of(project)
        found = compare(project, server, names)
        database = connected(project.settings)
        prepare(database)
        results = new_results(project, database, found.actual, names)
        left = unread(contracts_of(project))
        plan = found.plan if prune else found.plan.without("remove")
        if as_json and dry_run:
            print_json(_as_data(found.plan) | {"results": len(results), "unread": left})
        elif not as_json:
            if found.plan.of("create", "change", "remove", "missing"):
                _show(found.plan, prune, single=verbose)
            for label, parts in left.items() if verbose else ():
                click.echo(f"{label}: the catalogue's data contract cannot hold {_listed(parts)}.")
        if dry_run:
            if not as_json:
                click.echo(f"{len(results)} results to add.")
            return
        with _progress(len(plan.of("create", "change", "remove")) + len(results)) as advance:
            done = send(server, plan, results, found.actual, names, advance)
    refused = [{"type": ref.type, "name": ref.name, "why": why} for ref, why in done.refused]
    if as_json:
        print_json(
            _as_data(found.plan) | {"sent": done.steps, "results": done.results, "refused": refused, "unread": left}
        )
    else:
        click.echo(
            f"Sent: {counted(done.steps, 'change', 'changes')} and {counted(done.results, 'result', 'results')}."
        )
        if refused:
            print_table(["refused", "name", "why"], [list(entry.values()) for entry in refused[:_SHOWN]])
    _require(refused, plan.of("missing"))


def _require(refused: list[dict[str, str]], missing: "list[Step]") -> None:
    from c360.catalogue.doctor import INGEST

    if refused:
        first = refused[0]
        raise CouldNotTell(
            f"The catalogue did not take {counted(len(refused), 'entity', 'entities')}; "
            f"first {first['type']} {first['name']}: {first['why'].rstrip('.')}.",
            "Mend that, then: c360 catalog push",
        )
    if missing:
        columns = f" has no {', '.join(missing[0].fields)}" if missing[0].fields else " is not there"
        raise CouldNotTell(f"In the catalogue {missing[0].ref.name}{columns} ({len(missing)} tables in all).", INGEST)


@catalog.command(
    epilog="""\b
Examples:
  c360 catalog check
  c360 catalog check --json"""
)
@json_option
def check(as_json: bool) -> None:
    """What the catalogue says against what the contracts say; exits 1 where they differ. Sends nothing.

    Test results are not compared: they come with the next push.
    """
    from c360.catalogue import access
    from c360.catalogue.compare import compare, names_of
    from c360.project import open_project

    project = open_project()
    with access.server(project.settings) as server:
        found = compare(project, server, names_of(project))
    differ = found.plan.of("create", "change", "remove", "missing")
    if as_json:
        print_json(_as_data(found.plan))
    else:
        _show(found.plan, prune=True)
    if differ:
        raise Breach(
            f"The catalogue differs from the contracts in {len(differ)} entities.",
            "Bring it in step: c360 catalog push (with --prune for what is left over)",
        )
    if not as_json:
        click.echo("The catalogue says what the contracts say.")


@catalog.command(
    epilog="""\b
Examples:
  c360 catalog doctor
  c360 catalog doctor --json"""
)
@json_option
def doctor(as_json: bool) -> None:
    """Address, token, its rights, server, version, tables, client: what does not fit, and what mends it."""
    from c360.catalogue.compare import contracts_of, names_of, tables_of
    from c360.catalogue.doctor import run_checks
    from c360.project import open_project

    project = open_project()
    names = names_of(project)
    checks = list(run_checks(project.settings, names, tables_of(contracts_of(project), names)))
    if as_json:
        print_json([vars(check) for check in checks])
    else:
        print_table(["what", "state", "found"], [[check.what, check.state, check.found] for check in checks])
    wrong = next((check for check in checks if check.state == "differs"), None)
    if wrong:
        raise CouldNotTell(f"{wrong.what}: {wrong.found}".rstrip(".") + ".", wrong.remedy)


@catalog.command()
def env() -> None:
    """Print variables for `metadata ingest`: the database, the schemas of the contracts, where dbt's artifacts are.

    \b
    Example:
      eval "$(c360 catalog env)" && .venv-catalog/bin/metadata ingest -c governance/openmetadata/postgres.yaml

    No token is printed: of a file the command that reads it.
    """
    from c360.catalogue import access
    from c360.catalogue.compare import contracts_of, names_of
    from c360.catalogue.environment import variables
    from c360.project import open_project

    project = open_project()
    access.token(project.settings)
    print_exports(variables(project, names_of(project), contracts_of(project)))
    if not project.settings.openmetadata_token:
        path = shlex.quote(str(project.settings.openmetadata_token_file))
        click.echo(f'export C360_OPENMETADATA_TOKEN="$(cat {path})"')


def _show(plan: "Plan", prune: bool, single: bool = True) -> None:
    types = list(dict.fromkeys(step.ref.type for step in plan.steps))
    counts = [[t, *(sum(s.ref.type == t for s in plan.of(action)) for action in _ACTIONS)] for t in types]  # type: ignore[arg-type]
    print_table(["type", *_ACTIONS], [[str(cell or "") for cell in row] for row in counts])
    differ = [step for step in plan.steps if step.action in ("change", "remove", "missing")]
    if differ and single:
        lines = [[step.action, step.ref.type, step.ref.name, _listed(list(step.fields))] for step in differ]
        print_table(["action", "type", "name", "what"], lines[:_SHOWN])
        if len(differ) > _SHOWN:
            click.echo(f"… and {len(differ) - _SHOWN} more: --json tells of all.")
    left = len(plan.of("remove"))
    if left and not prune:
        said = "1 entity is" if left == 1 else f"{left} entities are"
        click.echo(f"{said} left over of contracts that are gone; --prune removes them.")


def _as_data(plan: "Plan") -> dict[str, Any]:
    steps = [
        {"action": step.action, "type": step.ref.type, "name": step.ref.name, "fields": list(step.fields)}
        for step in plan.steps
    ]
    return {"steps": steps}


def _listed(parts: list[str]) -> str:
    more = f" and {len(parts) - 8} more" if len(parts) > 8 else ""
    return ", ".join(parts[:8]) + more


@contextmanager
def _progress(total: int) -> Iterator[Any]:
    """A bar, on a terminal alone."""
    if not (sys.stderr.isatty() and total):
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("catalogue", total=total)
        yield lambda: bar.advance(task)
