"""The session: the one that is there, as in a notebook or a job of Databricks, else a local one with Delta."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from c360.errors import CouldNotTell

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DELTA = "io.delta:delta-spark_2.13:4.0.0"
"""Delta for Spark 4.0, which is Databricks 17.3 LTS; Maven Central has it."""
_OURS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.caseSensitive": "false",
}
"""What SQL of clauses stands on, in any session."""
_LOCAL = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.databricks.delta.snapshotPartitions": "1",  # of the log, which is short here; else a commit takes seconds
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "OFF",  # what Spark says of a row that fails quotes it
}


def session(home: Path, cache: Path) -> "SparkSession":
    """Times are UTC and SQL is ANSI in it. Tables of a local one lie in `home`; the jars of Delta are kept in `cache`.

    Raises CouldNotTell when Spark is not installed, or does not start.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise CouldNotTell(
            "The contract's server is Databricks, and no Spark is installed here.",
            "Run it on Databricks, or type: pip install 'customer360-governance[spark]'",
        ) from None
    there = SparkSession.getActiveSession()
    found: Any = there.newSession() if there is not None and hasattr(there, "newSession") else there
    found = found or _local(home, cache)
    for name, value in _OURS.items():
        found.conf.set(name, value)
    return found


def is_local(spark: "SparkSession") -> bool:
    """Whether it is one of ours, whose catalogue forgets its tables when it ends."""
    return bool(spark.conf.get("spark.sql.catalogImplementation", "") == "in-memory")


@contextmanager
def _quiet() -> Iterator[None]:
    """The Java process says nothing on our output, from its start to its end."""
    before = [os.dup(number) for number in (1, 2)]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        for number in (1, 2):
            os.dup2(nowhere, number)
        yield
    finally:
        for number, kept in zip((1, 2), before, strict=True):
            os.dup2(kept, number)
            os.close(kept)
        os.close(nowhere)


def _local(home: Path, cache: Path) -> "SparkSession":
    from pyspark.sql import SparkSession

    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # workers read with the reader that is here
    settings = _LOCAL | {
        "spark.sql.shuffle.partitions": str(os.cpu_count() or 1),
        "spark.jars.packages": DELTA,
        "spark.jars.ivy": str(cache / "ivy"),
        "spark.sql.warehouse.dir": str(home / "spark"),
    }
    builder = SparkSession.builder.master("local[*]").appName("c360")
    for name, value in settings.items():
        builder = builder.config(name, value)
    try:
        with _quiet():
            return builder.getOrCreate()
    except Exception as error:  # of the Java process, which told the rest on its own output
        raise CouldNotTell(
            f"Spark does not start here ({type(error).__name__}).",
            f"It needs Java 17 and, the first time, {DELTA} from Maven Central.",
        ) from None
