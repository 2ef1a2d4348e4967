"""The lake: how SQL is run and tables are kept on Spark. What Spark says of a failure may quote rows: it goes no
further than here."""

import hashlib
import re
import shutil
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlparse

from c360.clause.dialect import DATABRICKS
from c360.engine.spark.session import is_local
from c360.errors import CouldNotTell
from c360.model import Dataset

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

AT, MISCAST = "c360__at", "c360__miscast"
"""The number of a row among the records, and the names of its columns that could not be cast (null when none)."""
_PLAIN = re.compile(r"[a-z0-9_]{1,80}")
_ODD = re.compile(r"[ ,;{}()\n\t=]")

q = DATABRICKS.quote


class Failed(Exception):
    """A statement that Spark did not run to its end; `why` is Spark's name of the condition."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


@dataclass(frozen=True)
class Tables:
    """Of one dataset: quoted names."""

    catalog: str
    """Of Unity Catalog, as it is; empty for that of the session."""
    schema: str
    """Where a delivery lies while it is in the gate."""
    landed: str
    """The text of it, the lines that are no record, and what became of the reading."""
    typed: str
    verdict: str
    """Which row breaks which clause."""
    beside: str
    """What a row is to the one that raw holds under its key."""
    earlier: str
    """The rows that are not the latest of their key."""
    raw: str
    superseded: str


def needs_mapping(columns: Iterable[str]) -> bool:
    """Whether one of these columns has a name that Parquet does not have, so that Delta gives it another there."""
    return any(_ODD.search(name) for name in columns)


def tables(dataset: Dataset, catalog: str = "") -> Tables:
    """Those of a dataset, in a catalogue of Unity Catalog or in that of the session."""
    name = dataset.name.lower()
    if not _PLAIN.fullmatch(name):
        name = hashlib.sha256(dataset.name.encode()).hexdigest()[:32]
    above = f"{q(catalog)}." if catalog else ""
    schema, raw = f"{above}{q(f'landing__{name}')}", f"{above}{q(dataset.schema)}"
    gate = {table: f"{schema}.{table}" for table in ("landed", "typed", "verdict", "beside", "earlier")}
    superseded = f"{raw}.{q(f'{dataset.table}__superseded')}"
    return Tables(catalog, schema, **gate, raw=f"{raw}.{q(dataset.table)}", superseded=superseded)


class Lake:
    """A session, and how long one statement may take there."""

    def __init__(self, spark: "SparkSession", seconds: int) -> None:
        self.spark, self.seconds = spark, seconds
        self.local = is_local(spark)
        """Whether there is no Unity Catalog: names have two parts then."""
        self._format = "parquet" if self.local else "delta"
        """Of the landing, which needs no log of changes; Unity Catalog manages tables of Delta alone."""

    def run(self, sql: str) -> None:
        """Raises Failed."""
        with self._failing():
            self.spark.sql(sql)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query gives, for few rows. Raises Failed; a query that takes too long is ended."""
        with self._failing(), self._bounded():
            return [tuple(row) for row in self.spark.sql(sql).collect()]

    def value(self, sql: str) -> Any:
        return self.rows(sql)[0][0]

    def many(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """What a query gives, row by row, for many."""
        with self._failing():
            for row in self.spark.sql(sql).toLocalIterator():
                yield tuple(row)

    def keep(self, table: str, what: "str | DataFrame") -> None:
        """A table of the landing anew, out of a query. Raises Failed."""
        with self._failing():
            frame = self.spark.sql(what) if isinstance(what, str) else what
            writer = frame.write.format(self._format).mode("overwrite")
            if self._format == "delta":
                writer = writer.option("overwriteSchema", "true")
                if needs_mapping(frame.columns):
                    writer = writer.option("delta.columnMapping.mode", "name")
            writer.saveAsTable(table)

    def replace(self, table: str, what: str) -> None:
        """A table of the landing, out of a query that may read it."""
        name = table.rpartition(".")[0] + ".c360__next"
        self.keep(name, what)
        self.run(f"drop table {table}")
        self.run(f"alter table {name} rename to {table}")

    def drop_rows(self, table: str, number: str, those: str) -> None:
        """Rows of a table of the landing go whose `number` is among those (at) of a relation."""
        self.replace(table, f"select t.* from {table} as t left anti join {those} as o on t.{number} = o.at")

    def rewrite(self, table: str, number: str, those: str, changes: Mapping[str, str]) -> None:
        """Columns of a table of the landing have other values (SQL about the row t) in the rows whose `number` is among
        those (at) of a relation."""
        columns = (
            f"case when o.at is null then t.{q(name)} else {changes[name]} end as {q(name)}"
            if name in changes
            else f"t.{q(name)}"
            for name in self.columns(table)
        )
        self.replace(
            table, f"select {', '.join(columns)} from {table} as t left join {those} as o on o.at = t.{number}"
        )

    def append(self, table: str, what: str, application: str, version: int) -> None:
        """Rows of a query into a table, once for a version of an application: doing it again changes nothing.

        Delta holds it to that (https://docs.delta.io/latest/delta-streaming.html#idempotent-table-writes).
        """
        with self._failing():
            writer = self.spark.sql(what).write.format("delta").mode("append")
            writer.option("txnAppId", application).option("txnVersion", version).saveAsTable(table)

    def merge(self, statement: str, application: str, version: int) -> None:
        """A MERGE, once for a version of an application."""
        names = {"txnAppId": application, "txnVersion": str(version)}
        try:
            for name, value in names.items():
                self.spark.conf.set(f"spark.databricks.delta.write.{name}", value)
            self.run(statement)
        finally:  # else they would hold for the next write too
            for name in names:
                self.spark.conf.unset(f"spark.databricks.delta.write.{name}")

    def frame(self, rows: list[tuple[Any, ...]], schema: str) -> "DataFrame":
        return self.spark.createDataFrame(rows, schema)

    def has(self, table: str) -> bool:
        """Whether a table is there; a local session gets to know those of sessions before it."""
        with self._failing():
            if self.spark.catalog.tableExists(table):
                return True
            place = self._folder(table) if self.local else None
            if place is None or not place.is_dir():
                return False
            kind = "delta" if (place / "_delta_log").is_dir() else "parquet"
            self.make_schema(table.rpartition(".")[0])
            self.spark.sql(f"create table {table} using {kind} location {DATABRICKS.string(place.as_uri())}")
            return True

    def columns(self, table: str) -> dict[str, str]:
        """The columns of a table with their types; none where it is not there."""
        if not self.has(table):
            return {}
        with self._failing():
            return {field.name: field.dataType.simpleString() for field in self.spark.table(table).schema.fields}

    def make_schema(self, schema: str) -> None:
        self.run(f"create schema if not exists {schema}")

    def empty_schema(self, schema: str) -> None:
        self.drop_schema(schema)
        self.make_schema(schema)

    def drop_schema(self, schema: str) -> None:
        self.run(f"drop schema if exists {schema} cascade")
        if self.local:
            shutil.rmtree(self._folder(f"{schema}.x").parent, ignore_errors=True)

    def _folder(self, table: str) -> Path:
        """Where a local session keeps a table."""
        schema, name = (part.strip("`") for part in table.split(".")[-2:])
        warehouse = urlparse(str(self.spark.conf.get("spark.sql.warehouse.dir")))
        return Path(unquote(warehouse.path)) / f"{schema}.db" / name

    @contextmanager
    def _bounded(self) -> Iterator[None]:
        tag = f"c360-{threading.get_ident()}"
        timer = threading.Timer(self.seconds, self.spark.interruptTag, [tag])
        self.spark.addTag(tag)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            self.spark.removeTag(tag)

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if not _is_of_spark(error):
                raise
            raise Failed(_condition(error)) from None


def _is_of_spark(error: BaseException) -> bool:
    return any(kind.__module__.split(".")[0] in ("pyspark", "py4j") for kind in type(error).__mro__)


def _condition(error: BaseException) -> str:
    """Such as DIVIDE_BY_ZERO: a name out of Spark's list, without what it says of a row."""
    with suppress(Exception):
        found = error.getCondition() if hasattr(error, "getCondition") else None
        found = found or re.search(r"\[([A-Z][A-Z0-9_.]+)\]", str(error))
        name = found if isinstance(found, str) else found[1] if found else ""
        if re.fullmatch(r"[A-Z][A-Z0-9_.]+", name):
            return str(name)
    return type(error).__name__


def could_not(what: str, failed: Failed) -> CouldNotTell:
    """How a stage says that Spark failed in it."""
    if "CANCEL" in failed.why:
        return CouldNotTell(f"{what}: it takes too long.", "Allow more in c360.toml: [database] statement_timeout")
    return CouldNotTell(f"{what}: Spark says {failed.why}.", "Look it up in Spark's list of error conditions.")
