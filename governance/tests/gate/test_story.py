"""The gate's story on an engine that is none: rows in a dictionary. What another engine must give is no more than this.

The ledger is real. The engine knows a key, `required` and `minimum`, which is enough for every turn of the story.
"""

import copy
import csv
import io
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.database import connect
from c360.delivery.shapes import Unknown
from c360.engine.interface import Engine, Landing, Promotion, Split, Verdict
from c360.errors import CouldNotTell
from c360.gate.account import Gate
from c360.gate.decide import discard, resolve
from c360.gate.ingest import ingest
from c360.gate.replay import replay
from c360.ledger import quarantine
from c360.ledger.decisions import Decision
from c360.ledger.history import Run
from c360.ledger.outcomes import outcomes
from c360.ledger.quarantine import Chosen, Evidence
from c360.ledger.tables import prepare

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SILENT: dict = {}
CONTRACT = """
apiVersion: v3.2.0
kind: DataContract
id: things
name: things
version: 1.0.0
status: active
servers:
  - {server: local, type: postgres, host: localhost, port: 5432, database: x, schema: raw}
schema:
  - name: things
    customProperties: [{property: maxQuarantineRatio, value: 0.5}]
    properties:
      - {name: id, logicalType: integer, physicalType: integer, classification: public, required: true,
         primaryKey: true}
      - {name: n, logicalType: integer, physicalType: integer, classification: public, required: true,
         logicalTypeOptions: {minimum: 0}}
"""


class InMemory(Unknown):
    """An `Engine`: raw is a dictionary by key, the landing a list."""

    def __init__(self, ledger) -> None:
        self.ledger, self.raw, self.steps = ledger, {}, []

    @contextmanager
    def landing(self, catalog, dataset) -> "Iterator[InMemoryLanding]":
        yield InMemoryLanding(self, dataset)
        self.steps.append("closed")


class InMemoryLanding:
    def __init__(self, engine, dataset) -> None:
        self.engine, self.dataset = engine, dataset
        self.text: list[dict] = []
        self.numbers: list[int] = []

    @contextmanager
    def transaction(self):
        before = copy.deepcopy(self.engine.raw)
        try:
            with self.engine.ledger:
                yield
        except BaseException:
            self.engine.raw = before
            raise

    def land(self, delivery) -> int:
        text = b"".join(iter(delivery.read, b"")).decode()
        self.text = [dict(zip(delivery.landed, row, strict=True)) for row in csv.reader(io.StringIO(text))]
        return len(self.text) + delivery.set_aside

    def land_quarantined(self, chosen) -> int:
        with self.engine.ledger.cursor() as cursor:
            cursor.execute(quarantine.texts(chosen, ["id", "n"]))
            found = cursor.fetchall()
        self.text = [{"id": key, "n": n} for key, n, _ in found]
        self.numbers = [int(number) for *_, number in found]
        return len(found)

    def cast(self, form, in_shape=False) -> None:
        self.rows = [{name: int(value) if value else None for name, value in row.items()} for row in self.text]

    def keep_out(self) -> int:
        return 0

    def ensure_targets(self) -> None: ...

    def ensure_raw(self) -> None: ...

    def broken(self, row) -> list[str]:
        tests = {"things.n.required": row["n"] is None, "things.n.minimum": row["n"] is not None and row["n"] < 0,
                 "things.id.required": row["id"] is None}  # fmt: skip
        return sorted(name for name, broken in tests.items() if broken)

    def scan(self, contract, now) -> dict[str, Verdict]:
        assert self.dataset in contract.datasets and now == NOW
        counts = Counter(name for row in self.rows for name in self.broken(row))
        return {c.id: Verdict("failed" if counts[c.id] else "passed", counts[c.id]) for c in self.dataset.clauses}

    def split(self, as_of, clean=False, order="newer") -> Split:
        self.engine.steps.append("clean" if clean else "split")
        self.lost = {n: self.broken(row) for n, row in enumerate(self.rows) if self.broken(row)}
        rows = Counter(name for names in self.lost.values() for name in names)
        return Split(dict(rows), 0, len(self.lost), looked=not clean)

    def promote(self, delivery_id, candidates) -> Promotion:
        held = {row["id"]: row["n"] for n, row in enumerate(self.rows) if n not in self.lost}
        assert len(held) == candidates
        known = sum(self.engine.raw.get(key) == n for key, n in held.items())
        moved = sum(self.engine.raw.get(key, n) != n for key, n in held.items())
        self.engine.raw |= held
        return Promotion(len(held) - known, moved, known)

    def newest_load(self, as_of) -> None:
        return None

    def quarantine(self, delivery_id) -> None:
        lost = (
            f"({n + 1}, null::bigint, '{{{','.join(names)}}}'::text[], "
            f'\'{{"id": "{self.text[n]["id"]}", "n": "{self.text[n]["n"]}"}}\'::jsonb)'
            for n, names in self.lost.items()
        )
        given = f"select * from (values {', '.join(lost)}) as lost (number, line, clauses, contents)"
        quarantine.keep(self.engine.ledger, self.dataset.name, delivery_id, given)

    def evidence(self) -> Evidence:
        lines = (f'{n + 1},,"{{{",".join(names)}}}"\n' for n, names in self.lost.items())
        return Evidence(io.BytesIO("".join(lines).encode()))

    def close_corrected(self, delivery_id, as_of) -> int:
        came = ", ".join(f"'{row['id']}'" for n, row in enumerate(self.rows) if n not in self.lost)
        which = f"select quarantine_id from {quarantine.open_rows('things', SILENT, delivery_id)} as o "
        return quarantine.close(
            self.engine.ledger, f"{which} where payload ->> 'id' in ({came})", "corrected", delivery_id
        )

    def close_replayed(self, delivery_id) -> None:
        held = [str(number) for n, number in enumerate(self.numbers) if n not in self.lost]
        which = f"select unnest(array[{', '.join(held)}]::bigint[])"
        quarantine.close(self.engine.ledger, which, "replayed", delivery_id)

    def close_rivals(self, decision_id) -> None: ...


@pytest.fixture
def ledger(database):
    connection = connect(database)
    with connection, connection.cursor() as cursor:
        cursor.execute("drop schema if exists governance cascade; drop schema if exists quarantine cascade")
    prepare(connection)
    yield connection
    connection.close()


@pytest.fixture
def catalog(tmp_path):
    folder = tmp_path / "contracts" / "sources" / "things"
    folder.mkdir(parents=True)
    (folder / "1.0.0.odcs.yaml").write_text(CONTRACT)
    return Catalog.of(find_contracts(tmp_path / "contracts"))


@pytest.fixture
def engine(ledger):
    return InMemory(ledger)


@pytest.fixture
def deliver(ledger, engine, catalog, tmp_path):
    def take(text: str):
        path = Path(tmp_path / "things.csv")
        path.write_text("id,n\n" + text)
        return ingest(ledger, engine, catalog, "things", path, Run.start("gate", NOW))

    return take


@pytest.fixture
def gate(ledger, engine, catalog):
    return Gate(ledger, engine, catalog, *catalog.find("things"), Run.start("replay", NOW))


def test_it_gives_what_an_engine_has_to() -> None:
    for protocol, given in ((Engine, InMemory), (Landing, InMemoryLanding)):
        asked = {name for name in vars(protocol) if not name.startswith("_")}
        assert asked and asked <= set(vars(given))


def test_a_clean_delivery_is_promoted_and_comes_only_once(deliver, engine, ledger):
    done = deliver("1,10\n2,20\n")
    assert (done.outcome, done.delivered, done.promoted, done.quarantined) == ("accepted", 2, 2, 0)
    assert engine.raw == {1: 10, 2: 20} and engine.steps == ["clean", "closed"]
    assert deliver("1,10\n2,20\n").outcome == "repeated"
    past = outcomes(ledger, [("things", "gate"), ("things.n.minimum", "gate")], NOW, 9)
    assert [(p.clause, p.outcome) for p in past] == [("things.n.minimum", "passed"), ("things", "passed")]


def test_a_row_that_breaks_a_clause_is_lost_alone(deliver, engine, ledger):
    done = deliver("1,10\n2,-1\n3,\n4,40\n")
    assert (done.outcome, done.promoted, done.quarantined) == ("accepted", 2, 2)
    assert engine.raw == {1: 10, 4: 40} and engine.steps[0] == "split"
    assert [(row.number, row.clauses) for row in quarantine.rows_of(ledger, Chosen("things"))] == [
        (2, ("things.n.minimum",)),
        (3, ("things.n.required",)),
    ]
    assert done.rows_by_clause == {"things.n.minimum": 1, "things.n.required": 1}


def test_a_delivery_that_is_refused_leaves_raw_as_it_was(deliver, engine, ledger):
    deliver("1,10\n")
    done = deliver("5,50\n6,-1\n7,-1\n")
    assert done.outcome == "refused" and engine.raw == {1: 10}
    assert "2 of 3 rows break clauses" in done.reason and "--delivery" in done.remedy
    broke = quarantine.rows_of(ledger, Chosen("things", delivery=done.delivery_id))
    assert [(row.id, row.number) for row in broke] == [(None, 2), (None, 3)]


def test_an_engine_that_breaks_down_undoes_all_of_it(deliver, engine, ledger, monkeypatch):
    def fail(landing, delivery_id):
        raise CouldNotTell("The engine is gone.")

    monkeypatch.setattr(InMemoryLanding, "quarantine", fail)
    with pytest.raises(CouldNotTell, match="gone"):
        deliver("1,10\n2,-1\n")
    assert engine.raw == {}
    with ledger, ledger.cursor() as cursor:
        cursor.execute("select count(*) from governance.delivery")
        assert cursor.fetchone() == (0,)
    (ended,) = outcomes(ledger, [("things", "gate")], NOW, 9)
    assert ended.outcome == "errored"


def test_a_later_delivery_corrects(deliver, ledger):
    deliver("1,10\n2,-1\n")
    done = deliver("2,20\n")
    assert done.corrected == 1 and quarantine.counts(ledger) == []


def test_what_holds_by_now_is_replayed(deliver, engine, ledger, gate, monkeypatch):
    deliver("1,10\n2,-1\n3,\n4,4\n")
    real = InMemoryLanding.broken
    monkeypatch.setattr(InMemoryLanding, "broken", lambda self, row: [n for n in real(self, row) if "min" not in n])
    done = replay(gate)
    assert (done.replayed, done.promoted, done.kept) == (2, 1, 1)
    assert engine.raw == {1: 10, 2: -1, 4: 4}
    assert [count.clause for count in quarantine.counts(ledger)] == ["things.n.required"]


def test_people_decide(deliver, engine, ledger, gate, monkeypatch):
    deliver("1,10\n2,-1\n3,\n4,4\n")
    first, second = quarantine.rows_of(ledger, Chosen("things"))
    monkeypatch.setattr(InMemoryLanding, "broken", lambda self, row: [])
    assert resolve(gate, first.id, Decision("ada", "asked")).promoted == 1
    assert engine.raw[2] == -1
    assert discard(ledger, Chosen("things", ids=(second.id,)), Decision("ada", "half a row")) == 1
    assert quarantine.counts(ledger) == []
    with pytest.raises(CouldNotTell, match="No such row"):
        discard(ledger, Chosen("things"), Decision("ada", "again"))
