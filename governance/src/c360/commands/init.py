"""`c360 init`."""

from pathlib import Path

import click


@click.command(
    epilog="""\b
Examples:
  c360 init
  c360 init --example counters && cd counters && make generate build"""
)
@click.argument("folder", required=False, default=".", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.option(
    "--example", is_flag=True, help="Also write a contract about bicycle counters, with a delivery and a model."
)
def init(folder: Path, example: bool) -> None:
    """Begin a project: settings, a README, a Makefile, a CI workflow, a pre-commit file, a dbt project.

    A file that exists is left as it is. If the folder holds a dbt project, it is used and none is written.
    """
    from c360.scaffold import scaffold

    begun = scaffold(folder, example)
    for path in begun.written:
        click.echo(f"written   {path}")
    for path in begun.kept:
        click.echo(f"kept      {path}")
    if folder / ".gitignore" in begun.kept:
        click.echo("Add to .gitignore: .c360/")
    if begun.dbt_project / "dbt_project.yml" not in begun.written:
        click.echo(f"dbt project: {begun.dbt_project}, which was there.")
    if begun.others:
        others = ", ".join(map(str, begun.others))
        click.echo(f"Other dbt projects: {others}. To use another one, change dbt.package in c360.toml.")
    if not (begun.dbt_project / "profiles.yml").exists():
        click.echo(f"c360 build needs {begun.dbt_project / 'profiles.yml'}, which reads the variables of: c360 db env")
    if example:
        click.echo("Next: c360 generate, then c360 ingest counts deliveries/counts.csv, then c360 build")
    else:
        click.echo("Next: c360 import FILE, then c360 lint, then c360 generate")
