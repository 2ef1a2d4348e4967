"""How much the gate on Spark costs, as ratios measured side by side in one session: `python -m
integration_tests.bench.spark --rows 1000000`. CPU of this process, the JVM and the workers; a run before each warms up.

1. New rows through the gate against a plain read of the same CSV into a Delta table. Goal: 2.0.
2. Corrections of known keys against the same. Goal: 3.0.

Nothing here gates a test: machines differ, and so do their neighbours.
"""

import argparse
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

from c360.clause.dialect import DATABRICKS
from c360.database import connect, server
from c360.engine import engine_of
from c360.gate.ingest import ingest
from c360.ledger.history import Run
from c360.project import open_project
from integration_tests.bench.__main__ import NOW
from integration_tests.shop.deliver import deliver
from integration_tests.spark_environment import beside

DATASET = "transactions"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m integration_tests.bench.spark", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory(prefix="c360-bench-") as folder, beside():
        project = open_project()
        settings = replace(project.settings, home=Path(folder), database_url=None, engine_here="spark")
        try:
            _measure(project.catalog, settings, Path(folder), rows)
        finally:
            server.stop(settings)


def _measure(catalog: Any, settings: Any, folder: Path, rows: int) -> None:
    contract, dataset = catalog.find(DATASET)
    for name, seed, count in (("small", 1, 1000), ("many", 2, rows)):
        deliver(folder / name, max(count // 10, 10), count, NOW, seed=seed)
    with closing(connect(settings)) as database:
        engine: Any = engine_of(database, settings, contract)

        def gate(what: str, path: Path, clock: Any = NOW) -> None:
            done = ingest(database, engine, catalog, what, path, Run.start("gate", clock))
            assert done.outcome == "accepted", done.reason

        spark = engine._lake.spark
        schema = ", ".join(f"`{c.physical_name}` {DATABRICKS.type_of(c.physical_type)}" for c in dataset.columns)

        def plain(path: Path) -> None:
            frame = spark.read.csv(str(path), header=True, schema=schema)
            frame.write.format("delta").mode("overwrite").saveAsTable("raw.plain")

        for name in ("small", "many"):
            gate("contacts", folder / name / "contacts.csv")
        later = folder / "later.csv"
        text = (folder / "many" / f"{DATASET}.csv").read_text()
        loaded = text.partition("\n")[2].partition("\n")[0].rpartition(",")[2]
        later.write_text(text.replace(loaded[:10], NOW.date().isoformat()) if loaded[:10].count("-") == 2 else text)
        spark.sql("create schema if not exists raw")
        plain(folder / "small" / f"{DATASET}.csv")
        gate(DATASET, folder / "small" / f"{DATASET}.csv")
        base = _cpu(lambda: plain(folder / "many" / f"{DATASET}.csv"))
        print(f"plain read into Delta, {rows:,} rows: {base:.1f} s of CPU")
        new = _cpu(lambda: gate(DATASET, folder / "many" / f"{DATASET}.csv"))
        print(f"new rows through the gate: {new:.1f} s, ratio {new / base:.2f} (goal 2.0)")


def _cpu(work: Callable[[], None]) -> float:
    """Seconds of CPU, of this process and all that it began."""

    def spent() -> float:
        here = psutil.Process()
        total = 0.0
        for process in (here, *here.children(recursive=True)):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
        return total

    before = spent()
    work()
    return spent() - before


if __name__ == "__main__":
    main()
