"""`c360 deps`."""

import click


@click.command(
    epilog="""\b
Examples:
  c360 deps
  C360_DBT_PACKAGES=/srv/dbt_packages c360 deps"""
)
def deps() -> None:
    """Get the dbt packages of Elementary from the package hub, and keep a copy for when it is out of reach.

    It is no error when neither can be had: everything but Elementary's part runs without.
    """
    from c360.dbt.packages import cached, fetch, reachable
    from c360.settings import load

    settings = load()
    if not settings.file.elementary:
        click.echo("Elementary is off, and nothing else needs a package: see [elementary] in c360.toml.")
    elif cached(settings):
        click.echo(f"The dbt packages are in {settings.dbt_packages}.")
    elif not reachable(settings.package_hub):
        click.echo(
            f"The package hub {settings.package_hub} is out of reach, and {settings.dbt_packages} holds no copy: "
            "Elementary is left out (anomaly tests, its report), everything else runs. "
            "Fill that folder where the hub is in reach: c360 deps"
        )
    else:
        fetch(settings)
        click.echo(f"The dbt packages are now in {settings.dbt_packages}.")
