"""`c360 generate`."""

from pathlib import Path
from typing import Any

import click

from c360.console import contracts_option, json_option, print_json
from c360.errors import Breach


@click.command(
    epilog="""\b
Examples:
  c360 generate
  c360 generate --check
  c360 generate --contracts elsewhere/contracts --out elsewhere"""
)
@click.option(
    "--check",
    "only_check",
    is_flag=True,
    help="Write nothing; exit 1 when a file is stale, missing or orphaned.",
)
@contracts_option
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Write below this folder.")
@json_option
def generate(only_check: bool, contracts: Path | None, out: Path | None, as_json: bool) -> None:
    """Write Soda checks, dbt sources and dbt model contracts from the contracts.

    Where versions are released (c360 release), also what has changed from one to the next: CHANGELOG.md beside them.
    """
    from c360.generate.model_sql import require_sql
    from c360.project import open_project

    project = open_project(contracts)
    drift, files = generated(project, (out or project.settings.root).resolve(), only_check, whole=contracts is None)
    if as_json:
        print_json(as_dict(drift, files))
    for word, paths in (
        () if as_json else (("stale", drift.stale), ("missing", drift.missing), ("orphaned", drift.orphaned))
    ):
        for path in paths:
            click.echo(f"{word if only_check else {'orphaned': 'deleted'}.get(word, 'written'):8}  {path}")
    if only_check and drift:
        raise Breach("Generated files differ from what the contracts ask for.", "Run: c360 generate")
    if out is None:
        require_sql(project.catalog, project.settings.dbt_package / "models")
    if not drift and not as_json:
        click.echo(f"{files} generated files are as the contracts ask.")


def as_dict(drift: Any, files: int) -> Any:
    """As `--json` prints it."""
    return {
        "stale": list(drift.stale), "missing": list(drift.missing), "orphaned": list(drift.orphaned), "files": files,
    }  # fmt: skip


def generated(project: Any, root: Path, only_check: bool, whole: bool = True) -> tuple[Any, int]:
    """Write or check the files; what differed, and how many there are. `whole`: policies and the changelog too."""
    from c360.compat.changelog import changelog
    from c360.generate import check, plan, target_of, write
    from c360.share.plan import shares
    from c360.share.policy import policies_of

    target = target_of(project.settings)
    files = plan(project.catalog, target)
    if whole:
        files |= shares(policies_of(project), target)
        files |= changelog(project.contracts, project.settings)
    return (check if only_check else write)(files, root, target.folders), len(files)
