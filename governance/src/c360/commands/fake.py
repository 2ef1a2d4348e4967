"""`c360 fake`: deliveries of invented rows, as source systems would send them, for any contracts."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from c360.console import clock, contracts_option
from c360.errors import CouldNotTell

ROWS = 1_000


def _counts(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> dict[str, int]:
    """Numbers of rows by dataset; that of the others under an empty name."""
    counts = {"": ROWS}
    for text in given:
        name, _, number = text.rpartition("=")
        if not (number.isascii() and number.isdigit() and int(number) <= 10**9):
            raise click.BadParameter(f"{text!r} is no number of rows, such as 1000 or orders=1000.", ctx, param)
        counts[name] = int(number)
    return counts


@click.command(
    epilog="""\b
Examples:
  c360 fake --out deliveries
  c360 fake transactions --rows 1000 --rows transactions=10000 --out deliveries
  c360 fake --defects --out deliveries
  c360 fake --format parquet --seed 7 --now 2026-03-01T12:00:00Z --out deliveries"""
)
@click.argument("datasets", nargs=-1, metavar="[DATASET]...")
@click.option(
    "--rows", multiple=True, callback=_counts, metavar="[DATASET=]N", help=f"How many; by default {ROWS}. Repeatable."
)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder.")
@click.option("--format", "form", type=click.Choice(["csv", "parquet"]), default="csv", show_default=True)
@click.option(
    "--defects", is_flag=True, help="Break each clause once, and write defects.json: what the gate must make of it."
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="The same gives the same bytes.")
@click.option("--now", metavar="TIME", help="When rows are loaded, ISO 8601 in UTC; by default now.")
@contracts_option
def fake(
    datasets: tuple[str, ...], rows: dict[str, int], out: Path, form: str, defects: bool, seed: int, now: str | None,
    contracts: Path | None,
) -> None:  # fmt: skip
    """Write invented deliveries that keep their contracts, one file a dataset, to --out.

    Without DATASET of all sources; what a dataset refers to comes along. Names, mails and the like look real where the
    contract tells what a column holds. With --defects, what breaks a clause about the delivery as a whole is a small
    file of its own in DIR/refused.
    """
    from c360.fake.plan import in_order
    from c360.project import open_project

    catalog = open_project(contracts).catalog
    wanted = in_order(catalog, datasets)
    for name in set(rows) - {""} - {dataset.name for dataset in wanted}:
        raise CouldNotTell(f"No rows are made of {name!r}.", f"There are: {', '.join(d.name for d in wanted)}.")
    moment = clock(now).replace(tzinfo=None)
    counts = {dataset.name: rows.get(dataset.name, rows[""]) for dataset in wanted}
    try:
        _write(wanted, counts, moment, seed, defects, form, out)
    except OSError as error:
        raise CouldNotTell(
            f"Cannot write to {out}: {error.strerror or error}.", "Name another folder with --out DIR."
        ) from error
    along = [dataset.name for dataset in wanted if datasets and dataset.name not in datasets]
    if along:
        click.echo(f"What was named refers to {', '.join(along)}, which came along.")
    click.echo(f"Written to {out}.")


def _write(wanted: list[Any], counts: dict[str, int], now: Any, seed: int, defects: bool, form: str, out: Path) -> None:
    from c360.fake import files
    from c360.fake.plan import invent

    out.mkdir(parents=True, exist_ok=True)
    account = out / "defects.json"
    account.unlink(missing_ok=True)  # one of an earlier run would tell lies about these files
    told: dict[str, Any] = {}
    with _progress(sum(counts.values())) as progress:
        for one in invent(wanted, counts, now, seed, defects, lines=form == "csv"):
            path = files.deliver(one, out, form, progress)
            if one.planted:
                told[one.dataset.name] = {
                    "file": path.name,
                    **one.planted.told(),
                    "whole": files.refused(one, out, form),
                }
            _say(one, counts[one.dataset.name])
    if defects:
        files.write_json(told, account)


def _say(one: Any, asked: int) -> None:
    planted = one.planted
    lost = f", of which {len(planted.quarantined):,} to be quarantined" if planted else ""
    why = "" if planted or one.table.num_rows == asked else f" (the contract takes no {asked:,})"
    click.echo(f"{one.dataset.name}: {planted.rows if planted else one.table.num_rows:,} rows{lost}{why}")
    for clause, reason in one.told.items():
        click.echo(f"  not aimed at: {clause}, since {reason}")


@contextmanager
def _progress(rows: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal (on stderr), nothing elsewhere; yields what to call with rows done."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("inventing", total=rows)
        yield lambda done: bar.advance(task, done)
