"""The gate's story on an engine that is none: rows in files. What another engine must give is no more than this.

The ledger is real. The engine knows a key, `required` and `minimum`, which is enough for every turn of the story.
"""

import csv
import io
import json
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.delivery.shapes import Unknown
from c360.engine.interface import Engine, Landing, Plan, Verdict
from c360.errors import CouldNotTell
from c360.folders import replace_file
from c360.gate.account import Gate
from c360.gate.decide import discard, resolve
from c360.gate.ingest import breach_of, ingest
from c360.gate.replay import replay
from c360.ledger import quarantine
from c360.ledger.decisions import Decision
from c360.ledger.deliveries import arrivals, newest_delivery, planned
from c360.ledger.history import Run
from c360.ledger.outcomes import outcomes
from c360.ledger.quarantine import Chosen, Evidence

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SILENT: dict = {}
CLEAN = ["land", "plan, clean", "quarantine", "raw", "close", "done", "clear"]
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


class Killed(BaseException):
    """The program is gone between two steps: nothing after it runs, what is written stays."""


class Files(Unknown):
    """An `Engine` over files, which know of no transaction: one holds raw, another the landing.

    It dies before the step that is named in `dies`, like a program that is killed.
    """

    def __init__(self, ledger, folder: Path, dies: str = "") -> None:
        self.ledger, self.folder, self.dies, self.steps = ledger, folder, dies, []

    def step(self, name: str) -> None:
        if name == self.dies:
            self.dies = "all that follows"
        if self.dies == "all that follows":
            raise Killed
        self.steps.append(name)

    @property
    def raw(self) -> dict:
        return {int(key): n for key, n in self.read("raw", {}).items()}

    def read(self, name: str, otherwise):
        path = self.folder / f"{name}.json"
        return json.loads(path.read_text()) if path.exists() else otherwise

    def write(self, name: str, content) -> None:
        replace_file(self.folder / f"{name}.json", json.dumps(content))

    def measured(self, catalog, dataset, now) -> dict[str, Verdict]:
        """Nobody asks it to verify."""
        raise NotImplementedError

    def landing(self, catalog, dataset) -> "FilesLanding":
        return FilesLanding(self, dataset)


class FilesLanding:
    def __init__(self, engine, dataset) -> None:
        self.engine, self.dataset = engine, dataset

    @contextmanager
    def transaction(self):
        yield

    def land(self, delivery) -> int:
        text = b"".join(iter(delivery.read, b"")).decode()
        rows = [dict(zip(delivery.landed, row, strict=True)) for row in csv.reader(io.StringIO(text))]
        self.engine.step("land")
        self.engine.write("landing", {"rows": rows, "numbers": []})
        return len(rows) + delivery.set_aside

    def land_quarantined(self, chosen) -> int:
        with self.engine.ledger.cursor() as cursor:
            cursor.execute(quarantine.texts(chosen, ["id", "n"]))
            found = cursor.fetchall()
        rows = [{"id": key, "n": n} for key, n, _ in found]
        self.engine.step("land")
        self.engine.write("landing", {"rows": rows, "numbers": [int(number) for *_, number in found]})
        return len(found)

    def cast(self, form, in_shape=False) -> None: ...

    def keep_out(self) -> int:
        return 0

    @property
    def rows(self) -> list[dict]:
        landed = self.engine.read("landing", {"rows": []})["rows"]
        return [{name: int(value) if value else None for name, value in row.items()} for row in landed]

    def broken(self, row) -> list[str]:
        tests = {"things.n.required": row["n"] is None, "things.n.minimum": row["n"] is not None and row["n"] < 0,
                 "things.id.required": row["id"] is None}  # fmt: skip
        return sorted(name for name, broken in tests.items() if broken)

    @property
    def lost(self) -> dict[int, list[str]]:
        return {n: self.broken(row) for n, row in enumerate(self.rows) if self.broken(row)}

    @property
    def held(self) -> dict[int, int]:
        return {row["id"]: row["n"] for n, row in enumerate(self.rows) if n not in self.lost}

    def scan(self, contract, now) -> dict[str, Verdict]:
        assert self.dataset in contract.datasets and now == NOW
        counts = Counter(name for row in self.rows for name in self.broken(row))
        return {c.id: Verdict("failed" if counts[c.id] else "passed", counts[c.id]) for c in self.dataset.clauses}

    def numbers(self) -> dict:
        return {}

    def plan(self, as_of, how="delivered", clean=False) -> Plan:
        self.engine.step("plan, clean" if clean else "plan")
        known = sum(self.engine.raw.get(key) == n for key, n in self.held.items())
        moved = sum(self.engine.raw.get(key, n) != n for key, n in self.held.items())
        broken = Counter(name for names in self.lost.values() for name in names)
        return Plan(how, dict(broken), len(self.lost), len(self.held) - known, moved, known, looked=not clean)

    def evidence(self) -> Evidence:
        lines = (f'{n + 1},,"{{{",".join(names)}}}"\n' for n, names in self.lost.items())
        return Evidence(io.BytesIO("".join(lines).encode()))

    def apply(self, delivery_id, plan, as_of) -> int:
        ledger, corrected = self.engine.ledger, 0
        if plan.how == "delivered":
            self.engine.step("quarantine")
            corrected = self.quarantine(delivery_id)
        self.engine.step("raw")
        self.engine.write("raw", self.engine.raw | self.held)
        self.engine.step("close")
        if plan.how != "delivered":
            numbers = self.engine.read("landing", {})["numbers"]
            held = [str(number) for n, number in enumerate(numbers) if n not in self.lost]
            which = f"select unnest(array[{', '.join(held)}]::bigint[])"
            how = "resolved" if plan.decision else "replayed"
            with ledger.transaction():
                quarantine.close(ledger, which, how, delivery_id, plan.decision)
        self.engine.step("done")
        return corrected

    def quarantine(self, delivery_id) -> int:
        ledger = self.engine.ledger
        texts = self.engine.read("landing", {})["rows"]
        lost = (
            f"({n + 1}, null::bigint, '{{{','.join(names)}}}'::text[], "
            f'\'{{"id": "{texts[n]["id"]}", "n": "{texts[n]["n"]}"}}\'::jsonb)'
            for n, names in self.lost.items()
        )
        given = f"select * from (values {', '.join(lost)}) as lost (number, line, clauses, contents)"
        came = ", ".join(f"'{key}'" for key in self.held) or "null"
        which = f"select quarantine_id from {quarantine.open_rows('things', SILENT, delivery_id)} as o "
        with ledger.transaction():
            if self.lost and not quarantine.rows_of(ledger, Chosen("things", delivery=delivery_id)):
                quarantine.keep(ledger, self.dataset.name, delivery_id, given)
            return quarantine.close(ledger, f"{which} where payload ->> 'id' in ({came})", "corrected", delivery_id)

    def clear(self) -> None:
        self.engine.step("clear")
        (self.engine.folder / "landing.json").unlink(missing_ok=True)


@pytest.fixture
def ledger(db):
    return db


@pytest.fixture
def catalog(tmp_path):
    folder = tmp_path / "contracts" / "sources" / "things"
    folder.mkdir(parents=True)
    (folder / "1.0.0.odcs.yaml").write_text(CONTRACT)
    return Catalog.of(find_contracts(tmp_path / "contracts"))


@pytest.fixture
def engine(ledger, tmp_path):
    return Files(ledger, tmp_path)


@pytest.fixture
def deliver(ledger, engine, catalog, tmp_path):
    def take(text: str, engine=engine):
        path = Path(tmp_path / "things.csv")
        path.write_text("id,n\n" + text)
        return ingest(ledger, engine, catalog, "things", path, Run.start("gate", NOW))

    return take


@pytest.fixture
def gate(ledger, engine, catalog):
    return Gate(ledger, engine, catalog, *catalog.find("things"), Run.start("replay", NOW))


def on_record(ledger):
    """Every row of every table of the ledger and the quarantine, as text."""
    with ledger.transaction(), ledger.cursor() as cursor:
        cursor.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables "
            "where schemaname in ('governance', 'quarantine') order by 1"
        )
        names = [name for (name,) in cursor.fetchall()]
        found = {}
        for name in names:
            cursor.execute(f"select t::text from {name} as t order by 1")
            found[name] = cursor.fetchall()
    return found


@pytest.mark.parametrize(
    ("text", "outcome", "rows"),
    [("1,10\n2,-5\n3,30\n4,40\n", "accepted", {"things.n.minimum": 1}),
     ("1,-1\n2,-5\n3,30\n", "refused", {"things.n.minimum": 2}),
     ("9,9\n", "repeated", {})],
)  # fmt: skip
def test_a_dry_run_tells_the_plan_and_writes_nothing(ledger, engine, catalog, deliver, tmp_path, text, outcome, rows):
    deliver("9,9\n")
    before, raw = on_record(ledger), engine.raw
    engine.steps.clear()
    path = tmp_path / "things.csv"
    path.write_text("id,n\n" + text)
    dry = ingest(ledger, engine, catalog, "things", path, Run.start("gate", NOW), dry=True)
    assert (dry.outcome, dry.rows_by_clause, dry.delivery_id) == (outcome, rows, None)
    assert on_record(ledger) == before and engine.raw == raw
    assert engine.steps[-1] == "clear" and not {"quarantine", "raw"} & set(engine.steps)
    assert not (tmp_path / "landing.json").exists()
    breach = breach_of([dry], dry=True)
    assert (breach is not None) is (outcome == "refused")
    if breach:
        assert "things.csv would be refused: 2 of 3 rows break clauses" in breach.message
        assert breach.remedy == "Nothing was written; have it corrected before it is delivered."
    done = ingest(ledger, engine, catalog, "things", path, Run.start("gate", NOW))
    told = ("outcome", "delivered", "promoted", "quarantined", "duplicates", "superseded", "rows_by_clause", "reason")
    assert [getattr(done, name) for name in told] == [getattr(dry, name) for name in told], "as it was planned"


def test_a_dry_run_does_not_finish_what_another_had_planned(deliver, ledger, tmp_path, catalog):
    with pytest.raises(Killed):
        deliver("1,10\n", Files(ledger, tmp_path, dies="raw"))
    before = on_record(ledger)
    path = tmp_path / "things.csv"
    path.write_text("id,n\n2,20\n")
    fresh = Files(ledger, tmp_path)
    with pytest.raises(CouldNotTell, match="An earlier delivery of things was stopped") as told:
        ingest(ledger, fresh, catalog, "things", path, Run.start("gate", NOW), dry=True)
    assert told.value.remedy == "Finish it first: c360 quarantine replay things"
    assert on_record(ledger) == before and planned(ledger, "things") and fresh.raw == {}


def test_it_gives_what_an_engine_has_to() -> None:
    for protocol, given in ((Engine, Files), (Landing, FilesLanding)):
        asked = {name for name in vars(protocol) if not name.startswith("_")}
        assert asked and asked <= set(vars(given))


def test_a_clean_delivery_is_promoted_and_comes_only_once(deliver, engine, ledger):
    done = deliver("1,10\n2,20\n")
    assert (done.outcome, done.delivered, done.promoted, done.quarantined) == ("accepted", 2, 2, 0)
    assert engine.raw == {1: 10, 2: 20} and engine.steps == CLEAN
    assert deliver("1,10\n2,20\n").outcome == "repeated"
    past = outcomes(ledger, [("things", "gate"), ("things.n.minimum", "gate")], NOW, 9)
    assert [(p.clause, p.outcome) for p in past] == [("things.n.minimum", "passed"), ("things", "passed")]


def test_a_row_that_breaks_a_clause_is_lost_alone(deliver, engine, ledger):
    done = deliver("1,10\n2,-1\n3,\n4,40\n")
    assert (done.outcome, done.promoted, done.quarantined) == ("accepted", 2, 2)
    assert engine.raw == {1: 10, 4: 40} and "plan" in engine.steps
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


def state(ledger, engine) -> tuple:
    """Everything that a delivery can change."""
    with ledger.cursor() as cursor:
        cursor.execute(
            "select outcome, delivered, promoted, quarantined, duplicates, superseded, plan from governance.delivery "
            "order by delivery_id"
        )
        account = cursor.fetchall()
    lost = [(row.number, row.clauses, row.contents) for row in quarantine.rows_of(ledger, Chosen("things"))]
    past = [(p.clause, p.outcome) for p in outcomes(ledger, [("things.n.minimum", "gate")], NOW, 9)]
    return engine.raw, account, lost, past, engine.read("landing", None)


MIXED = "1,10\n2,-1\n3,30\n4,40\n"
STEPS = ["land", "plan", "quarantine", "raw", "close", "done", "clear"]


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_between_any_two_steps_loses_and_doubles_nothing(deliver, engine, ledger, tmp_path, step):
    """What was planned is finished by whoever comes next, and what was not begins anew."""
    deliver("2,20\n3,3\n")
    (tmp_path / "killed").mkdir()
    with pytest.raises(Killed):
        deliver(MIXED, Files(ledger, engine.folder, dies=step))
    is_planned = [one.plan["promoted"] for one in planned(ledger, "things")]
    assert is_planned == ([3] if step in STEPS[2:-1] else [])
    assert newest_delivery(ledger) == NOW and len(arrivals(ledger, "things", NOW, 9)) == 1 + (step == "clear")
    done = deliver(MIXED)
    assert done.outcome == ("accepted" if step in ("land", "plan") else "repeated")
    raw, account, lost, past, landing = state(ledger, engine)
    assert raw == {1: 10, 2: 20, 3: 30, 4: 40} and landing is None
    assert account == [("accepted", 2, 2, 0, 0, 0, None), ("accepted", 4, 3, 1, 0, 1, None)]
    assert lost == [(2, ("things.n.minimum",), {"id": "2", "n": "-1"})]
    assert past == [("things.n.minimum", "passed"), ("things.n.minimum", "failed")]


@pytest.mark.parametrize("step", ["land", "plan", "raw", "close", "done", "clear"])
def test_a_replay_that_is_killed_is_finished(deliver, engine, ledger, gate, monkeypatch, step):
    deliver("1,10\n2,-1\n3,\n4,4\n")
    real = FilesLanding.broken
    monkeypatch.setattr(FilesLanding, "broken", lambda self, row: [n for n in real(self, row) if "min" not in n])
    with pytest.raises(Killed):
        replay(replace(gate, engine=Files(ledger, engine.folder, dies=step)))
    done = replay(gate)
    assert done.promoted == (step in ("land", "plan")) and done.kept == 1
    assert engine.raw == {1: 10, 2: -1, 4: 4} and planned(ledger, "things") == []
    assert [count.clause for count in quarantine.counts(ledger)] == ["things.n.required"]


@pytest.mark.parametrize("step", ["raw", "close", "done"])
def test_a_decision_that_is_killed_is_finished(deliver, engine, ledger, gate, monkeypatch, step):
    deliver("1,10\n2,-1\n")
    (row,) = quarantine.rows_of(ledger, Chosen("things"))
    monkeypatch.setattr(FilesLanding, "broken", lambda self, row: [])
    with pytest.raises(Killed):
        resolve(replace(gate, engine=Files(ledger, engine.folder, dies=step)), row.id, Decision("ada", "asked"))
    assert deliver("5,50\n").outcome == "accepted"
    assert engine.raw == {1: 10, 2: -1, 5: 50} and quarantine.counts(ledger) == []
    with ledger.cursor() as cursor:
        cursor.execute("select r.resolution, d.decided_by from quarantine.rows as r join quarantine.decision as d "
                       "using (decision_id)")  # fmt: skip
        assert cursor.fetchall() == [("resolved", "ada")]


def test_an_engine_that_breaks_down_is_told_of_and_its_plan_is_finished(deliver, engine, ledger, monkeypatch):
    def fail(landing, delivery_id):
        raise CouldNotTell("The engine is gone.")

    with monkeypatch.context() as patch, pytest.raises(CouldNotTell, match="gone"):
        patch.setattr(FilesLanding, "quarantine", fail)
        deliver("1,10\n2,-1\n")
    assert engine.raw == {} and newest_delivery(ledger) is None
    (ended,) = outcomes(ledger, [("things", "gate")], NOW, 9)
    assert ended.outcome == "errored"
    assert deliver("3,30\n").outcome == "accepted" and engine.raw == {1: 10, 3: 30}


def test_a_later_delivery_corrects(deliver, ledger):
    deliver("1,10\n2,-1\n")
    done = deliver("2,20\n")
    assert done.corrected == 1 and quarantine.counts(ledger) == []


def test_what_holds_by_now_is_replayed(deliver, engine, ledger, gate, monkeypatch):
    deliver("1,10\n2,-1\n3,\n4,4\n")
    real = FilesLanding.broken
    monkeypatch.setattr(FilesLanding, "broken", lambda self, row: [n for n in real(self, row) if "min" not in n])
    done = replay(gate)
    assert (done.replayed, done.promoted, done.kept) == (2, 1, 1)
    assert engine.raw == {1: 10, 2: -1, 4: 4}
    assert [count.clause for count in quarantine.counts(ledger)] == ["things.n.required"]


def test_people_decide(deliver, engine, ledger, gate, monkeypatch):
    deliver("1,10\n2,-1\n3,\n4,4\n")
    first, second = quarantine.rows_of(ledger, Chosen("things"))
    monkeypatch.setattr(FilesLanding, "broken", lambda self, row: [])
    assert resolve(gate, first.id, Decision("ada", "asked")).promoted == 1
    assert engine.raw[2] == -1
    assert discard(ledger, Chosen("things", ids=(second.id,)), Decision("ada", "half a row")) == 1
    assert quarantine.counts(ledger) == []
    with pytest.raises(CouldNotTell, match="No such row"):
        discard(ledger, Chosen("things"), Decision("ada", "again"))
