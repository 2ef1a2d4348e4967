"""`c360 compat`."""

from pathlib import Path
from typing import Any

import click

from c360.console import (
    as_of_option,
    contracts_option,
    in_github,
    json_option,
    print_json,
    print_table,
    report_option,
    reported,
)
from c360.printable import one_line

base_option = click.option("--base", metavar="REF", help="A branch or commit of git: what has changed since.")


@click.command(
    epilog="""\b
Examples:
  c360 compat
  c360 compat --base origin/main
  c360 compat --base origin/main --format markdown > comment.md
  c360 compat --base origin/main --comment"""
)
@base_option
@contracts_option
@report_option("markdown")
@click.option("--comment", is_flag=True, help="In a job of GitHub: write or update a comment of the pull request.")
@as_of_option
@json_option
def compat(
    base: str | None, contracts: Path | None, form: str, comment: bool, as_of: str | None, as_json: bool
) -> None:
    """Whether every changed contract took the version step that its changes need, and whom they affect.

    Compares each version with the one below it; with --base, what has changed since that commit. Exits 1 when a step
    is missing, or a consumer that a change breaks has neither acknowledged the version nor a waiver.

    In a job of GitHub it also writes the job's summary, and sets the outputs grade, breaking and consumers of its step.
    """
    from c360.compat import github
    from c360.compat.compare import compare_all
    from c360.compat.render import comparison_as_data, entries_of, markdown_of_all, refusal
    from c360.console import clock
    from c360.settings import load, of_contracts

    with reported("compat", form, as_json) as entries:
        settings = load(fallback=contracts.resolve().parent if contracts else None)
        settings = of_contracts(settings, contracts) if contracts else settings
        comparisons = compare_all(
            (contracts or settings.contracts).resolve(), base, settings.classifications, clock(as_of).date()
        )
        entries += entries_of(comparisons)
        if as_json:
            print_json([comparison_as_data(one) for one in comparisons])
        elif form == "markdown":
            click.echo(markdown_of_all(comparisons))
        elif form == "table":
            _show(comparisons)
        if in_github():
            github.write_summary(comparisons)
        if comment and (why := github.write_comment(comparisons)):
            click.echo(why, err=True)
        refused = refusal(comparisons)
        if refused:
            raise refused
        if form == "table" and not as_json:
            click.echo("Every step is enough." if comparisons else "No contract changes.")


def _show(comparisons: list[Any]) -> None:
    from c360.compat.render import HEAD, affected_as_rows, rows, verdict

    for one in comparisons:
        click.echo(one_line(verdict(one.diff)))
        print_table(HEAD, rows(one.diff))
        if one.affected:
            print_table(["consumer", "contact", "hit by", "settled"], affected_as_rows(one))
