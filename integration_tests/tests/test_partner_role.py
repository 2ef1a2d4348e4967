"""A partner's role tries to stop the house while it works: whatever it holds, everybody goes on."""

import threading
import time
from contextlib import closing, contextmanager
from dataclasses import replace

import psycopg
import pytest

from c360.database import connect, parameters, waiting
from c360.ledger import locks
from c360.share.role import CONNECTIONS, LIMITS, excess_privileges, role_of
from governance.tests.workplace import NOW

PARTNER = "harbour_media"
VIEW, RELEASE = "analytics_share_harbour_media.customers", "analytics_sharing.release_harbour_media__customers"


@pytest.fixture(scope="module")
def shared(shared_workplace, make):
    """Forty people of one age, shared."""
    shared_workplace.reset()
    people = [make.contact(n) for n in range(1, 41)]
    assert shared_workplace.ingest("contacts", shared_workplace.write("contacts.csv", people)).code == 0
    sold = shared_workplace.write("transactions.csv", [make.transaction(1, 1)])
    assert shared_workplace.ingest("transactions", sold).code == 0
    for verb in (["build", "--resource-type", "model"], ["verify"], ["publish", PARTNER]):
        done = shared_workplace.c360(*verb, "--as-of", NOW)
        assert done.code == 0, done.out + done.err
    return shared_workplace


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(waiting, "GRACE_S", 1)


def session(workplace):
    login = parameters(workplace.settings) | {"user": role_of(PARTNER)}
    return psycopg.connect(**{key: value for key, value in login.items() if key != "options"})


def refused(workplace, statement):
    """The code of the refusal; None when it was done."""
    with closing(session(workplace)) as connection:
        try:
            connection.execute(statement)
        except psycopg.Error as error:
            return error.sqlstate
    return None


@contextmanager
def in_time(seconds=60):
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


LOCKS = [
    f"select pg_{tried}advisory_{within}lock{shared}({key})"
    for tried in ("", "try_")
    for within in ("", "xact_")
    for shared in ("", "_shared")
    for key in ("x'C3600002'::bigint", "1, 2")
]
LARGE = [
    "select lo_create(0)",
    "select lo_creat(-1)",
    "select lo_from_bytea(0, 'x')",
    "select lo_import('/etc/passwd')",
]
TABLES = ["create temporary table mine (a int)", "create temporary view mine as select 1", "select 1 into temp mine"]
OURS = [
    f"lock table {VIEW} in access exclusive mode", f"lock table {RELEASE} in access exclusive mode",
    "lock table sharing.key in share mode", "lock table governance.delivery in access share mode",
    "lock table raw.contacts in access share mode", f"select * from {VIEW} for update",
    f"select pg_terminate_backend(pid) from pg_stat_activity where usename <> '{role_of(PARTNER)}'",
    f"alter role {role_of(PARTNER)} connection limit 90", "set temp_file_limit = -1",
    f"alter role {role_of(PARTNER)} set temp_file_limit = -1", "set session_replication_role = replica",
    "set log_statement = 'none'", "truncate raw.contacts", "checkpoint", f"create index on {RELEASE} (step)",
    f"comment on view {VIEW} is 'x'", "select pg_reload_conf()", "select pg_switch_wal()", "set role postgres",
]  # fmt: skip


@pytest.mark.parametrize("statement", LOCKS + LARGE + TABLES + OURS)
def test_what_it_is_refused(shared, statement):
    with closing(connect(shared.settings)):  # somebody whom it could end
        assert refused(shared, statement) in ("42501", "55000", "42809"), statement


@contextmanager
def as_many_as_it_gets(workplace):
    there = []
    try:
        with pytest.raises(psycopg.OperationalError, match="too many connections for role"):
            while len(there) < 90:
                there.append(session(workplace))
        yield there
    finally:
        for one in there:
            one.close()


def test_no_more_connections_than_its_own_few(shared, make):
    with as_many_as_it_gets(shared) as there:
        assert len(there) == CONNECTIONS
        for verb in ("status", "publish"):
            with in_time():
                done = shared.c360(verb, *([PARTNER] * (verb == "publish")), "--as-of", NOW)
                assert done.code == 0, done.err
        more = shared.write("more.csv", [make.contact(n) for n in range(50, 60)])
        assert shared.ingest("contacts", more).code == 0


def test_an_open_transaction_on_the_view_stops_no_publication_and_no_erasure(shared, make):
    for verb in (["publish", PARTNER, "--as-of", NOW], ["forget", make.id(40), "--by", "ada", "--yes"]):
        with closing(session(shared)) as held:
            held.execute("set statement_timeout = 0; set idle_in_transaction_session_timeout = 0")
            held.commit()
            held.execute(f"select count(*) from {VIEW}")
            with in_time():
                done = shared.c360(*verb)
            assert done.code == 0, done.err
            assert f"Ended a session: {role_of(PARTNER)} (process " in done.err, done.err
            with pytest.raises(psycopg.OperationalError):
                held.execute("select 1")
    assert "an old state of the tables" in done.err


def test_who_comes_back_at_once_stands_behind_us(shared):
    over = threading.Event()

    def again():
        while not over.is_set():
            try:
                with closing(session(shared)) as held:
                    held.execute(f"select count(*) from {VIEW}")
                    over.wait(30)
                    held.execute("select 1")
            except psycopg.Error:
                continue

    eager = [threading.Thread(target=again) for _ in range(3)]
    for one in eager:
        one.start()
    try:
        with in_time():
            done = shared.c360("publish", PARTNER, "--as-of", NOW)
        assert done.code == 0, done.err
    finally:
        over.set()
        for one in eager:
            one.join()


def test_a_session_that_c360_may_not_end_is_named_and_not_waited_for(shared):
    """As Ada, who may do everything here but that."""
    shared.sql("create role ada createrole login; grant c360_loader, c360_transformer to ada")
    name = role_of(PARTNER)
    url = shared.settings.database_url.replace("postgres@", "ada@")
    ada = replace(shared, settings=replace(shared.settings, database_url=url))
    try:
        with closing(session(shared)) as held:
            held.execute(f"select count(*) from {VIEW}")
            with in_time():
                done = ada.c360("publish", PARTNER, "--as-of", NOW)
            assert done.code == 2 and f"{name} (process " in done.err, done.err
            assert "c360 may not end its session" in done.err and "pg_terminate_backend(" in done.err
            printed = ada.c360("access", "--print")
            assert printed.code == 0 and f"grant {name} to " in printed.out
            shared.sql(printed.out)  # as her administrator
            with in_time():
                done = ada.c360("publish", PARTNER, "--as-of", NOW)
            assert done.code == 0 and f"Ended a session: {name} (process " in done.err, done.err
    finally:
        shared.sql("drop owned by ada; drop role ada")


def test_what_a_role_may_do_too_much_is_found_and_taken_back(shared):
    name = role_of(PARTNER)
    with closing(connect(shared.settings, role=None)) as database:
        assert excess_privileges(database, PARTNER) == []
        for statement, what in (
            (f"alter role {name} connection limit -1", f"connects more than {CONNECTIONS} times at once"),
            (f"alter role {name} reset temp_file_limit", f"goes without temp_file_limit={LIMITS['temp_file_limit']}"),
            (f"alter role {name} set statement_timeout = 0", "goes without statement_timeout=1h"),
            (f"grant temporary on database {database.info.dbname} to public", "makes temporary tables"),
            ("grant execute on function pg_advisory_lock(bigint) to public", "runs pg_advisory_lock"),
            ("grant execute on function lo_create(oid) to public", "runs lo_create"),
        ):
            shared.sql(statement)
            assert excess_privileges(database, PARTNER) == [what]
            told = shared.c360("access", "--check")
            assert told.code == 1 and f"too much  {name} {what}" in told.out, told.out
            assert shared.c360("access").code == 0
            assert excess_privileges(database, PARTNER) == []


def test_what_a_partner_reads_is_in_the_log_of_the_server_and_no_value_of_a_row(server, shared):
    log = server.home / "postgres/log"
    began = log.stat().st_size
    with closing(session(shared)) as partner:
        ages = {age for (age,) in partner.execute(f"select age from {VIEW} where age <> %s", ("nobody's",))}
        for tried in ("set log_statement = none", "set log_min_messages = panic", "set log_parameter_max_length = -1"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                partner.execute(tried)
            partner.rollback()
        with pytest.raises(psycopg.errors.InvalidTextRepresentation, match=ages.copy().pop()):
            partner.execute(f"select cast(age as integer) from {VIEW}")
        partner.rollback()
        with partner.cursor().copy(f"copy (select age from {VIEW}) to stdout") as copied:
            assert len(list(copied.rows())) >= 11
    said = log.read_text()[began:]
    lines = [line for line in said.splitlines() if f"_{role_of(PARTNER)}@" in line]
    assert any(f"select age from {VIEW} where" in line for line in lines)
    assert any("copy (select age from" in line for line in lines)
    assert ages and not any(value in said for value in (*ages, "nobody's")), said


def test_an_advisory_lock_of_a_partner_stops_no_delivery(shared, make):
    """On a server where nobody could take these functions from the public."""
    name = role_of(PARTNER)
    shared.sql(f"grant execute on function pg_advisory_lock(bigint) to {name}")
    try:
        with closing(session(shared)) as held:
            held.execute("set idle_in_transaction_session_timeout = 0")
            held.execute(f"select pg_advisory_lock({locks.GATE})")
            more = shared.write("more.csv", [make.contact(n) for n in range(60, 70)])
            with in_time():
                done = shared.ingest("contacts", more)
            assert done.code == 0 and f"Ended a session: {name} (process " in done.err, done.err
    finally:
        shared.sql(f"revoke execute on function pg_advisory_lock(bigint) from {name}")


def test_keys_of_a_partner_without_a_policy_are_listed(shared):
    shared.sql("insert into sharing.key (partner, version) values ('gone_by', 1)")
    listed = shared.c360("keys", "list", "gone_by")
    assert listed.code == 0 and "gone_by" in listed.out, listed.err
    unknown = shared.c360("keys", "list", "nobody")
    assert unknown.code == 2 and "No policy is for a partner 'nobody'" in unknown.err
    shared.sql("delete from sharing.key where partner = 'gone_by'")


def test_without_a_connection_left_it_says_so(shared, monkeypatch):
    import c360.database as db

    def none_left(*_):
        raise psycopg.OperationalError("FATAL:  remaining connection slots are reserved for roles with SUPERUSER")

    monkeypatch.setattr(db, "_open", none_left)
    monkeypatch.setattr(db, "give_access", lambda settings: None)
    done = shared.c360("status")
    assert done.code == 2 and "The database takes no more connections." in done.err, done.err
