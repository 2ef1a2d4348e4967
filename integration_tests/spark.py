"""Run the package on a local Spark session, the stand-in for Databricks, and compare the marts with Postgres.

    python spark.py build    raw tables from Postgres into Spark, then source freshness and dbt build
    python spark.py parity   the same, after a build on Postgres with the same clock; every mart row for row, and what
                             each partner that has a key gets

Connects to Postgres by the libpq variables (PGHOST …). All times are UTC. Exit codes: 0 all held,
1 a test failed or a row differs, 2 could not run. Session, load, build and export share one process: the
catalogue lives in its memory.
"""

import datetime as dt
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

os.environ.update(TZ="UTC", DBT_SEND_ANONYMOUS_USAGE_STATS="false", SPARK_LOCAL_IP="127.0.0.1")

HERE = Path(__file__).parent
RAW = ("contacts", "transactions")
TIMES = ("timestamp without time zone", "timestamp with time zone")
BATCH = 50_000
PACKAGE = "package:customer360"
MACRO_TESTS = "test_type:singular,package:customer360_integration_tests"
ZONES = ("Australia/Sydney", "America/Los_Angeles", "Pacific/Chatham")


def main(command: str, as_of: str) -> int:
    with tempfile.TemporaryDirectory(prefix="c360-spark-") as scratch:
        if command == "parity" and not dbt(f"run --select {PACKAGE}", "postgres", as_of, scratch):
            return 1
        spark = session(Path(scratch))
        try:
            for table in RAW:
                load(spark, "raw", table, Path(scratch))
            stages = ("source freshness", f"build --select {PACKAGE}")
            built = all(dbt(stage, "spark", as_of, scratch) for stage in stages)
            built = built and all(macros_hold(spark, zone, as_of, scratch) for zone in ZONES)
            if not built or command == "build":
                return 0 if built else 1
            found = [*marts(Path(scratch)), *shares(spark, as_of, Path(scratch))]
            return 0 if compare(spark, found) else 1
        finally:
            spark.stop()


def session(scratch: Path):
    """A Spark session that keeps nothing: catalogue in memory, tables under `scratch`, in UTC."""
    from pyspark.sql import SparkSession

    settings = {
        "spark.sql.warehouse.dir": str(scratch / "warehouse"),
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.sources.default": "parquet",
        # Each of hundreds of small queries is run once: planning it finely and compiling it costs more than it saves.
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "3g",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
    }
    builder = SparkSession.builder.master("local[2]").appName("customer360")
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    for schema in ("raw", "analytics", "sharing"):
        spark.sql(f"create schema if not exists {schema}")
    return spark


def load(spark, schema: str, table: str, scratch: Path) -> None:
    """Copy a table of Postgres into Spark through Parquet; dbt's seeds would lose nulls and quotes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = scratch / f"{table}.parquet"
    columns, types = [], []
    for name, kind, precision, scale in query(
        "select column_name, data_type, numeric_precision, numeric_scale from information_schema.columns"
        " where table_schema = %s and table_name = %s order by ordinal_position",
        [schema, table],
    ):
        columns.append(name)
        types.append(
            {
                "integer": pa.int32(),
                "bigint": pa.int64(),
                "date": pa.date32(),
                "bytea": pa.binary(),
                **dict.fromkeys(TIMES, pa.timestamp("us", "UTC")),
            }.get(kind)
            or (pa.decimal128(precision, scale) if kind == "numeric" and precision else pa.string())
        )
    if not columns:
        sys.exit(could_not(f"There is no table {schema}.{table}.", "make setup"))
    fields = pa.schema(list(zip(columns, types, strict=True)))
    select = ", ".join(
        f'"{name}"::text' if pa.types.is_string(kind) else f'"{name}"'
        for name, kind in zip(columns, types, strict=True)
    )
    rows = 0
    with pq.ParquetWriter(path, fields) as writer:
        for batch in batches(f"select {select} from {schema}.{table}"):
            arrays = [pa.array(values, kind) for values, kind in zip(zip(*batch, strict=True), types, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=fields))
            rows += len(batch)
    spark.read.parquet(str(path)).write.saveAsTable(f"{schema}.{table}", format="parquet", mode="overwrite")
    arrived = spark.table(f"{schema}.{table}").count()
    if arrived != rows:
        sys.exit(could_not(f"{schema}.{table}: {rows} rows left Postgres, {arrived} arrived in Spark.", "make parity"))
    print(f"{schema}.{table}: {rows} rows loaded into Spark")


def dbt(command: str, target: str, as_of: str, scratch: str | Path, **variables: str) -> bool:
    """Run a dbt command in this process; True when nothing failed. With other variables it parses the project anew, so
    they have a target of their own."""
    from dbt.cli.main import dbtRunner

    arguments = [
        *command.split(),
        *("--project-dir", str(HERE), "--profiles-dir", str(HERE), "--target", target),
        *("--target-path", str(target_of(scratch, target, *variables.values())), "--log-path", f"{scratch}/logs"),
        *("--vars", json.dumps({"as_of": as_of, **variables})),
    ]
    return bool(dbtRunner().invoke(arguments).success)


def target_of(scratch: str | Path, *names: str) -> Path:
    """The folder of dbt's artifacts for a target, and for the values of the variables beside the clock."""
    return Path(scratch) / "-".join(["target", *names])


def macros_hold(spark, zone: str, as_of: str, scratch: str) -> bool:
    """Run the tests of the macros in a session of another time zone: the outcome must not depend on it."""
    print(f"macros in a session in {zone}")
    spark.conf.set("spark.sql.session.timeZone", zone)
    try:
        return dbt(f"test --select {MACRO_TESTS}", "spark", as_of, scratch)
    finally:
        spark.conf.set("spark.sql.session.timeZone", "UTC")


def marts(scratch: Path) -> list[str]:
    """The relations of the public models, from the manifest of the build; a view only where it is an older version."""
    return sorted(
        f"analytics.{node['alias']}"
        for node in models(scratch)
        if node["access"] == "public" and (node["config"]["materialized"] != "view" or node.get("version"))
    )


def models(scratch: Path, *variables: str) -> list[dict]:
    """The models of the package that dbt knew when it ran last on Spark, with these values of variables."""
    manifest = json.loads((target_of(scratch, "spark", *variables) / "manifest.json").read_text())
    known = (node for node in manifest["nodes"].values() if node["resource_type"] == "model")
    return [node for node in known if node["package_name"] == "customer360"]


def shares(spark, as_of: str, scratch: Path) -> list[str]:
    """Build what every partner with a key gets on both engines, by the same keys; the relations to compare."""
    if query("select to_regclass('sharing.key')") == [(None,)]:
        print("There is no sharing.key, so no share to compare; c360 keys create makes one.")
        return []
    load(spark, "sharing", "key", scratch)
    found = []
    for (partner,) in query("select distinct partner from sharing.key order by partner"):
        for target in ("postgres", "spark"):
            if not dbt("build --select customer360.sharing", target, as_of, scratch, share=partner):
                sys.exit(could_not(f"dbt could not make the share of {partner} on {target}.", "make parity"))
        places = {node["name"]: f"{node['schema']}.{node['alias']}" for node in models(scratch, partner)}
        found += [places[name] for name in sorted(places) if name.partition("__")[0].endswith(f"_{partner}")]
    return found


def compare(spark, relations: list[str]) -> bool:
    """Print one line a mart: the rows of each engine, those that only one has, and where they differ."""
    print(f"\n{'relation':<62}{'postgres':>10}{'spark':>10}{'only postgres':>15}{'only spark':>12}  differs in")
    equal = True
    for relation in relations:
        here = [tuple(map(plain, row)) for row in query(f"select * from {relation}")]
        frame = spark.table(relation)
        there = [tuple(map(plain, row)) for row in frame.toLocalIterator()]
        only_here, only_there = Counter(here) - Counter(there), Counter(there) - Counter(here)
        differing = [
            name
            for place, name in enumerate(frame.columns)
            if Counter(row[place] for row in here) != Counter(row[place] for row in there)
        ]
        equal = equal and bool(here) and not only_here and not only_there
        verdict = ", ".join(differing) or ("nothing" if here else "no rows to compare")
        print(
            f"{relation:<62}{len(here):>10}{len(there):>10}{only_here.total():>15}{only_there.total():>12}  {verdict}"
        )
    print("\nEvery mart is equal row for row." if equal else "\nThe engines differ.")
    return equal


def plain(value: object) -> object:
    """A value that compares across drivers: ids as text, times as UTC without zone."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).replace(tzinfo=None) if value.tzinfo else value
    return str(value) if type(value).__name__ == "UUID" else value


def connect():
    import psycopg

    try:
        return psycopg.connect("")
    except psycopg.OperationalError:
        sys.exit(could_not("No Postgres answers at PGHOST, PGPORT.", "make setup"))


def query(sql: str, parameters: list[str] | None = None) -> list[tuple]:
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def batches(sql: str) -> Iterator[list[tuple]]:
    with connect() as connection, connection.cursor("rows") as cursor:
        cursor.itersize = BATCH
        cursor.execute(sql)
        while batch := cursor.fetchmany(BATCH):
            yield batch


def could_not(what: str, remedy: str) -> int:
    print(f"{what} Type: {remedy}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    import argparse

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=["build", "parity"])
    parser.add_argument("--as-of", default=dt.datetime.now(dt.UTC).isoformat(), help="the clock: ISO 8601, UTC")
    options = parser.parse_args()
    sys.exit(main(options.command, options.as_of))
