"""`c360 privacy`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from c360.console import contracts_option, json_option, print_json, print_table, reading
from c360.errors import Breach, CouldNotTell
from c360.printable import one_line

if TYPE_CHECKING:
    from c360.share.anonymity import Anonymity, Measure


@click.group()
def privacy() -> None:
    """How anonymous the people in a file are, and whose copy it is."""


@privacy.command(
    epilog="""\b
Examples:
  c360 privacy check share.csv --quasi age_band,gender,region
  c360 privacy check share.parquet --quasi age_band,gender --sensitive disease --k 11 --l 2
  c360 privacy check orders.csv --quasi age_band,region --person customer_id --k 11 --json"""
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--quasi", multiple=True, required=True, metavar="COLUMNS", help="By which somebody may be known.")
@click.option(
    "--sensitive", multiple=True, metavar="COLUMNS", help="What must not be learned of anybody; each has an l."
)
@click.option("--person", metavar="COLUMN", help="Tells persons apart, where one may have several records.")
@click.option("--k", type=click.IntRange(1), help="Exit 1 when a group has fewer.")
@click.option("--l", "kinds", type=click.IntRange(1), help="Exit 1 when a group has fewer values that are sensitive.")
@json_option
def check(
    file: Path,
    quasi: tuple[str, ...],
    sensitive: tuple[str, ...],
    person: str | None,
    k: int | None,
    kinds: int | None,
    as_json: bool,
) -> None:
    """The k and the l of FILE, CSV or Parquet: how many are alike in what they may be known by.

    Records that are equal in all quasi-identifiers make a group. k is the size of the smallest one: that many records,
    or persons. l is the smallest number of distinct values of a sensitive column in a group: with 1, whoever is known
    to be in it has no secret. Values count as they are written; an empty one counts as a value.
    """
    from c360.share.anonymity import anonymity

    if kinds is not None and not sensitive:
        raise CouldNotTell("--l is the least number of sensitive values.", "Say of which column: --sensitive disease")
    with reading(file, "reading", as_json) as (read, _):
        found = anonymity(file, quasi, sensitive, person, k, kinds, read)
    _show(file, found, as_json)
    broken = [measure for measure in (found.k, *found.sensitive) if not measure.holds]
    if broken:
        told = "; ".join(f"{_named(measure)} is {measure.value}, not {measure.wanted}" for measure in broken)
        raise Breach(f"{told}.", "Generalise a quasi-identifier further, or leave small groups out.")
    if found.not_counted and (k or kinds):
        raise CouldNotTell(
            f"{found.not_counted:,} lines of {file} are no records, and could be a group of their own.", "Mend them."
        )


@privacy.command(
    epilog="""\b
Examples:
  c360 privacy canaries
  c360 privacy canaries found_on_the_web.csv"""
)
@click.argument("file", type=click.Path(path_type=Path), required=False)
@contracts_option
@json_option
def canaries(file: Path | None, contracts: Path | None, as_json: bool) -> None:
    """The persons in shares that nobody is, and with FILE, CSV or Parquet, whose copy it is: exit 1 when it holds one.

    A policy says how many its partner gets (canaries: 3). They are in no total and count for no k.
    """
    from contextlib import closing

    from c360.database import connect
    from c360.database.access import TRANSFORMER
    from c360.project import open_project
    from c360.share.canaries import canaries as listed
    from c360.share.canaries import canaries_in
    from c360.share.policy import policies_of

    project = open_project(contracts)
    with closing(connect(project.settings, role=TRANSFORMER)) as owner:
        found = listed(owner, policies_of(project))
    if not found:
        raise CouldNotTell(
            "No partner was given a canary.", "Add canaries: 3 to its policy, then: c360 publish PARTNER"
        )
    if file is not None:
        with reading(file, "reading", as_json) as (read, _):
            found = canaries_in(file, found, read)
    if as_json:
        print_json([vars(canary) for canary in found])
    elif found:
        rows = [[one.partner, str(one.number), str(one.key), one.pseudonym] for one in found]
        print_table(["partner", "canary", "key", "pseudonym"], rows)
    else:
        click.echo("It holds no canary.")
    if file is not None and found:
        whose = ", ".join(sorted({canary.partner for canary in found}))
        raise Breach(f"{file} holds canaries of {whose}.", "Ask them where it went: c360 keys list tells since when.")


def _named(measure: "Measure") -> str:
    return measure.name if measure.name == "k" else f"l of {measure.of}"


def _show(file: Path, found: "Anonymity", as_json: bool) -> None:
    measures = [found.k, *found.sensitive]
    if as_json:
        print_json(
            {
                "file": str(file),
                "quasi": found.quasi,
                "person": found.person,
                "records": found.records,
                "not_counted": found.not_counted,
                "groups": found.groups,
                "k": found.k.value,
                "l": min((measure.value for measure in found.sensitive), default=None),
                "measures": [vars(measure) for measure in measures],
            }
        )
        return
    counted = f"{found.records:,} records in {found.groups:,} groups of equal {', '.join(found.quasi)}"
    click.echo(one_line(f"{counted}; persons by {found.person}" if found.person else counted))
    print_table(
        ["measure", "is", "wanted", "groups below", "records below"],
        [
            [_named(m), f"{m.value:,}", f"{m.wanted:,}", f"{m.groups_below:,}", f"{m.records_below:,}"]
            if m.wanted
            else [_named(m), f"{m.value:,}", "", "", ""]
            for m in measures
        ],
    )
    if found.not_counted:
        click.echo(f"{found.not_counted:,} lines are no records, and were not counted.")
