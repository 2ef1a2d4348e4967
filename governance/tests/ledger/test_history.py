"""The history: append-only, on record even when a stage breaks down, and cheap to read however long it is."""

import json
import threading
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.database import connect
from c360.errors import Breach, CouldNotTell
from c360.ledger import standings as last_module
from c360.ledger.history import Finding, Run, on_record, prune, record
from c360.ledger.standings import standings
from c360.ledger.tables import prepare

DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def clauses(database):
    catalog = Catalog.of(find_contracts(database.contracts))
    return [clause for _, dataset in catalog.pairs() for clause in dataset.clauses]


def rows(db, query, *arguments):
    with db.transaction(), db.cursor() as cursor:
        cursor.execute(query, arguments or None)
        return cursor.fetchall()


def put(db, clause, *outcomes, stage="gate", start=DAY, counts=()):
    """One run a day for one clause."""
    for n, outcome in enumerate(outcomes):
        with db.transaction():
            count = counts[n] if counts else None
            run = Run.start(stage, start + timedelta(days=n))
            record(db, run, [Finding(clause, "soda", outcome, count, count)])


def test_one_row_a_clause_and_run_and_the_worst_counts(db, clauses):
    run = Run.start("build", DAY)
    with db.transaction():
        record(db, run, [Finding(clauses[0], "dbt", o) for o in ("passed", "failed", "warned")])
    assert rows(db, "select outcome, as_of from governance.history") == [("failed", DAY)]
    assert rows(db, "select dimension from governance.history") == [(clauses[0].dimension,)]


@pytest.mark.parametrize("statement", ["update governance.history set outcome = 'passed'",
                                       "delete from governance.history", "truncate governance.history"])  # fmt: skip
def test_append_only(db, clauses, statement):
    put(db, clauses[0], "failed")
    with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
        rows(db, statement)
    assert rows(db, "select outcome from governance.history") == [("failed",)]


@pytest.mark.parametrize(
    ("error", "outcome", "detail"),
    [
        (None, "passed", None),
        (Breach("2 tests failed."), "failed", "2 tests failed."),
        (CouldNotTell("No such model."), "errored", "No such model."),
        (ValueError("jane@example.com"), "errored", "ValueError"),
        (KeyboardInterrupt(), "errored", "stopped before its end"),
        (OSError(28, "No space left on device", "/x"), "errored", "No space left on device: /x"),
    ],
)
def test_a_run_is_on_record_however_it_ends(db, error, outcome, detail):
    run = Run.start("build", DAY)

    def stage():
        with on_record(db, run), db.transaction(), db.cursor() as cursor:
            cursor.execute("create table governance.half_done ()")
            if error:
                raise error

    if error:
        with pytest.raises(type(error)):
            stage()
    else:
        stage()
    query = "select run_id::text, stage, engine, clause, outcome, detail from governance.history"
    assert rows(db, query) == [(str(run.id), "build", "c360", "*", outcome, detail)]
    undone = rows(db, "select to_regclass('governance.half_done') is null")
    assert undone == [(error is not None,)], "what was open is undone"


def test_a_broken_transaction_or_connection_does_not_hide_the_error(db, database):
    with pytest.raises(psycopg.errors.UndefinedTable), on_record(db, Run.start("build", DAY)), db.cursor() as cursor:
        cursor.execute("select * from governance.nothing")
    assert rows(db, "select outcome, detail from governance.history") == [("errored", "UndefinedTable")]
    lost = connect(database)
    with pytest.raises(CouldNotTell, match="first"), on_record(lost, Run.start("build", DAY)):
        lost.close()
        raise CouldNotTell("The first error.")


def test_runs_at_once_do_not_disturb_each_other(db, database, clauses):
    gate = threading.Barrier(4)

    def one(n):
        mine = connect(database)
        gate.wait()
        for _ in range(10):
            run = Run.start(f"stage{n}", DAY)
            with on_record(mine, run), mine.transaction():
                record(mine, run, [Finding(clause, "dbt", "passed") for clause in clauses[:20]])
        mine.close()

    threads = [threading.Thread(target=one, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows(db, "select count(*), count(distinct run_id) from governance.history") == [(4 * 10 * 21, 40)]
    assert {s.outcome for s in standings(db, DAY)} == {"passed"}


def test_prune_keeps_what_is_young_and_the_last_of_each_clause(db, clauses):
    put(db, clauses[0], "failed", "passed", "passed")
    put(db, clauses[1], "failed", start=DAY - timedelta(days=900))
    put(db, clauses[1], "passed", start=DAY - timedelta(days=900), stage="build")
    now = DAY + timedelta(days=401)
    before = {(s.clause, s.stage): s.outcome for s in standings(db, now)}
    assert prune(db, timedelta(days=400), now) == 1, "of the first clause, the one older than 400 days"
    assert {(s.clause, s.stage): s.outcome for s in standings(db, now)} == before
    assert prune(db, timedelta(days=0), now) == 1
    assert rows(db, "select count(*) from governance.history") == [(3,)]


def test_the_tables_are_brought_up_to_date(db, database):
    db.execute("drop index governance.history_by_time; "
               "alter table governance.history drop column dissent, drop column dimension; "
               "alter table governance.delivery drop column erased; "
               "comment on schema governance is 'c360 tables of yesterday'")  # fmt: skip
    prepare(db)
    rows(db, "select dissent, dimension from governance.history")
    assert rows(db, "select to_regclass('governance.history_by_time') is not null") == [(True,)]


def pages_read(db):
    with db.transaction(), db.cursor() as cursor:
        cursor.execute("explain (analyze, buffers, format json) " + last_module._LAST, {"as_of": DAY})
        plan = cursor.fetchone()[0]
        plan = json.loads(plan) if isinstance(plan, str) else plan
        top = plan[0]["Plan"]
        return top["Shared Hit Blocks"] + top["Shared Read Blocks"]


def test_the_cost_of_status_follows_the_clauses_not_the_history(db):
    fill = """
        insert into governance.history (run_id, at, as_of, stage, engine, contract, version, dataset, clause, outcome)
        select gen_random_uuid(), %(day)s - n * interval '1 hour', %(day)s - n * interval '1 hour', stage, 'dbt', 'c',
            '1.0.0', 'd', 'd.clause' || c, case when n %% 50 = 49 then 'failed' else 'passed' end
        from generate_series(%(from)s, %(to)s) as n, generate_series(1, 40) as c,
            unnest(array['gate', 'build']) as stage
    """
    read = {}
    for start, end in ((0, 99), (100, 1_999)):
        with db.transaction(), db.cursor() as cursor:
            cursor.execute(fill, {"day": DAY, "from": start, "to": end})
        with db.cursor() as cursor:
            cursor.execute("vacuum analyze governance.history")
        read[end + 1] = pages_read(db)
    print(f"pages read for 80 clauses and stages: {read[100]} with 100 runs each, {read[2_000]} with 2,000")
    found = standings(db, DAY)
    assert len(found) == 80
    assert {(s.outcome, s.since) for s in found} == {("passed", DAY - timedelta(hours=48))}
    assert read[2_000] < 1.6 * read[100], "a level more of the index, not twenty times as many rows"


def test_a_clock_of_the_past_does_not_see_the_future(db, clauses):
    put(db, clauses[0], "passed", "failed", "failed", "passed", counts=(0, 5, 3, 0))
    told = {}
    for n in range(4):
        (told[n],) = standings(db, DAY + timedelta(days=n))
    assert [(t.outcome, (t.since - DAY).days, t.trend) for t in told.values()] == [
        ("passed", 0, "new"),
        ("failed", 1, "worse"),
        ("failed", 1, "better"),
        ("passed", 3, "better"),
    ]
    assert standings(db, DAY - timedelta(days=1)) == []
