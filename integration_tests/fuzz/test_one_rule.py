"""Campaigns of deliveries: raw, superseded rows, quarantine and counts are those of a plain model of the rules."""

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.database import connect
from c360.engine.postgres.engine import PostgresEngine
from c360.gate.ingest import ingest
from c360.ledger.history import Run
from c360.ledger.tables import prepare
from integration_tests.fuzz.one_rule import FUTURE, Row, Store

START = datetime(2026, 3, 1, tzinfo=UTC)
NOW = START + timedelta(hours=FUTURE - 2)
CONTRACT = """
apiVersion: v3.2.0
kind: DataContract
id: {name}
name: {name}
version: 1.0.0
status: active
servers:
  - {{server: local, type: postgres, host: localhost, port: 5432, database: x, schema: raw}}
schema:
  - name: {name}
    customProperties:
      - {{property: maxQuarantineRatio, value: 1}}
      - {{property: identity, value: [name]}}
    properties:
      - {{name: id, logicalType: integer, physicalType: integer, classification: public, primaryKey: true,
         required: true}}
      - {{name: name, logicalType: string, physicalType: text, classification: public}}
      - {{name: v, logicalType: integer, physicalType: integer, classification: public,
         logicalTypeOptions: {{minimum: 0}}}}
      - {{name: a, logicalType: integer, physicalType: integer, classification: public, unique: true}}
      - {{name: parent, logicalType: integer, physicalType: integer, classification: public,
         relationships: [{{to: {name}.id}}]}}
"""
LOADED = """      - {name: _loaded_at_utc, logicalType: timestamp, physicalType: timestamp, classification: public}
slaProperties:
  - {property: freshness, value: 9, unit: d, severity: warning, element: NAME._loaded_at_utc}
"""

values = st.integers(-1, 3)
loads = st.sampled_from([8, 9, 10, 11, FUTURE, FUTURE + 1])
rows = st.builds(
    Row, st.integers(1, 4), st.sampled_from(["Ann", "Ann", "Ann", "Bob"]), values,
    st.one_of(st.none(), st.integers(1, 4)), st.one_of(st.none(), st.none(), st.integers(1, 5)), loads,
)  # fmt: skip
files = st.lists(rows, min_size=1, max_size=6)


@st.composite
def campaigns(draw):
    """Ten deliveries, some of which are files that came before."""
    done: list[list[Row]] = []
    for _ in range(10):
        old = done and draw(st.integers(0, 3)) == 0
        done.append(draw(st.sampled_from(done)) if old else draw(files))
    return done


def plain(number: int, **changes) -> Row:
    return Row(number, "Ann", 1, None, None, 8)._replace(**changes)


FUTURE_TWIN = [[plain(1, load=FUTURE), plain(1)]]
DISPUTE = [[plain(1), plain(1, name="Bob")], [plain(1, load=10)], [plain(1, name="Bob", load=11)]]
SWAP = [[plain(1, a=1), plain(2, a=2)], [plain(1, a=2, load=9), plain(2, a=1, load=9)]]
HAND_OVER = [[plain(1, a=1)], [plain(1, a=2, load=9), plain(3, a=1, load=9)]]
CHAIN = [[plain(n, a=n) for n in (1, 2, 3)], [plain(1, a=2, load=9), plain(2, a=3, load=9), plain(3, a=4, load=8)]]
BACK = [[plain(1)], [plain(1, v=2)], [plain(1)]]


@pytest.fixture(scope="module", params=[True, False], ids=["load times", "no load times"])
def gate(request, database, tmp_path_factory):
    folder = tmp_path_factory.mktemp("contracts")
    name = "timed" if request.param else "untimed"
    path = folder / "sources" / name / "1.0.0.odcs.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(CONTRACT.format(name=name) + (LOADED.replace("NAME", name) if request.param else ""))
    settings = replace(database, file=replace(database.file, soda=False))
    with closing(connect(settings)) as connection:
        prepare(connection)
        engine = PostgresEngine(connection, settings)
        catalog = Catalog.of(find_contracts(folder))
        yield name, connection, lambda file: ingest(connection, engine, catalog, name, file, Run.start("gate", NOW))


@example(FUTURE_TWIN)
@example(DISPUTE)
@example(SWAP)
@example(HAND_OVER)
@example(CHAIN)
@example(BACK)
@given(campaigns())
@settings(max_examples=max(2, settings.default.max_examples // 20), phases=[Phase.explicit, Phase.generate])
def test_a_campaign_is_what_the_model_says(gate, tmp_path, deliveries):
    name, connection, take = gate
    empty(connection, name)
    model = Store(name == "timed")
    for rows in deliveries:
        rows = rows if model.loads else [row._replace(load=None) for row in rows]
        file = tmp_path / "file.csv"
        file.write_text(as_csv(rows, model.loads))
        told = model.deliver(list(rows))
        done = take(file)
        assert done.outcome == ("accepted" if told else "repeated"), deliveries
        if told:
            assert (done.promoted, done.quarantined, done.duplicates) == told, deliveries
        found = state(connection, name, model.loads)
        assert found["raw"] == sorted(model.raw.values(), key=repr), deliveries
        assert found["superseded"] == sorted(model.superseded, key=repr), deliveries
        kept = sorted(((row, tuple(sorted(clauses))) for row, clauses in model.quarantine), key=repr)
        assert found["quarantine"] == kept, deliveries


def as_csv(rows, loads) -> str:
    def line(row):
        told = ["" if field is None else str(field) for field in row.says]
        return ",".join(told + ([f"{START + timedelta(hours=row.load):%Y-%m-%d %H:%M:%S}"] if loads else []))

    head = "id,name,v,a,parent" + (",_loaded_at_utc" if loads else "")
    return "\n".join([head, *map(line, rows)]) + "\n"


def state(connection, name, loads) -> dict[str, list]:
    load = f"(extract(epoch from _loaded_at_utc - timestamp '{START:%Y-%m-%d}') / 3600)::int" if loads else "null"
    short = {f"{name}.a.unique": "unique", f"{name}.parent.relationship": "parent",
             f"{name}.id.primaryKey": "primaryKey",
             f"{name}.identity": "identity", f"{name}.conflict": "conflict", f"{name}.v.minimum": "minimum",
             f"{name}._loaded_at_utc.notInFuture": "notInFuture"}  # fmt: skip
    columns = f"id, name, v, a, parent, {load}"
    kept = (
        "select clauses, r.* from quarantine.rows, lateral (select "
        f"{columns} from jsonb_populate_record(null::raw.{name}, payload)) as r where resolved_at is null"
    )
    with connection.transaction(), connection.cursor() as cursor:

        def ask(query):
            cursor.execute(query)
            return cursor.fetchall()

        return {
            "raw": sorted((Row(*row) for row in ask(f"select {columns} from raw.{name}")), key=repr),
            "superseded": sorted((Row(*row) for row in ask(f"select {columns} from superseded.{name}")), key=repr),
            "quarantine": sorted(
                ((Row(*row), tuple(sorted(short[c] for c in clauses))) for clauses, *row in ask(kept)), key=repr
            ),
        }


def empty(connection, name) -> None:
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(
            f"drop table if exists raw.{name} cascade; truncate governance.delivery, quarantine.rows, "
            "quarantine.evidence, governance.superseded"
        )
