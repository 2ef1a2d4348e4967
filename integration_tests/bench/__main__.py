"""How fast the gate is, as ratios measured side by side in one run: `python -m integration_tests.bench --help`.

1. A delivery through the gate (land, scan, split, promote) against a bare COPY of the same rows into the same
   table with its keys. Goal: 1.5. Beside it the same rows as Parquet.
2. The same delivery into a raw table that holds 100 times as much. Goal: 1.1.

Nothing here gates a test: machines differ, and so do their neighbours.
"""

import argparse
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from c360.database import connect, server
from c360.database.access import LOADER
from c360.engine import engine_of
from c360.gate.ingest import ingest
from c360.ledger.history import Run
from c360.project import Project, open_project
from integration_tests.shop.deliver import deliver

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Timing:
    """Seconds of several runs, and of each step within them."""

    totals: list[float] = field(default_factory=list)
    steps: dict[str, list[float]] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        return statistics.median(self.totals)


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="c360-bench-") as folder:
        project = open_project()
        if not options.here:
            project = replace(project, settings=replace(project.settings, home=Path(folder), database_url=None))
        try:
            _measure(project, Path(folder), options)
        finally:
            if not options.here:
                server.stop(project.settings)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m integration_tests.bench", description="Speed of the gate.")
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the delivery that is compared with COPY")
    parser.add_argument("--small", type=int, default=50_000, help="of the delivery into raw tables of two sizes")
    parser.add_argument("--factor", type=int, default=100, help="how much larger the second raw table is")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each kind; the median counts")
    parser.add_argument("--here", action="store_true", help="in the configured database, which it empties")
    return parser.parse_args()


def _measure(project: Project, folder: Path, options: argparse.Namespace) -> None:
    database = connect(project.settings)
    administrator = connect(project.settings, role=None)
    _execute(administrator, f"grant pg_checkpoint to {LOADER}")
    administrator.close()
    large, small = folder / "large", folder / "small"
    customers = max(1, options.rows // 10)
    for out, rows, form in ((large, options.rows, "both"), (small, options.small, "csv")):
        deliver(out, customers, rows, NOW, seed=1, form=form)
    _ingest(project, database, "contacts", large / "contacts.csv")  # also imports all there is to import
    _ingest(project, database, "transactions", small / "transactions.csv")

    copied, gated, packed = Timing(), Timing(), Timing()
    for _ in range(options.repeat):  # in turns, so that a busy neighbour slows both
        _forget(database)
        with _timed(copied):
            _copy(database, large / "transactions.csv")
        _forget(database)
        with _timed(gated) as step:
            _ingest(project, database, "transactions", large / "transactions.csv", step)
        _forget(database)
        with _timed(packed) as step:
            _ingest(project, database, "transactions", large / "transactions.parquet", step)
    print(f"{options.rows:,} transactions:")
    _line("COPY into the table with its keys", copied)
    for what, timing, goal in (("through the gate", gated, 1.5), ("through the gate, as Parquet", packed, None)):
        _line(what, timing, copied, goal)
        for name, seconds in timing.steps.items():
            print(f"    {name:12} {statistics.median(seconds):7.2f} s")

    delivery, little, much = small / "transactions.csv", Timing(), Timing()
    held = {"bench_little": (little, options.small), "bench_much": (much, options.small * options.factor)}
    for aside, (_, rows) in held.items():
        _hold(database, rows)
        _execute(database, f"create schema {aside}")
        _execute(database, f"alter table raw.transactions set schema {aside}")
        _execute(database, f"create table raw.transactions (like {aside}.transactions including all)")
    _execute(database, "drop table raw.transactions cascade")
    for _ in range(options.repeat):
        for aside, (timing, _) in held.items():
            _execute(database, f"alter table {aside}.transactions set schema raw")
            with _timed(timing) as step:
                _ingest(project, database, "transactions", delivery, step)
            _forget_last(database)
            _execute(database, f"alter table raw.transactions set schema {aside}")
    print(f"{options.small:,} transactions into a raw table:")
    _line(f"that holds {options.small:,}", little)
    _line(f"that holds {options.small * options.factor:,}", much, little, 1.1)
    for name in much.steps:
        seconds = (statistics.median(timing.steps[name]) for timing in (little, much))
        print(f"    {name:12} {' -> '.join(f'{s:.2f} s' for s in seconds)}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    print(f"Memory of this process, which made up and read all of it: {peak:,.0f} MB at most")
    database.close()


def _ingest(
    project: Project, database: Any, dataset: str, path: Path, step: Callable[[str], None] = lambda name: None
) -> None:
    run = Run.start("gate", NOW)
    engine = engine_of(database, project.settings, project.catalog.find(dataset)[0])
    result = ingest(database, engine, project.catalog, dataset, path, run, say=step)
    assert result.outcome == "accepted" and result.promoted == result.delivered, result.reason


def _copy(database: Any, path: Path) -> None:
    statement = "copy raw.transactions from stdin (format csv, header)"
    with path.open("rb") as file, database.cursor() as cursor, cursor.copy(statement) as copy:
        while block := file.read(1 << 20):
            copy.write(block)


def _forget(database: Any) -> None:
    """An empty raw table, and no memory of the delivery; both contenders start after a checkpoint."""
    _execute(database, "truncate raw.transactions; delete from governance.delivery where dataset = 'transactions'")
    _execute(database, "checkpoint")


def _forget_last(database: Any) -> None:
    """Take the delivery out again. No checkpoint here: the first write to a page after one costs a copy of it."""
    _execute(
        database,
        f"delete from raw.transactions where _loaded_at_utc = timestamp '{NOW:%Y-%m-%d %H:%M}';"
        "delete from governance.delivery where dataset = 'transactions'",
    )
    _execute(database, "vacuum analyze raw.transactions")


def _hold(database: Any, rows: int) -> None:
    """A raw table of so many rows of an earlier load, none of them in the delivery."""
    _forget(database)
    _execute(
        database,
        "insert into raw.transactions select gen_random_uuid(), c.id, '2025-12-31 10:00:00.000', 1, 1, 'Books', "
        "timestamp '2026-02-28' from generate_series(1, ceil(%s::numeric / (select count(*) from raw.contacts))::int) "
        "as n, raw.contacts as c limit %s",
        (rows, rows),
    )
    _execute(database, "vacuum analyze raw.transactions")
    _execute(database, "checkpoint")


def _execute(database: Any, statement: str, arguments: tuple | None = None) -> None:
    database.execute(statement, arguments)


@contextmanager
def _timed(timing: Timing) -> Iterator[Callable[[str], None]]:
    """Adds one run to `timing`; what it yields is called with the name of each step as it begins."""
    begun: list[tuple[str, float]] = []
    start = time.perf_counter()
    yield lambda name: begun.append((name, time.perf_counter()))
    end = time.perf_counter()
    timing.totals.append(end - start)
    ends = [*(at for _, at in begun[1:]), end]
    for (name, at), until in zip(begun, ends, strict=False):
        timing.steps.setdefault(name, []).append(until - at)


def _line(what: str, timing: Timing, against: Timing | None = None, goal: float | None = None) -> None:
    ratio = f"   ratio {timing.seconds / against.seconds:.2f}{f' (goal {goal})' if goal else ''}" if against else ""
    print(f"  {what:36} {timing.seconds:6.2f} s{ratio}")


if __name__ == "__main__":
    main()
