"""The numbers that an anomaly clause has the gate take: which, by what SQL in both dialects, and what never."""

from pathlib import Path

import pytest
import sqlglot

from c360.clause.dialect import DATABRICKS, POSTGRES
from c360.clause.kinds import ANOMALY
from c360.clause.promise import Entry, Table
from c360.clause.rules import anomaly
from c360.clause.watched import numbers
from c360.engine.interface import named_numbers
from c360.model import Anomaly, Clause, Column, Dataset

PROPERTIES = [
    {"name": "n", "logicalType": "integer", "classification": "confidential"},
    {"name": "t", "logicalType": "string", "classification": "personal"},
    {"name": "kind", "logicalType": "string", "classification": "public", "enum": [{"value": "it's"}, {"value": "B"}]},
    {"name": "sex", "logicalType": "string", "classification": "personal", "enum": [{"value": "F"}]},
    {"name": "free", "logicalType": "string", "classification": "public"},
]


def read(implementation, column=None) -> Anomaly:
    table = Table(Path("c.yaml"), {"name": "d", "properties": PROPERTIES}, {"schema": [{"name": "d"}]}, True)
    body = {"type": "custom", "engine": "elementary", "implementation": implementation}
    (promise,) = anomaly(Entry(table, body, column))
    return promise.argument


@pytest.mark.parametrize(
    ("implementation", "column", "watched"),
    [
        ("volume_anomalies", None, ("rows",)),
        ("freshness_anomalies", None, ("seconds",)),
        ({"freshness_anomalies": {"timestamp_column": "t"}}, None, ()),
        ("schema_changes", None, ()),
        ({"column_anomalies": {"column_anomalies": ["average", "max", "zero_count"]}}, "n", ("average", "zero_count")),
        ({"column_anomalies": {"column_anomalies": ["average", "min", "null_percent"]}}, "t", ("null_percent",)),
        ("column_anomalies", "n", ("null_percent", "average", "zero_percent")),
        ("column_anomalies", "t", ("null_percent", "average_length")),
        ({"column_anomalies": {"column_anomalies": ["min", "max"]}}, "n", ()),
        ({"dimension_anomalies": {"dimensions": ["kind", "sex", "free"]}}, None, ("share of it's", "share of B")),
        ({"dimension_anomalies": {"dimensions": ["free"]}}, None, ()),
    ],
)  # fmt: skip
def test_what_is_taken_is_no_value_of_a_row_and_no_category_that_is_not_public(implementation, column, watched):
    argument = read(implementation, column)
    assert argument.watched == watched
    clause = Clause("d.c", "c", "1.0.0", "d", column, ANOMALY, argument)
    assert bool(clause.absent("gate")) is not bool(watched)


def dataset() -> Dataset:
    columns = tuple(
        Column(p["name"], p["name"], "integer" if p["name"] == "n" else "text", p["logicalType"], False,
               p["classification"], "", enum=tuple(p.get("enum", ())))
        for p in PROPERTIES
    )  # fmt: skip
    asked = [
        ({"column_anomalies": {"column_anomalies": ["null_percent", "average", "zero_percent"]}}, "n"),
        ({"column_anomalies": {"column_anomalies": ["missing_percent", "average_length"]}}, "t"),
        ({"dimension_anomalies": {"dimensions": ["kind"]}}, None),
        ("volume_anomalies", None),
    ]
    clauses = tuple(
        Clause(f"d.{number}", "c", "1.0.0", "d", column, ANOMALY, read(implementation, column))
        for number, (implementation, column) in enumerate(asked)
    )
    return Dataset("d", "d", "raw", "", columns, clauses, (), None)


def test_both_dialects_ask_the_same():
    ours, theirs = numbers(dataset(), POSTGRES), numbers(dataset(), DATABRICKS)
    assert [one[:2] for one in ours] == [one[:2] for one in theirs] and len(ours) == 7
    for (*_, one), (*_, other) in zip(ours, theirs, strict=True):
        assert sqlglot.parse_one(one, dialect="postgres") == sqlglot.parse_one(other, dialect="databricks")


@pytest.mark.usefixtures("server")
def test_the_numbers_of_some_rows(database):
    from c360.database import connect

    rows = [(n or None, "" if n % 4 == 0 else "abc", ("it's", "B", "other")[n % 3]) for n in range(24)]
    connection = connect(database)
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("create temporary table here (n int, t text, kind text)")
        cursor.executemany("insert into here values (%s, %s, %s)", rows)
        asked = numbers(dataset(), POSTGRES)
        listed = ", ".join(["count(*)", *(sql for *_, sql in asked)])
        cursor.execute(f"select {listed} from here")
        taken = named_numbers(asked, cursor.fetchone())
        cursor.execute(f"select {listed} from here where n < 5")
        few = named_numbers(asked, cursor.fetchone())
        cursor.execute(f"select {listed} from here where false")
        none = named_numbers(asked, cursor.fetchone())
    connection.close()
    assert taken == {
        "d.0": {"null_percent": 1 / 24, "average": 12.0, "zero_percent": 0.0},
        "d.1": {"missing_percent": 0.25, "average_length": 2.25},
        "d.2": {"share of it's": 8 / 24, "share of B": 8 / 24},
    }
    assert "average" not in few["d.0"], "an average of four values says too much of each"
    assert none == {}


@pytest.mark.usefixtures("server")
def test_a_value_beyond_a_double_stops_no_delivery(database):
    from c360.database import connect
    from c360.engine.postgres.measure import numbers_of
    from c360.engine.postgres.tables import MISCAST, make_room, tables

    described, connection = dataset(), connect(database, role=None)
    with connection.transaction(force_rollback=True), connection.cursor() as cursor:
        for role in ("c360_loader", "c360_transformer"):
            cursor.execute(f"do $$ begin create role {role}; exception when duplicate_object then null; end $$")
        make_room(cursor, described)
        typed = tables(described).typed
        cursor.execute(f"create table {typed} (n numeric, t text, kind text, {MISCAST} text[])")
        cursor.execute(f"insert into {typed} select 1e400, 'abc', 'B', null from generate_series(1, 30)")
        assert numbers_of(cursor, described) == {}
        cursor.execute(f"update {typed} set n = 2")
        assert numbers_of(cursor, described)["d.0"]["average"] == 2
    connection.close()
