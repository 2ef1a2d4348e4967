"""`c360 compat`."""

from pathlib import Path

import click

from c360.commands.diff import format_option
from c360.console import as_of_option, contracts_option, json_option, print_json, print_table
from c360.printable import one_line

base_option = click.option("--base", metavar="REF", help="A branch or commit of git: what has changed since.")


@click.command(
    epilog="""\b
Examples:
  c360 compat
  c360 compat --base origin/main
  c360 compat --base origin/main --format markdown > comment.md"""
)
@base_option
@contracts_option
@format_option
@as_of_option
@json_option
def compat(base: str | None, contracts: Path | None, form: str, as_of: str | None, as_json: bool) -> None:
    """Whether every changed contract took the version step that its changes need, and whom they affect.

    Compares each version with the one below it; with --base, what has changed since that commit. Exits 1 when a step
    is missing, or a consumer that a change breaks has neither acknowledged the version nor a waiver.
    """
    from c360.compat.compare import compare_all
    from c360.compat.render import HEAD, affected_as_rows, comment, comparison_as_data, refusal, rows, verdict
    from c360.console import clock
    from c360.settings import load, of_contracts

    settings = load(fallback=contracts.resolve().parent if contracts else None)
    settings = of_contracts(settings, contracts) if contracts else settings
    comparisons = compare_all(
        (contracts or settings.contracts).resolve(), base, settings.classifications, clock(as_of).date()
    )
    if as_json:
        print_json([comparison_as_data(one) for one in comparisons])
    elif form == "markdown":
        click.echo(comment(comparisons))
    for one in comparisons if not as_json and form == "table" else ():
        click.echo(one_line(verdict(one.diff)))
        print_table(HEAD, rows(one.diff))
        if one.affected:
            print_table(["consumer", "contact", "hit by", "settled"], affected_as_rows(one))
    refused = refusal(comparisons)
    if refused:
        raise refused
    if form == "table" and not as_json:
        click.echo("Every step is enough." if comparisons else "No contract changes.")
