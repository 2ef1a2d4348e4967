"""`c360 publish`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from c360.console import as_of_option, clock, connected, contracts_option, json_option, print_json, print_table
from c360.errors import CouldNotTell
from c360.folders import require_place
from c360.printable import one_line

if TYPE_CHECKING:
    from c360.project import Project


@click.command(
    epilog="""\b
Examples:
  c360 publish
  c360 publish --out site
  c360 publish harbour_media
  c360 publish --check .c360/site/partners/harbour_media/customers
  c360 publish --check customers --key publisher.pem"""
)
@click.argument("partner", required=False)
@contracts_option
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Where to write.")
@click.option(
    "--check",
    "bundle",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="Whether a partner's bundle is what was signed.",
)
@click.option(
    "--key",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="With --check: the publisher.pem that you trust; your own signing key's where there is one.",
)
@as_of_option
@json_option
def publish(
    partner: str | None,
    contracts: Path | None,
    out: Path | None,
    bundle: Path | None,
    key: Path | None,
    as_of: str | None,
    as_json: bool,
) -> None:
    """Write the pages of all contracts; the folder is replaced as a whole.

    With a PARTNER, make what its policy says instead: a share in the database, and a signed bundle of contract, page
    and data. The share has groups of at least k persons, or totals with noise. It is refused while a clause of the
    product or its sources does not hold.
    """
    from c360.project import open_project
    from c360.publish.pages import Told, versions_of, write_pages

    if bundle is not None:
        if as_json:
            raise click.UsageError("--json does not go with --check.")
        _check(bundle, key)
        return
    if key is not None:
        raise click.UsageError("--key goes with --check DIR.")
    project = open_project(contracts)
    if partner is not None:
        _share(project, partner, out or project.settings.site / "partners" / partner, as_of, as_json)
        return
    folder = (out or project.settings.site / "contracts").resolve()
    require_place(folder)
    with _on_record(project):
        told = Told(versions_of(project, clock(as_of).date()))
        pages = write_pages(project.catalog.contracts, folder, told)
    if as_json:
        print_json({"folders": [str(folder)], "releases": []})
    else:
        click.echo(f"{pages} contract pages: {folder / 'index.html'}")


def _check(folder: Path, key: Path | None) -> None:
    from c360.settings import load
    from c360.share.bundle import check

    try:
        home = load().home
    except CouldNotTell:  # whoever checks a bundle need have no project
        home = None
    found = check(folder, key, home)
    about = found.about
    after = f", after the one whose manifest has the SHA-256 {about['previous']}" if about.get("previous") else ""
    click.echo(f"{found.files} files of {folder} are as they were signed.")
    which = f"{about.get('serial', 'without a number')} of {about.get('partner')}: {about.get('product')}{after}"
    click.echo(f"Bundle {one_line(which)}.")
    click.echo(f"Signed by the key {found.fingerprint}.")
    if not found.trusted:
        click.echo("Nobody told whose key that is. Name the one that you trust: --key publisher.pem", err=True)


def _share(project: Any, partner: str, folder: Path, as_of: str | None, as_json: bool) -> None:
    from c360.ledger.history import Run, on_record
    from c360.ledger.tables import prepare
    from c360.share.publish import publish as make
    from c360.share.publish import require_partner

    require_partner(project, partner)
    require_place(folder)
    run = Run.start("publish", clock(as_of))
    database = connected(project.settings)
    prepare(database)
    with on_record(database, run, partner, project.catalog) as ending:
        made = make(project, database, partner, folder.resolve(), run.as_of, as_of is not None, _tell)
        ending.made = lambda: [one.made for one in made.releases]
    for one in made.ended:
        click.echo(f"Withdrawn: {one}.", err=as_json)
    if as_json:
        print_json(as_dict(made))
        return
    if made.releases:
        rows = [list(map(str, release.values())) for release in as_dict(made)["releases"]]
        print_table(["product", "view", "persons", "published", "coarser", "left out"], rows)
        for path in made.folders:
            click.echo(f"{path}")


def as_dict(made: Any) -> Any:
    """As `--json` prints it."""
    return {
        "folders": [str(path) for path in made.folders],
        "releases": [
            {
                "product": r.policy.dataset.name, "view": f"{r.schema}.{r.view}", "persons": r.persons,
                "published": r.published, "coarser": r.coarser, "suppressed": r.suppressed,
            }
            for r in made.releases
        ],
    }  # fmt: skip


def _tell(what: str) -> None:
    click.echo(what, err=True)


@contextmanager
def _on_record(project: "Project") -> Iterator[None]:
    """In the history, where there is a database: pages need none."""
    from c360.ledger.history import Run, on_record
    from c360.ledger.tables import prepare

    try:
        database = connected(project.settings)
    except CouldNotTell as error:
        click.echo(f"Not in the history: {error.message}", err=True)
        yield
        return
    prepare(database)
    with on_record(database, Run.start("publish"), catalog=project.catalog):
        yield
