"""The gate on Spark with Delta: whatever is delivered, rows, clauses and counts are those of the gate on Postgres."""

import gzip
import os
import random
import subprocess
import sys
import warnings
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml

from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.database import connect
from c360.delivery.form import Form
from c360.engine import engine_of
from c360.engine.spark import quarantine
from c360.engine.spark.lake import Lake, tables
from c360.gate.account import Gate
from c360.gate.ingest import ingest
from c360.gate.replay import replay
from c360.ledger import deliveries, erasure
from c360.ledger.deliveries import planned
from c360.ledger.history import Run
from c360.ledger.tables import prepare
from governance.tests.clause.values import ON_BOTH
from governance.tests.servers import ROOT, database_of_its_own
from integration_tests.fuzz import test_one_rule as one_rule
from integration_tests.spark_environment import beside
from integration_tests.tests.test_openlineage import lines, require_standard, to_file

pytestmark = pytest.mark.spark

NOW = one_rule.NOW
ENVIRONMENT = ROOT / "integration_tests/spark_environment.py"
NO_JAVA = 3
QUICK = """
spark.driver.extraJavaOptions -XX:TieredStopAtLevel=1 -XX:+UseSerialGC
spark.sql.codegen.wholeStage false
spark.sql.codegen.factoryMode NO_CODEGEN
spark.sql.adaptive.enabled false
spark.databricks.delta.stats.collect false
"""
"""Each of many small queries is run once: planning it finely and compiling it costs more than it saves."""


@pytest.fixture(scope="module")
def spark(tmp_path_factory):
    """Spark's environment beside that of the toolkit, whose reader its workers need."""
    made = subprocess.run([sys.executable, ENVIRONMENT, "--java"], capture_output=True, text=True)
    if made.returncode == NO_JAVA:
        warnings.warn(f"test_spark_gate.py is skipped. {made.stderr.strip()}", stacklevel=2)
        pytest.skip(made.stderr.strip())
    assert made.returncode == 0, made.stdout + made.stderr
    folder = tmp_path_factory.mktemp("conf")
    (folder / "spark-defaults.conf").write_text(QUICK)
    os.environ["SPARK_CONF_DIR"] = str(folder)
    with beside():
        yield
    del os.environ["SPARK_CONF_DIR"]


@dataclass
class Side:
    """One of the two gates, with a ledger of its own."""

    engine: object
    ledger: object

    def deliver(self, catalog, dataset, path, form=None):
        return ingest(self.ledger, self.engine, catalog, dataset, path, Run.start("gate", NOW), form=form)

    def ask(self, query, *parameters):
        with self.ledger.transaction(), self.ledger.cursor() as cursor:
            cursor.execute(query, parameters)
            return cursor.fetchall()

    def quarantine(self, dataset):
        return self.ask(
            "select delivery_id, row_number, line, clauses, payload, resolution, resolved_by from quarantine.rows "
            "where dataset = %s order by 1, 2, 3",
            dataset,
        )

    def rows(self, catalog, dataset, beside=False):
        """Of raw, or the superseded ones: values as text."""
        _, described = catalog.find(dataset)
        columns = [column.physical_name for column in described.columns]
        lake = getattr(self.engine, "_lake", None)
        if lake is None:
            table = f"superseded.{dataset}" if beside else f"{described.schema}.{described.table}"
            listed = ", ".join(f'"{name}"::text' for name in columns)
            return sorted(self.ask(f"select {listed} from {table}"), key=repr)
        here = tables(described)
        listed = ", ".join(f"cast(`{name}` as string)" for name in columns)
        return sorted(lake.rows(f"select {listed} from {here.superseded if beside else here.raw}"), key=repr)


@pytest.fixture(scope="module")
def sides(spark, server, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    (contract, *_) = Catalog.of(find_contracts(ROOT / "contracts")).contracts
    with ExitStack() as stack:
        found = []
        for name in ("postgres", "spark"):
            address = stack.enter_context(database_of_its_own(server, f"gate_{name}_{os.getpid()}"))
            file = replace(server.file, soda=False)
            settings = replace(server, home=home, database_url=address, engine_here=name, file=file)
            ledger = stack.enter_context(closing(connect(settings)))
            prepare(ledger)
            found.append(Side(engine_of(ledger, settings, contract), ledger))
        yield found


def catalog_of(folder: Path, *parts: dict) -> Catalog:
    for part in parts:
        document = {
            "apiVersion": "v3.2.0", "kind": "DataContract", "id": part["name"], "version": "1.0.0", "status": "active",
            "name": part["name"], "schema": [part],
        }  # fmt: skip
        if "sla" in part:
            document["slaProperties"] = part.pop("sla")
        path = folder / "sources" / part["name"] / "1.0.0.odcs.yaml"
        path.parent.mkdir(parents=True)
        path.write_text(yaml.safe_dump(document))
    return Catalog.of(find_contracts(folder))


FIELDS = ("outcome", "reason", "delivered", "promoted", "quarantined", "duplicates", "superseded", "corrected",
          "erased", "rows by clause", "findings")  # fmt: skip


def deliver(sides, catalog, dataset, path, form=None):
    """To both gates; what one says, which the other says too."""
    _, described = catalog.find(dataset)
    told = []
    for side in sides:
        done = side.deliver(catalog, dataset, path, form and Form.of(described, **form))
        findings = sorted((found.clause.id, found.outcome, found.rows) for found in done.findings)
        told.append((done.outcome, done.reason, done.delivered, done.promoted, done.quarantined, done.duplicates,
                     done.superseded, done.corrected, done.erased, dict(done.rows_by_clause), findings))  # fmt: skip
    pairs = dict(zip(FIELDS, zip(*told, strict=True), strict=True))
    assert {name: pair for name, pair in pairs.items() if pair[0] != pair[1]} == {}
    return told[0]


def assert_alike(sides, catalog, dataset):
    postgres, spark = sides
    assert spark.quarantine(dataset) == postgres.quarantine(dataset)
    assert spark.rows(catalog, dataset) == postgres.rows(catalog, dataset)
    assert spark.rows(catalog, dataset, beside=True) == postgres.rows(catalog, dataset, beside=True)


@pytest.mark.parametrize("timed", [True, False], ids=["load times", "no load times"])
def test_campaigns(sides, tmp_path, timed):
    """Those of the model in integration_tests/fuzz, and random ones, side by side in one table: each has ids of its
    own, so that none meets another."""
    name = "timed" if timed else "untimed"
    path = tmp_path / "sources" / name / "1.0.0.odcs.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(one_rule.CONTRACT.format(name=name) + (one_rule.LOADED.replace("NAME", name) if timed else ""))
    catalog = Catalog.of(find_contracts(tmp_path))
    made = random.Random(7)
    known = [one_rule.FUTURE_TWIN, one_rule.DISPUTE, one_rule.SWAP, one_rule.HAND_OVER, one_rule.CHAIN, one_rule.BACK]
    campaigns = [*known, *([random_file(made) for _ in range(3)] for _ in range(40))]
    for turn in range(max(map(len, campaigns))):
        rows = [
            shifted(row, 100 * number) for number, deliveries in enumerate(campaigns)
            for row in (deliveries[turn] if turn < len(deliveries) else [])
        ]  # fmt: skip
        rows = rows if timed else [row._replace(load=None) for row in rows]
        file = tmp_path / "file.csv"
        file.write_text(one_rule.as_csv(rows, timed))
        outcome, *_ = deliver(sides, catalog, name, file)
        assert outcome == "accepted"
        assert_alike(sides, catalog, name)
    for side in sides if timed else []:
        contract, dataset = catalog.find(name)
        replay(Gate(side.ledger, side.engine, catalog, contract, dataset, Run.start("replay", NOW)))
    assert_alike(sides, catalog, name)


def random_file(made: random.Random) -> list[one_rule.Row]:
    return [
        one_rule.Row(
            made.randint(1, 4), made.choice(["Ann", "Ann", "Ann", "Bob"]), made.randint(-1, 3),
            made.choice([None, 1, 2, 3, 4]), made.choice([None, None, 1, 2, 3, 4, 5]),
            made.choice([8, 9, 10, 11, one_rule.FUTURE, one_rule.FUTURE + 1]),
        )
        for _ in range(made.randint(1, 6))
    ]  # fmt: skip


def shifted(row: one_rule.Row, by: int) -> one_rule.Row:
    numbers = {name: value + by for name in ("id", "a", "parent") if (value := getattr(row, name)) is not None}
    return row._replace(**numbers)


def test_values_of_every_type(sides, tmp_path):
    types = {f"c{i}": kind for i, kind in enumerate(ON_BOTH)}
    properties = [{"name": name, "physicalType": kind} for name, kind in types.items()]
    properties.insert(0, {"name": "n", "physicalType": "integer"})
    catalog = catalog_of(tmp_path, {"name": "kinds", "customProperties": ALL_MAY_BE_LOST, "properties": properties})
    lines, number = ["n," + ",".join(types)], 0
    for name, kind in types.items():
        for text in (*ON_BOTH[kind][0], *ON_BOTH[kind][1]):
            number += 1
            cells = ['"' + text.replace('"', '""') + '"' if name == other else "" for other in types]
            lines.append(f"{number}," + ",".join(cells))
    file = tmp_path / "kinds.csv"
    file.write_text("\n".join(lines) + "\n")
    for side in sides:
        side.deliver(catalog, "kinds", file)
    found = [{(row, *clauses) for _, row, _, clauses, *_ in side.quarantine("kinds")} for side in sides]
    odd = sorted(row for row, *_ in found[0] ^ found[1])
    assert "; ".join(lines[row].strip(",") for row in odd) == ""
    assert 20 < len(found[0]) < len(lines) - 20


ALL_MAY_BE_LOST = [{"property": "maxQuarantineRatio", "value": 1}]
WORDS = {"name": "words", "customProperties": ALL_MAY_BE_LOST, "properties": [
    {"name": "id", "physicalType": "integer", "primaryKey": True}, {"name": "word", "physicalType": "text"},
]}  # fmt: skip
HOSTILE = {
    "a quote inside": b'id,word\n1,a"b\n2,x\n3,y\n',
    "text behind a quote": b'id,word\n1,"a"b\n2,x\n3,y\n',
    "a quote that is never closed": b'id,word\n1,x\n2,"ab\n3,y\n',
    "a line end in quotes": b'id,word\n1,"a\nb"\n2,x\n',
    "other numbers of fields": b"id,word\n1,x,y\n2\n3,z\n",
    "NUL, and bytes that are no text": b"id,word\n1,a\0b\n2,\xff\n3,x\n",
    "nothing and an empty text": b'id,word\n1,""\n2,\n',
    "columns in another order": b"word,id\nx,1\ny,2\n",
    "a column that is absent": b"id\n1\n2\n",
    "a byte order mark, and lines of DOS": b"\xef\xbb\xbfid,word\r\n1,x\r\n2,y\r\n",
    "lines of old": b"id,word\r1,x\r2,y\r",
    "blank lines": b"id,word\n\n1,x\n\n2,y\n\n",
    "no rows": b"id,word\n",
    "nothing at its end": b"id,word\n1,x\n2,y",
    "words that SQL reads": b"id,word\n1,'; drop schema raw; --\n2,back\\slash\n3,\xf0\x9f\x98\x80 %s {x} ${y}\n",
    "packed": gzip.compress(b"id,word\n1,x\n2,y\n"),
    "keys that are the same": b"id,word\n1,x\n1,x\n2,y\n2,z\n3,a\n",
}


def test_hostile_files(sides, tmp_path):
    catalog = catalog_of(tmp_path, WORDS)
    for number, content in enumerate(HOSTILE.values()):
        file = tmp_path / f"{number}.csv"
        file.write_bytes(content)
        deliver(sides, catalog, "words", file)
    assert_alike(sides, catalog, "words")


def test_how_a_sender_writes(sides, tmp_path):
    catalog = catalog_of(tmp_path, {"name": "german", "properties": [
        {"name": "day", "physicalType": "date"}, {"name": "amount", "physicalType": "numeric(8,2)"},
        {"name": "at", "physicalType": "timestamp"}, {"name": "word", "physicalType": "text"},
    ], "customProperties": ALL_MAY_BE_LOST})  # fmt: skip
    file = tmp_path / "german.csv"
    file.write_text(
        "day;amount;at;word\n24.12.2025;1.234,50;24.12.2025 10:00:00;ä\n30.02.2025;1,5;01.01.2025 24:00:00;NA\n"
        "NA;12.34,5;NA;\n01.01.2026;-1.000.000,00;31.12.2025 23:59:59;x\n",
        encoding="windows-1252",
    )
    form = {"delimiter": ";", "encoding": "windows-1252", "decimal": ",", "thousands": ".", "date_format": "dd.MM.yyyy",
            "timestamp_format": "dd.MM.yyyy HH:mm:ss", "null_values": ("NA",)}  # fmt: skip
    outcome, *_ = deliver(sides, catalog, "german", file, form)
    assert outcome == "accepted"
    assert_alike(sides, catalog, "german")


def test_a_dry_run_tells_the_same_and_writes_nothing(sides, tmp_path):
    catalog = catalog_of(tmp_path, {"name": "tried", "properties": [
        {"name": "id", "physicalType": "integer", "primaryKey": True},
        {"name": "n", "physicalType": "integer", "required": True},
    ], "customProperties": ALL_MAY_BE_LOST})  # fmt: skip
    file = tmp_path / "tried.csv"
    file.write_text("id,n\n1,1\n2,\n")
    deliver(sides, catalog, "tried", file)
    before = [(side.quarantine("tried"), side.rows(catalog, "tried")) for side in sides]
    file.write_text("id,n\n1,1\n2,5\n3,\n")
    told = [
        ingest(side.ledger, side.engine, catalog, "tried", file, Run.start("gate", NOW), dry=True) for side in sides
    ]
    counts = [(one.outcome, one.promoted, one.quarantined, one.duplicates, one.rows_by_clause) for one in told]
    assert counts == [("accepted", 1, 1, 1, {"tried.n.required": 1})] * 2
    assert [(side.quarantine("tried"), side.rows(catalog, "tried")) for side in sides] == before
    for side in sides:
        assert len(side.ask("select 1 from governance.delivery where dataset = 'tried'")) == 1
    assert deliver(sides, catalog, "tried", file)[:4] == ("accepted", "", 3, 1)


ODD = "a;b `c`, 'd' = {e}"


def test_names_that_sql_reads(sides, tmp_path):
    names = {"id": "the id", "a": ODD, "how": "how", "at": "at", "clause": "clause", "words": "c360"}
    kinds = dict.fromkeys(names, "text") | {"id": "integer", "at": "timestamp", "clause": "jsonb"}
    properties = [
        {"name": name, "physicalName": names[name], "physicalType": kinds[name], "primaryKey": name == "id",
         "unique": name == "how"}
        for name in names
    ]  # fmt: skip
    catalog = catalog_of(tmp_path, {"name": "odd", "customProperties": ALL_MAY_BE_LOST, "properties": properties})
    file = tmp_path / "odd.csv"
    head = f'the id,"{ODD}",how,at,clause,c360\n'
    file.write_text(
        head + '1,x,1,2026-01-01,"{""a"": 1}",\n2,X,2,2026-01-01,"{""a"":1",y\n2,it\'s,3,2026-01-01,{},\n'
        '1,x,1,2026-01-01,"{""a"":1}",\n3,z,1,2026-01-01,,\n'
    )
    deliver(sides, catalog, "odd", file)
    postgres, spark = sides
    assert spark.quarantine("odd") == postgres.quarantine("odd") != []


PEOPLE = {
    "name": "people", "customProperties": ALL_MAY_BE_LOST, "properties": [
        {"name": "id", "physicalType": "uuid", "primaryKey": True, "classification": "restricted"},
        {"name": "mail", "physicalType": "text", "classification": "restricted"},
    ],
}  # fmt: skip
LETTERS = {
    "name": "letters", "customProperties": ALL_MAY_BE_LOST, "properties": [
        {"name": "n", "physicalType": "integer", "primaryKey": True},
        {"name": "sender", "physicalType": "uuid", "required": True, "relationships": [{"to": "people.id"}]},
        {"name": "about", "physicalType": "uuid", "relationships": [{"to": "people.id"}]},
    ],
}  # fmt: skip
GONE, HERE = "0d2b3c66-6f1c-4f0e-9a38-6f5dd2f5f1a1", "0d2b3c66-6f1c-4f0e-9a38-6f5dd2f5f1a2"


def test_who_was_forgotten_is_kept_out(sides, tmp_path):
    catalog = catalog_of(tmp_path, PEOPLE, LETTERS)
    for side in sides:
        with side.ledger.transaction():
            number, _ = erasure.tombstone(side.ledger, "people", "id", GONE.replace("-", ""))
            erasure.add_traits(side.ledger, number, [("mail", "gone@example.org")])
    people, letters = tmp_path / "people.csv", tmp_path / "letters.csv"
    people.write_text(
        f"id,mail\n{GONE.upper()},x\n{HERE},here@example.org\n?,gone@example.org\n?,other@example.org\n"
        f'{GONE},x,y\n"{HERE}","x",z\n'
    )
    letters.write_text(f"n,sender,about\n1,{GONE},{HERE}\n2,{HERE},{GONE}\n3,{HERE},{HERE}\nx,{HERE},{GONE}\n")
    for dataset, path in (("people", people), ("letters", letters)):
        told = deliver(sides, catalog, dataset, path)
        assert told[8] > 0, "rows of the person are counted"
        assert_alike(sides, catalog, dataset)
    assert not any(
        GONE in str(row).lower() for dataset in ("people", "letters") for row in sides[1].quarantine(dataset)
    )
    for side in sides:
        side.ask("with gone as (delete from erasure.trait returning 1) select count(*) from gone")
        side.ask("with gone as (delete from erasure.tombstone returning 1) select count(*) from gone")


class Killed(BaseException):
    """The program is gone between two steps: nothing after it runs, what is written stays."""


STEPS = [(quarantine, "keep", 1), (Lake, "append", 1), (Lake, "merge", 1), (Lake, "append", 2),
         (quarantine, "close_corrected", 1), (deliveries, "accept", 1)]  # fmt: skip
"""What is written of a delivery after it was planned, in this order, and which call of it: superseded rows are appended
before new ones."""
KILLS = [(*step, False) for step in STEPS] + [(*STEPS[-1], True)]
"""Before each of them; and at last in the transaction that accepts, which is undone."""
EARLY, AFTER = "2026-03-01 10:00:00", "2026-03-01 11:00:00"


def test_a_kill_anywhere_loses_nothing(sides, tmp_path, monkeypatch):
    """Of deliveries that have something for each step; whoever comes next finishes what is left."""
    number = {"physicalType": "integer", "logicalType": "integer"}
    properties = [
        {"name": "id", "primaryKey": True, **number},
        {"name": "n", "required": True, "logicalTypeOptions": {"minimum": 0}, **number},
        {"name": "at", "physicalType": "timestamp"},
    ]
    sla = [{"property": "freshness", "value": 900, "unit": "d", "element": "killed.at"}]
    contract = {"name": "killed", "customProperties": ALL_MAY_BE_LOST, "properties": properties, "sla": sla}
    catalog = catalog_of(tmp_path, contract)
    file = tmp_path / "file.csv"
    postgres, spark = sides

    def written(*rows: tuple[int, int, str]) -> Path:
        file.write_text("id,n,at\n" + "".join(f"{key},{n},{at}\n" for key, n, at in rows))
        return file

    bases = range(0, 10 * len(KILLS), 10)
    first = written(*((base + key, n, EARLY) for base in bases for key, n in ((1, 1), (2, 2), (3, -3))))
    assert deliver(sides, catalog, "killed", first)[0] == "accepted"
    for base, (owner, step, nth, after) in zip(bases, KILLS, strict=True):
        changed = ((1, 7, AFTER), (2, 8, "2026-03-01 09:00:00"), (3, 9, AFTER), (4, -1, EARLY), (5, 5, EARLY))
        second = written(*((base + key, n, at) for key, n, at in changed))
        assert postgres.deliver(catalog, "killed", second).corrected == 1
        with monkeypatch.context() as patch:
            dying(patch, owner, step, nth, after)
            with pytest.raises(Killed):
                spark.deliver(catalog, "killed", second)
        assert planned(spark.ledger, "killed"), "it is known what is to be done"
        assert deliver(sides, catalog, "killed", written((base + 9, 1, EARLY)))[0] == "accepted"
    assert_alike(sides, catalog, "killed")
    assert planned(spark.ledger, "killed") == []
    accounts = (
        "select delivered, promoted, quarantined, duplicates, superseded, outcome from governance.delivery "
        "where dataset = 'killed' order by delivery_id"
    )
    assert spark.ask(accounts) == postgres.ask(accounts)


def test_events_name_a_table_by_where_it_lies(sides, tmp_path, monkeypatch):
    """Of OpenLineage: the folder of Delta's log, and not a table of the ledger's Postgres."""
    _, spark = sides
    catalog = catalog_of(tmp_path, {"name": "told", "properties": [{"name": "id", "physicalType": "text"}]})
    file = tmp_path / "file.csv"
    file.write_text("id\na\n")
    monkeypatch.setenv("C360_ENGINE", "spark")
    monkeypatch.setenv("C360_ROOT", str(ROOT))
    for name, value in to_file(tmp_path / "events").items():
        monkeypatch.setenv(name, value)
    assert spark.deliver(catalog, "told", file).outcome == "accepted"
    _, done = lines(tmp_path / "events")
    (table,) = done["outputs"]
    assert table["namespace"] == "file" and (Path(table["name"]) / "_delta_log").is_dir()
    assert table["outputFacets"]["outputStatistics"]["rowCount"] == 1
    require_standard(done)


def test_a_table_is_measured_as_it_stands(sides, tmp_path):
    """What a table has that never came through the gate is found by the same clauses, and so is a table's form."""
    number = {"physicalType": "integer", "logicalType": "integer"}
    properties = [
        {"name": "id", "primaryKey": True, **number},
        {"name": "n", "required": True, "logicalTypeOptions": {"minimum": 0}, **number},
        {"name": "kind", "physicalType": "text", "logicalTypeOptions": {"pattern": "^[ab]$"}},
        {"name": "price", "physicalType": "numeric(9, 2)", "logicalType": "number"},
        {"name": "at", "physicalType": "timestamp"},
    ]
    few = {"id": "few", "type": "library", "metric": "rowCount", "mustBeLessThan": 5}
    total = {"id": "total", "type": "sql", "query": "select sum(n) from stands", "mustBeGreaterThan": 100}
    contract = {"name": "stands", "properties": properties, "quality": [few, total],
                "sla": [{"property": "freshness", "value": 900, "unit": "d", "element": "stands.at"}]}  # fmt: skip
    catalog = catalog_of(tmp_path, contract)
    _, dataset = catalog.find("stands")
    file = tmp_path / "file.csv"
    file.write_text(f"id,n,kind,price,at\n1,200,a,1.50,{AFTER}\n2,3,b,2.50,{AFTER}\n")
    no_table = measured(sides, catalog, dataset)
    assert {outcome for outcome, _, _ in no_table.values()} == {"errored"}
    assert deliver(sides, catalog, "stands", file)[0] == "accepted"
    assert {outcome for outcome, _, _ in measured(sides, catalog, dataset).values()} == {"passed"}
    rows = "(1, 4, 'c', 1, timestamp '2026-01-01 00:00:00'), (3, -400, 'a', 2, null), (4, null, null, null, null)"
    postgres, spark = sides
    with postgres.ledger.transaction():
        postgres.ledger.execute("drop view superseded.stands")
        postgres.ledger.execute(f"alter table {dataset.schema}.stands drop constraint stands_pkey")
        postgres.ledger.execute(f"alter table {dataset.schema}.stands alter id drop not null, alter n drop not null")
        postgres.ledger.execute(f"insert into {dataset.schema}.stands (id, n, kind, price, at) values {rows}")
        postgres.ledger.execute(f"alter table {dataset.schema}.stands add column surprise text")
        postgres.ledger.execute(f"alter table {dataset.schema}.stands alter column price type numeric(12, 3)")
    raw, lake = tables(dataset).raw, spark.engine._lake
    rows = rows.replace("timestamp '", "timestamp_ntz '")
    lake.run(f"insert into {raw} (id, n, kind, price, at) values {rows}")
    wider = "select id, n, kind, cast(price as decimal(12, 3)) as price, at, 'x' as surprise"
    lake.run(f"create or replace table {raw} using delta as {wider} from {raw}")
    found = measured(sides, catalog, dataset)
    assert {clause for clause, (outcome, _, _) in found.items() if outcome == "failed"} == {
        "stands.few", "stands.id.primaryKey", "stands.kind.pattern", "stands.n.minimum", "stands.n.required",
        "stands.price.physicalType", "stands.total", "stands.unexpectedColumns",
    }  # fmt: skip


def measured(sides, catalog, dataset):
    """What both engines say of a table by clause: outcome, number and rows."""
    told = [
        {clause: (one.outcome, one.measured, one.rows) for clause, one in found.items()}
        for found in (side.engine.measured(catalog, dataset, NOW) for side in sides)
    ]
    assert told[0] == told[1]
    return told[0]


def dying(patch, owner, step: str, nth: int, after: bool) -> None:
    """The program dies at the nth call of a step."""
    real, calls = getattr(owner, step), []

    def dies(*given, **named):
        calls.append(step)
        if len(calls) == nth and not after:
            raise Killed
        done = real(*given, **named)
        if len(calls) == nth:
            raise Killed
        return done

    patch.setattr(owner, step, dies)


def test_both_take_the_same_numbers_of_a_delivery(sides, tmp_path):
    """What the next deliveries are compared with, and what is unusual then."""
    watch = {"type": "custom", "engine": "elementary", "severity": "warning"}
    properties = [
        {"name": "id", "primaryKey": True, "physicalType": "integer", "logicalType": "integer"},
        {"name": "price", "physicalType": "numeric(9, 2)", "logicalType": "number",
         "quality": [{"id": "level", "implementation": {"column_anomalies": {"column_anomalies": [
             "average", "standard_deviation", "zero_percent", "null_percent"]}}, **watch}]},
        {"name": "note", "physicalType": "text", "logicalType": "string",
         "quality": [{"id": "note", "implementation": {"column_anomalies": {"column_anomalies": [
             "average_length", "missing_percent"]}}, **watch}]},
        {"name": "kind", "physicalType": "text", "logicalType": "string", "classification": "public",
         "enum": [{"value": "it's", "id": "its"}, {"value": "B", "id": "b"}]},
        {"name": "at", "physicalType": "timestamp", "logicalType": "timestamp"},
    ]  # fmt: skip
    rules = [
        {"id": test, "implementation": {test: arguments}, **watch}
        for test, arguments in {
            "volume_anomalies": {},
            "freshness_anomalies": {},
            "dimension_anomalies": {"dimensions": ["kind"]},
        }.items()
    ]
    contract = {"name": "watched", "properties": properties, "quality": rules,
                "sla": [{"property": "freshness", "value": 900, "unit": "d", "element": "watched.at"}]}  # fmt: skip
    catalog = catalog_of(tmp_path, contract)
    kinds = ("B", "it's")
    for day in range(5):
        at = f"2026-02-0{day + 1} 10:00:00"
        lines = [
            f"{day * 100 + n},{f'{n % 3}.10' if n % 7 else ''},{'x' * (n % 5)},{kinds[n % 2]},{at}"
            for n in range(40 if day < 4 else 3)
        ]
        file = tmp_path / f"day{day}.csv"
        file.write_text("\n".join(["id,price,note,kind,at", *lines, ""]))
        _, _, delivered, *_, findings = deliver(sides, catalog, "watched", file)
    assert ("watched.volume_anomalies", "warned", None) in findings and delivered == 3
    query = "select numbers from governance.delivery where dataset = 'watched' order by delivery_id"
    for (ours,), (theirs,) in zip(*(side.ask(query) for side in sides), strict=True):
        assert ours.keys() == theirs.keys() and len(ours) == 3
        for clause, found in ours.items():
            assert theirs[clause] == pytest.approx(found)
