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
  c360 privacy check share.csv --quasi age_band --sensitive disease,spending --l 3 --c 4 --t 0.3 --alpha 0.5
  c360 privacy check orders.csv --quasi age_band,region --person customer_id --k 11 --json"""
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--quasi", multiple=True, required=True, metavar="COLUMNS", help="By which somebody may be known.")
@click.option("--sensitive", multiple=True, metavar="COLUMNS", help="What must not be learned of anybody.")
@click.option("--person", metavar="COLUMN", help="Tells persons apart, where one may have several records.")
@click.option("--k", type=click.IntRange(1), help="Exit 1 when a group has fewer.")
@click.option("--l", type=click.IntRange(1), help="Exit 1 when a group has fewer values that are sensitive.")
@click.option("--entropy-l", type=click.FloatRange(1), help="Exit 1 when the entropy l of a group is less.")
@click.option("--c", type=click.IntRange(1), help="Exit 1 when a group is not recursively (c,l)-diverse.")
@click.option("--t", type=click.FloatRange(0, 1), help="Exit 1 when a group is farther from the whole file.")
@click.option("--alpha", type=click.FloatRange(0, 1), help="Exit 1 when a larger part of a group has one value.")
@click.option("--beta", type=click.FloatRange(0), help="Exit 1 when a value is more frequent in a group by more.")
@json_option
def check(
    file: Path,
    quasi: tuple[str, ...],
    sensitive: tuple[str, ...],
    person: str | None,
    as_json: bool,
    **wanted: float | None,
) -> None:
    """How many in FILE, CSV or Parquet, are alike in what they may be known by, and what is learned of them.

    Records that are equal in all quasi-identifiers make a group. Each measure is that of the group that is worst by it.
    The k is its size: that many records, or persons. Of a sensitive column, l is the number of its values in a group.
    If l is 1, whoever knows who is in the group knows the value of each. Entropy l counts rare values for less. The c
    of recursive l is how much more frequent than the rare values the most frequent one may be. The t of t-closeness
    is how far the group is from the whole file, 0 to 1. Alpha is the part of a group that has one value. Beta is how
    much more frequent a value is than in the whole file, where 1 is twice. More of k and l is better, less of c, t,
    alpha and beta. Values count as they are written. An empty one counts as a value. A sensitive column of numbers
    only counts as numbers.
    """
    from c360.share.anonymity import anonymity

    bounds = {name: bound for name, bound in wanted.items() if bound is not None}
    if bounds.keys() - {"k"} and not sensitive:
        option = next(name for name in bounds if name != "k").replace("_", "-")
        raise CouldNotTell(f"--{option} is about sensitive values.", "Say of which column: --sensitive disease")
    with reading(file, "reading", as_json) as (read, _):
        found = anonymity(file, quasi, sensitive, person, read, **bounds)
    _show(file, found, as_json)
    broken = [measure for measure in (found.k, *found.sensitive) if not measure.holds]
    if broken:
        told = "; ".join(f"{_named(one)} is {_number(one.value)}, not {_wanted(one)}" for one in broken)
        raise Breach(f"{told}.", "Generalise a quasi-identifier further, or leave small groups out.")
    if found.not_counted and bounds:
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
    """List the decoy persons in shares. With FILE (CSV or Parquet), say whose copy it is: exit 1 if it holds one.

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
    if measure.name == "k":
        return "k"
    return f"{measure.name.replace('_', ' ')} of {measure.of}" + (f" ({measure.by})" if measure.by else "")


def _wanted(measure: "Measure") -> str:
    from c360.share.anonymity import AT_LEAST

    if measure.wanted is None:
        return ""
    return f"{measure.wanted:,}" if measure.name in AT_LEAST else f"at most {measure.wanted:,}"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


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
                "l": min((one.value for one in found.sensitive if one.name == "l" and one.value), default=None),
                "measures": [vars(measure) for measure in measures],
            }
        )
        return
    counted = f"{found.records:,} records in {found.groups:,} groups of equal {', '.join(found.quasi)}"
    click.echo(one_line(f"{counted}; persons by {found.person}" if found.person else counted))
    print_table(
        ["measure", "is", "wanted", "groups below", "records below"],
        [
            [_named(m), _number(m.value), _wanted(m)]
            + (["", ""] if m.wanted is None else [f"{m.groups_below:,}", f"{m.records_below:,}"])
            for m in measures
        ],
    )
    if found.not_counted:
        click.echo(f"{found.not_counted:,} lines are no records, and were not counted.")
