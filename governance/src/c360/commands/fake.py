"""`c360 fake`: deliveries of invented data, as a source system would send them."""

import datetime as dt
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from c360.errors import CouldNotTell

LAST_PURCHASE_DAY = dt.date(2026, 1, 1)
"""Where the invented world stops, whatever the clock says: a seed means the same bytes on any day."""
EARLIEST_NOW = dt.datetime(2000, 1, 1)

EXAMPLES = """\b
Examples:
  c360 fake --customers 1000 --transactions 10000 --seed 1 --out deliveries
  c360 fake --customers 1000 --transactions 10000 --defects --out deliveries
  c360 fake --format csv --now 2026-03-01T12:00:00Z --out deliveries
"""


def _utc(ctx: click.Context, param: click.Parameter, value: str | None) -> dt.datetime:
    """An ISO 8601 time as a UTC time without zone; one without zone is UTC; None is the clock's time."""
    try:
        now = dt.datetime.now(dt.UTC) if value is None else dt.datetime.fromisoformat(value)
        now = now.astimezone(dt.UTC).replace(tzinfo=None) if now.tzinfo else now
    except (ValueError, OverflowError):
        raise click.BadParameter(
            f"{value!r} is not an ISO 8601 time such as 2026-03-01T12:00:00Z.", ctx, param
        ) from None
    if now < EARLIEST_NOW:
        raise click.BadParameter(f"{value!r} is before {EARLIEST_NOW:%Y-%m-%d}.", ctx, param)
    return now


@click.command(
    epilog=EXAMPLES,
    help="Write invented customers and their purchases to --out, one file a dataset and format.",
)
@click.option("--customers", type=click.IntRange(min=1), default=1_000, show_default=True)
@click.option("--transactions", type=click.IntRange(min=0), default=10_000, show_default=True)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="The same seed gives the same bytes, but for the load time.",
)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder.")
@click.option("--format", "formats", type=click.Choice(["csv", "parquet", "both"]), default="both", show_default=True)
@click.option(
    "--now",
    callback=_utc,
    metavar="ISO",
    help="The load time; UTC unless it says otherwise; default: the clock's. The purchases do not move with"
    f" it: they end on {LAST_PURCHASE_DAY} (or before the day of --now, when that is earlier).",
)
@click.option(
    "--defects",
    is_flag=True,
    help="Plant every kind of defect and write truth.json: what the gate must quarantine, and why."
    " Parquet files then hold text, since typed columns could not hold all defects.",
)
def fake(
    customers: int, transactions: int, seed: int, out: Path, formats: str, now: dt.datetime, defects: bool
) -> None:
    """Wire people, purchases, defects and files; CouldNotTell when the folder cannot be written."""
    from c360.fake import defects as planting
    from c360.fake import files

    if defects and (customers < planting.LEAST["contacts"] or transactions < planting.LEAST["transactions"]):
        raise click.UsageError(
            "--defects needs at least --customers {contacts} and --transactions {transactions}"
            " to hold every kind of defect and stay mostly good.".format(**planting.LEAST)
        )
    rows = (1 + (formats != "parquet")) * transactions
    try:
        out.mkdir(parents=True, exist_ok=True)
        truth_file = out / "truth.json"
        truth_file.unlink(missing_ok=True)  # one of an earlier run would tell lies about these files
        with _progress(rows) as progress:
            tables = _invent(customers, transactions, seed, now, progress)
            if defects:
                tables = {name: files.as_text(table) for name, table in tables.items()}
                contacts, transactions_, truth = planting.plant(tables["contacts"], tables["transactions"], seed)
                tables = {"contacts": contacts, "transactions": transactions_}
            for name, table in tables.items():
                if formats != "parquet":
                    files.write_csv(table, out / f"{name}.csv", progress)
                if formats != "csv":
                    files.write_parquet(table, out / f"{name}.parquet")
        if defects:
            files.write_json(truth, truth_file)
    except OSError as error:
        raise CouldNotTell(
            f"Cannot write to {out}: {error.strerror or error}.", "Name another folder with --out DIR."
        ) from error
    for name, table in tables.items():
        quarantined = f", of which {len(truth[name]['quarantined']):,} to be quarantined" if defects else ""
        click.echo(f"{name}: {table.num_rows:,} rows{quarantined}")
    click.echo(f"Written to {out}.")


def _invent(customers: int, transactions: int, seed: int, now: dt.datetime, progress: Callable[[int], None]) -> dict:
    """The two typed tables, columns in the order of the contracts; purchases refer to contacts by id."""
    import numpy as np
    import pyarrow as pa

    from c360.fake import people, purchases

    end = np.datetime64(min(LAST_PURCHASE_DAY, now.date()))
    contacts = people.invent(customers, seed, end)
    tables = {
        "contacts": contacts.columns,
        "transactions": purchases.invent(contacts, transactions, seed, end, progress),
    }
    loaded = pa.scalar(now, pa.timestamp("us"))
    return {
        name: pa.table({**columns, "_loaded_at_utc": pa.repeat(loaded, len(columns["id"]))})
        for name, columns in tables.items()
    }


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
