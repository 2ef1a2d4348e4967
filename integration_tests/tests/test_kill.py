"""Killing the process at any moment loses and doubles nothing; two at once don't disturb each other."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

NOW = "2026-03-01T12:00:00Z"
ROWS = 1_000
GATE, BUILDING = 0xC360_0002, 0xC360_0005
CONNECTIONS = "select count(*) from pg_stat_activity where datname = current_database()"


@pytest.fixture(scope="module")
def delivery(shared_workplace, make):
    shared_workplace.reset()
    rows = [make.contact(n, mail="nowhere" if n % 50 == 0 else f"p{n}@example.com") for n in range(ROWS)]
    return shared_workplace.write("contacts.csv", rows)


def start(workplace, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", "from c360.cli import main; main()", *map(str, arguments)],
        env=os.environ | workplace.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job in the background ignores it
    )  # fmt: skip


def ingest(workplace, file):
    return start(workplace, "ingest", "contacts", file, "--json", "--as-of", NOW)


def assert_as_if_run_once(workplace):
    assert workplace.sql("select count(*), count(distinct id) from raw.contacts") == [(ROWS * 49 // 50,) * 2]
    assert workplace.sql("select count(*), count(distinct row_number) from quarantine.rows") == [(ROWS // 50,) * 2]
    assert workplace.sql("select delivered, promoted, quarantined, duplicates from governance.delivery") == [
        (ROWS, ROWS * 49 // 50, ROWS // 50, 0)
    ]
    assert workplace.sql(
        "select count(*) from governance.history where clause = 'contacts.mail.pattern' and outcome = 'failed'"
    ) == [(1,)]
    assert workplace.sql("select nspname from pg_namespace where nspname like 'landing%'") == []


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


def test_killed_at_random_moments(workplace, delivery):
    random.seed(11)
    for _ in range(3):
        process = ingest(workplace, delivery)
        time.sleep(random.uniform(0.3, 2.5))
        process.kill()
        process.communicate()
    assert workplace.ingest("contacts", delivery).code == 0
    assert_as_if_run_once(workplace)


def wait_for_quiet(workplace):
    """Until what a killed process had begun is rolled back."""
    wait_for(lambda: workplace.sql(f"{CONNECTIONS} and xact_start is not null and pid <> pg_backend_pid()")[0][0] == 0)


def ended_at(workplace, lock, command, how=signal.SIGKILL):
    """Sends a command the signal where it waits for a lock; returns the process."""
    from c360.database import connect

    holder = connect(workplace.settings)
    holder.autocommit = False
    try:
        with holder.cursor() as cursor:
            cursor.execute(lock)
        others = [pid for (pid,) in workplace.sql("select pid from pg_stat_activity")]  # one was killed a moment ago
        process = start(workplace, *command)
        blocked = (
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' "
            f"and pid <> all(array{others})"
        )
        wait_for(lambda: process.poll() is not None or workplace.sql(blocked)[0][0] > 0)
        assert process.poll() is None, process.communicate()
        process.send_signal(how)
        if how == signal.SIGKILL:
            process.communicate()
    finally:
        holder.rollback()
        holder.close()
    return process


LOCKS = {
    "before it lands": "select pg_advisory_xact_lock(%s)" % GATE,
    "before it promotes": "lock table raw.contacts in share mode",
    "before it writes the account": "lock table governance.delivery in share mode",
    "before it quarantines": "lock table quarantine.rows in share mode",
    "before it writes the history": "lock table governance.history in share mode",
}


@pytest.mark.parametrize(
    ("moment", "how"),
    [*((moment, signal.SIGKILL) for moment in LOCKS), ("before it promotes", signal.SIGINT)],
)
def test_killed_at_a_known_moment(workplace, delivery, make, moment, how):
    one = workplace.write("one.csv", [make.contact(1)])
    workplace.ingest("contacts", one)  # so that the tables are there to be locked
    workplace.sql(
        "set local c360.pruning = 'on'; delete from raw.contacts; delete from governance.history; "
        "delete from governance.delivery"
    )
    before = workplace.counts()
    process = ended_at(workplace, LOCKS[moment], ("ingest", "contacts", delivery, "--as-of", NOW), how)
    if how == signal.SIGINT:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 2 and "Traceback" not in err, err
    wait_for_quiet(workplace)
    after = workplace.counts()
    after.pop("governance.history"), before.pop("governance.history")
    if how == signal.SIGKILL:  # what it had landed goes when the next delivery enters
        assert {table: n for table, n in after.items() if not table.startswith("landing__")} == before
    assert workplace.ingest("contacts", delivery).code == 0
    assert_as_if_run_once(workplace)


STEPS = ("raw.contacts", "quarantine.rows", "quarantine.decision", "governance.delivery", "governance.superseded")


@pytest.mark.parametrize("table", STEPS)
def test_a_decision_that_is_killed_was_not_taken(workplace, make, table):
    claims = [make.contact(1, name="Ann"), make.contact(1, name="Bob", _loaded_at_utc="2026-03-01 11:00:00")]
    for n, claim in enumerate(claims):
        rows = [claim, *(make.contact(n) for n in range(100, 120))]
        assert workplace.ingest("contacts", workplace.write(f"{n}.csv", rows)).code == 0
    ((row,),) = workplace.sql("select quarantine_id from quarantine.rows")
    command = ("quarantine", "resolve", "contacts", "--row", row, "--reason", "asked", "--by", "ada", "--as-of", NOW)
    before = workplace.counts()
    ended_at(workplace, f"lock table {table} in share mode", command)
    wait_for_quiet(workplace)
    assert {name: n for name, n in workplace.counts().items() if not name.startswith("landing__")} == before
    assert workplace.c360(*command).code == 0
    assert workplace.sql("select name from raw.contacts where id = %s", make.id(1)) == [("Bob",)]
    assert workplace.sql("select payload ->> 'name' from governance.superseded") == [("Ann",)]
    assert workplace.sql("select action, rows from quarantine.decision") == [("resolve", 1)]
    assert workplace.sql("select resolution from quarantine.rows") == [("resolved",)]


@pytest.mark.parametrize("table", ["governance.delivery", "quarantine.evidence", "governance.history"])
def test_a_refusal_that_is_killed_is_refused_again_with_its_evidence(workplace, make, table):
    workplace.ingest("contacts", workplace.write("one.csv", [make.contact(1)]))
    bad = workplace.write("bad.csv", [make.contact(n, mail="nowhere") for n in range(10, 20)])
    ended_at(workplace, f"lock table {table} in share mode", ("ingest", "contacts", bad, "--as-of", NOW))
    wait_for_quiet(workplace)
    assert workplace.ingest("contacts", bad).code == 1
    assert workplace.sql("select count(*), count(distinct row_number) from quarantine.evidence") == [(10, 10)]
    assert workplace.sql("select outcome, count(*) from governance.delivery group by 1 order by 1") == [
        ("accepted", 1), ("refused", 1),
    ]  # fmt: skip
    assert workplace.sql("select count(*) from raw.contacts") == [(1,)]


ERASURE = {
    "before it begins": "select pg_advisory_xact_lock(%s)" % GATE,
    "while models are built": "select pg_advisory_xact_lock_shared(%s)" % BUILDING,
    "before raw": "lock table raw.contacts in share mode",
    "before the quarantine": "lock table quarantine.rows in share mode",
    "before what was made from it": "lock table analytics.made in share mode",
    "before the proof": "lock table erasure.log in share mode",
    "before the space is given back": "lock table raw.contacts in share update exclusive mode",
}


@pytest.mark.parametrize("moment", ERASURE)
def test_an_erasure_that_is_killed_ends_as_if_it_had_not_been(workplace, make, moment):
    for name in ("Ann Other", "Bob"):  # who is nobody's until somebody settles it
        rows = [make.contact(1, name=name), *(make.contact(n) for n in range(2, 30))]
        assert workplace.ingest("contacts", workplace.write(f"{name}.csv", rows)).code == 0
    assert workplace.sql("select count(*) from quarantine.rows") == [(1,)]
    workplace.sql(
        "set role c360_transformer; create table analytics.made as select * from raw.contacts; "
        "grant all on analytics.made to c360_loader"  # so that it can be locked
    )
    log = workplace.settings.home / "some.log"
    log.write_text(f"read {make.id(1)}\n")
    before = {table: n for table, n in workplace.counts().items() if not table.startswith("landing__")}
    command = ("forget", make.id(1), "--by", "ada")
    ended_at(workplace, ERASURE[moment], command)
    wait_for_quiet(workplace)
    if moment != "before the space is given back":
        assert {table: n for table, n in workplace.counts().items() if not table.startswith("landing__")} == before
    assert workplace.c360(*command).code == 0
    assert workplace.sql("select count(*) from quarantine.rows") == [(0,)]
    for table in ("raw.contacts", "analytics.made"):
        assert workplace.sql(f"select count(*) from {table} where id = %s", make.id(1)) == [(0,)]
    assert log.read_text() == f"read {'*' * 36}\n"
    assert workplace.sql("select count(*) from erasure.log") == [(1,)]
    assert workplace.sql("select count(*) from erasure.tombstone") == [(1,)]


def test_stopping_the_database_under_it_is_one_sentence(workplace, delivery, make):
    from c360.database import connect

    workplace.ingest("contacts", workplace.write("one.csv", [make.contact(1)]))
    holder = connect(workplace.settings, role=None)  # who may see and end sessions of others
    holder.autocommit = False
    with holder.cursor() as cursor:
        cursor.execute("lock table raw.contacts in share mode")
        process = ingest(workplace, delivery)
        waiting = "datname = current_database() and wait_event_type = 'Lock'"
        wait_for(lambda: workplace.sql(f"select count(*) from pg_stat_activity where {waiting}")[0][0] > 0)
        cursor.execute(f"select pg_terminate_backend(pid) from pg_stat_activity where {waiting}")
        _, err = process.communicate(timeout=60)
    holder.close()
    assert process.returncode == 2
    assert err.startswith("Error: The database ended the connection") and err.count("\n") == 2, err


def test_two_at_once_of_the_same_file(workplace, delivery):
    processes = [ingest(workplace, delivery) for _ in range(2)]
    outcomes = []
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        outcomes.append("repeated" if '"repeated"' in out else "accepted")
    assert sorted(outcomes) == ["accepted", "repeated"]
    assert_as_if_run_once(workplace)


def test_two_at_once_of_different_files(workplace, make):
    """They share rows; each row is promoted once, whoever comes first."""
    files = [
        workplace.write(f"{start_}.csv", [make.contact(n) for n in range(start_, start_ + 1_000)])
        for start_ in (0, 500)
    ]
    processes = [ingest(workplace, file) for file in files]
    for process in processes:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    assert workplace.sql("select count(*) from raw.contacts") == [(1_500,)]
    assert workplace.sql(
        "select sum(delivered)::int, sum(promoted)::int, sum(duplicates)::int from governance.delivery"
    ) == [(2_000, 1_500, 500)]
