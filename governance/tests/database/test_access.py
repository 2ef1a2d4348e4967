"""The roles: what each may do, that they are made once and safely, and what a user hears who may not make them."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from c360 import database as db
from c360.database import access, server
from c360.database.access_check import differences
from c360.database.scanner import login, scanner
from c360.errors import CouldNotTell
from c360.ledger.tables import prepare
from c360.project_file import ProjectFile
from c360.settings import Settings


@pytest.fixture(scope="module")
def alone() -> Iterator[Settings]:
    """A server of its own: what is done to roles here disturbs nobody."""
    with tempfile.TemporaryDirectory(prefix="c360-") as home:
        settings = Settings(root=Path(home).resolve(), home=Path(home).resolve(), database_url=None)
        server.start(settings)
        yield settings
        server.stop(settings)


def ask(settings: Settings, query: str, role: str | None = None) -> list[tuple]:
    with (
        closing(db.connect(settings, role=role)) as connection,
        connection.transaction(),
        connection.cursor() as cursor,
    ):
        cursor.execute(query)
        return cursor.fetchall() if cursor.description else []


def a_database(alone: Settings, name: str, user: str = "postgres") -> Settings:
    """A new database of the server, reached by a URL as `user`, who owns it."""
    with closing(db.connect(alone, role=None, database="postgres")) as connection, connection.cursor() as cursor:
        cursor.execute(f"select from pg_roles where rolname = '{user}'")
        if not cursor.rowcount:
            cursor.execute(f"create role {user} login")
        cursor.execute(f"create database {name} owner {user}")
    url = db.url(alone).replace("postgres@", f"{user}@").replace(f"/{server.DATABASE}?", f"/{name}?")
    return replace(alone, database_url=url)


def refused(settings: Settings, role: str, statement: str) -> bool:
    try:
        ask(settings, statement, role)
    except (errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction):
        return True
    return False


@pytest.fixture(scope="module")
def filled(alone: Settings) -> Settings:
    settings = a_database(alone, "filled")
    connection = db.connect(settings)
    prepare(connection)
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("create table raw.things (n int); insert into raw.things values (1)")
        cursor.execute("create schema shop; create table shop.t (n int)")
    connection.close()
    ask(settings, "create table analytics.mart (n int); create view analytics.staging as select 1 as n; "
        "create schema elementary; create table elementary.results (n int); "
        "create schema later; create table later.t (n int)",
        access.TRANSFORMER)  # fmt: skip
    return settings


LOOKS = {
    access.SCANNER: ("raw.things", "shop.t", "analytics.mart", "analytics.staging"),
    access.TRANSFORMER: ("raw.things", "shop.t", "governance.history", "analytics.mart", "elementary.results"),
    access.READER: (),
    access.LOADER: ("raw.things", "quarantine.rows", "governance.history", "analytics.mart"),
}
TABLES = {"raw.things", "shop.t", "analytics.mart", "analytics.staging", "later.t",
          "quarantine.rows", "governance.history", "governance.delivery", "elementary.results"}  # fmt: skip


@pytest.mark.parametrize("role", access.ROLES)
def test_each_role_looks_where_it_has_business(filled: Settings, role: str) -> None:
    for table in LOOKS[role]:
        assert not refused(filled, role, f"select count(*) from {table}"), table
    if role in (access.SCANNER, access.READER):
        for table in TABLES - set(LOOKS[role]):
            assert refused(filled, role, f"select count(*) from {table}"), table
    for table in ("governance.history", "quarantine.rows"):  # not by their schema alone
        assert ask(filled, f"select has_table_privilege('{access.SCANNER}', '{table}', 'select')") == [(False,)]


@pytest.mark.parametrize("role", access.ROLES)
def test_no_role_writes_where_another_owns(filled: Settings, role: str) -> None:
    own = {access.LOADER: ("raw", "shop", "quarantine", "governance"),
           access.TRANSFORMER: ("analytics", "elementary", "later")}.get(role, ())  # fmt: skip
    for table in sorted(TABLES - {"analytics.staging"}):
        if table.split(".")[0] not in own:
            assert refused(filled, role, f"delete from {table}"), table
            assert refused(filled, role, f"drop table {table}"), table
            assert refused(filled, role, f"create table {table}_new (n int)"), table


@pytest.mark.parametrize("role", access.ROLES)
@pytest.mark.parametrize(
    "statement",
    [
        "select pg_read_file('/etc/passwd')", "select pg_ls_dir('/')", "select lo_import('/etc/passwd')",
        "copy (select 1) to program 'true'", "copy (select 1) to '/tmp/c360-was-here'", "create role mighty superuser",
        "alter system set fsync = off", "set role postgres", "set session authorization postgres",
        "select count(*) from pg_authid", "select pg_reload_conf()",
    ],
)  # fmt: skip
def test_no_role_is_a_superuser(alone: Settings, role: str, statement: str) -> None:
    """Logged in as itself, as on the embedded server."""
    db.connect(alone).close()
    with closing(psycopg.connect(**db.parameters(alone, role))) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        with pytest.raises((errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction)):
            cursor.execute(statement)


HARM = [
    "select 1; commit; drop table raw.things; --", "select 1) as x; drop table raw.things; select (1",
    "drop table raw.things", "delete from raw.things", "copy raw.things to program 'true'", "commit", "reset role",
    "set role postgres", "do $$ begin delete from raw.things; end $$", "select 1 into raw.copied",
    "with gone as (delete from raw.things returning 1) select count(*) from gone",
    "select * from raw.things for update", "select lo_creat(-1)",
    "select nextval('governance.delivery_delivery_id_seq')",
    "select set_config('transaction_read_only', 'off', false)", "select pg_read_file('/etc/passwd')",
    "select count(*) from governance.history", "select count(*) from quarantine.rows", "",
]  # fmt: skip


@pytest.mark.parametrize("statement", HARM)
def test_the_scanner_can_only_look(filled: Settings, statement: str) -> None:
    """With no guard before it: what the database holds by itself, logged in as the scanner."""
    with scanner(filled, ["raw"]) as looking:
        with pytest.raises(psycopg.Error):
            looking.rows(statement)
        assert looking.rows("select n, current_user::text, session_user::text from things -- and go on") == [
            (1, access.SCANNER, access.SCANNER)
        ]


def test_what_a_session_is_told_does_not_last(filled: Settings) -> None:
    with scanner(filled) as looking:
        looking.rows(
            "select set_config('default_transaction_read_only', 'off', false), set_config('search_path', 'raw', false)"
        )
        assert looking.rows("select current_setting('transaction_read_only'), current_setting('search_path')") == [
            ("on", "pg_catalog")
        ]
        assert looking.rows("select setting from pg_settings where name = 'statement_timeout'") == [("60000",)]


LIMITED = "select name, setting from pg_settings where name = any(string_to_array('{}', ' ')) order by 1".format(
    "client_connection_check_interval hash_mem_multiplier statement_timeout temp_file_limit work_mem"
)


def limits(seconds: int = 60, megabytes: int = 2048) -> list[tuple[str, str]]:
    return [("client_connection_check_interval", "2000"), ("hash_mem_multiplier", "1"),
            ("statement_timeout", str(seconds * 1000)), ("temp_file_limit", str(megabytes * 1024)),
            ("work_mem", "32768")]  # fmt: skip


def test_the_scanner_has_limits_however_it_logs_in(filled: Settings, alone: Settings) -> None:
    with scanner(filled) as looking:
        assert looking.rows(LIMITED) == limits()
    tighter = replace(filled, file=ProjectFile(statement_timeout=1, temp_file_limit=3))
    with scanner(tighter) as looking:
        assert looking.rows(LIMITED) == limits(1, 3)
        with pytest.raises(psycopg.errors.QueryCanceled):
            looking.rows("select 1 from pg_class a, pg_class b, pg_class c, pg_class d offset 1000000000")
        with pytest.raises(psycopg.errors.ConfigurationLimitExceeded):
            looking.rows("select n from generate_series(1, 1000000) as n order by 1")
    for settings, (seconds, megabytes) in ((filled, (60, 2048)), (tighter, (1, 3))):  # as datacontract-cli connects
        config, session = login(settings)
        with closing(psycopg.connect(host=session["PGHOST"], port=session["PGPORT"], dbname=session["PGDATABASE"],
                                      user=config["DATACONTRACT_POSTGRES_USERNAME"],
                                      options=session["PGOPTIONS"])) as theirs, theirs.cursor() as cursor:  # fmt: skip
            cursor.execute(LIMITED)
            assert cursor.fetchall() == limits(seconds, megabytes)
    with closing(psycopg.connect(**db.parameters(alone, access.SCANNER))) as itself, itself.cursor() as cursor:
        cursor.execute(LIMITED)  # psql, as the scanner
        assert cursor.fetchall() == limits()


def test_after_three_statements_without_an_end_no_more_is_asked(filled: Settings) -> None:
    with scanner(replace(filled, file=ProjectFile(statement_timeout=1))) as looking:
        began = time.monotonic()
        for _ in range(20):
            with pytest.raises(psycopg.errors.QueryCanceled):
                looking.rows("select count(*) from generate_series(1, 1000000000)")
        assert time.monotonic() - began < 10


def test_where_the_scanner_may_not_log_in_the_user_takes_it_on(alone: Settings) -> None:
    settings = a_database(alone, "taken_on", "grace")
    db.give_access(replace(settings, database_url=settings.database_url.replace("grace@", "postgres@")))
    ask(alone, f"grant {access.LOADER}, {access.SCANNER}, {access.TRANSFORMER} to grace")
    ask(alone, f"alter role {access.SCANNER} nologin")
    try:
        with scanner(settings) as looking:
            assert looking.rows("select current_user::text, session_user::text") == [(access.SCANNER, "grace")]
            assert looking.rows("select current_setting('transaction_read_only')") == [("on",)]
            assert looking.rows(LIMITED) == limits()
            for statement in HARM:
                with pytest.raises(psycopg.Error):
                    looking.rows(statement)
        config, session = login(settings)
        assert config["DATACONTRACT_POSTGRES_USERNAME"] == "grace"
        assert f"-c role={access.SCANNER}" in session["PGOPTIONS"]
    finally:
        ask(alone, f"alter role {access.SCANNER} login")
    assert login(settings)[0]["DATACONTRACT_POSTGRES_USERNAME"] == access.SCANNER


def test_many_processes_and_databases_at_once() -> None:
    """Roles belong to the server, so two databases may make one role at the same moment."""
    with tempfile.TemporaryDirectory(prefix="c360-") as home:
        fresh = Settings(root=Path(home).resolve(), home=Path(home).resolve(), database_url=None)
        server.start(fresh)
        try:
            crowd = [a_database(fresh, f"crowd{n}") for n in range(4)]
            with ThreadPoolExecutor(12) as pool:
                list(pool.map(lambda settings: db.connect(settings).close(), crowd * 3))
                list(pool.map(db.give_access, crowd * 3))
            for settings in crowd:
                with closing(db.connect(settings, role=None)) as connection:
                    assert differences(connection, "postgres", []) == []
        finally:
            server.stop(fresh)


DELIVERY = (
    "insert into governance.delivery (sha256, dataset, contract, version, file_name, outcome, delivered, promoted, "
    "quarantined, duplicates, superseded, as_of) values ('%s', 'c', 'c', '1', 'f', 'accepted', 1, 1, 0, 0, 0, now());"
)


def test_an_installation_of_the_first_release_is_taken_over(alone: Settings) -> None:
    db.connect(a_database(alone, "neighbour")).close()  # which makes the roles, of the whole server
    settings = a_database(alone, "first_release")
    ask(settings, (Path(__file__).parents[1] / "ledger" / "releases" / "1.0.0.sql").read_text())
    ask(settings, "create table raw.contacts (id int primary key); insert into raw.contacts values (7); "
        + DELIVERY % "x" +
        "create view analytics.v as select id from raw.contacts; create table analytics.t as select 1 as n; "
        "create materialized view analytics.m as select 1 as n; create sequence raw.free")  # fmt: skip
    with closing(db.connect(settings, role=None)) as connection:
        assert ("missing", f"{access.LOADER} owns raw.contacts, which is postgres's") in differences(
            connection, None, []
        )
    connection = db.connect(settings)
    prepare(connection)
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("insert into raw.contacts values (8); alter table raw.contacts add column more text")
        cursor.execute("select nextval('raw.free')")
        cursor.execute(DELIVERY % "y")
    connection.close()
    ask(settings, "drop view analytics.v; drop materialized view analytics.m", access.TRANSFORMER)
    assert ask(settings, "select id from raw.contacts order by id") == [(7,), (8,)]
    assert ask(settings, "select sha256 from governance.delivery order by 1") == [("x",), ("y",)]
    with closing(db.connect(settings, role=None)) as connection:
        assert differences(connection, None, []) == []


def test_only_tables_of_contracts_are_taken_over_in_schemas_of_others(alone: Settings) -> None:
    settings = a_database(alone, "shared_with_others")
    ask(settings, "create table public.ours (n int); create table public.theirs (n int); "
        "create table public.bobs (n int); create role bob; alter table public.bobs owner to bob")  # fmt: skip
    ours, bobs = (access.Place("public", table, access.LOADER) for table in ("ours", "bobs"))
    with closing(db.connect(settings, role=None)) as connection:
        access.ensure(connection, None, [ours, bobs])
        assert differences(connection, None, [ours]) == []
        assert ("missing", f"{access.LOADER} owns public.bobs, which is bob's") in differences(connection, None, [bobs])
    assert ask(settings, "select tablename, tableowner from pg_tables where schemaname = 'public' order by 1") == [
        ("bobs", "bob"), ("ours", access.LOADER), ("theirs", "postgres"),
    ]  # fmt: skip
    assert ask(settings, "select pg_get_userbyid(nspowner) from pg_namespace where nspname = 'public'") == [
        ("pg_database_owner",)
    ]


@pytest.mark.parametrize("name", ["a$$; drop schema raw; --$$", "$q$ $$", "it's; drop schema raw", 'a"b', "{{ 1 }}"])
def test_no_name_of_a_contract_runs(alone: Settings, name: str) -> None:
    settings = a_database(alone, f"names_{abs(hash(name))}")
    ask(settings, f"create table public.{access.quote(name)} (n int)" if "{" not in name else "select 1")
    with closing(db.connect(settings, role=None)) as connection:
        access.ensure(connection, None, [access.Place("public", name, access.LOADER)])
    if "{" not in name:
        assert ask(settings, "select tableowner from pg_tables where schemaname = 'public'") == [(access.LOADER,)]
    assert ask(settings, "select to_regnamespace('raw') is not null") == [(True,)]


def test_who_may_not_make_the_roles_hears_what_to_do(alone: Settings) -> None:
    settings = a_database(alone, "of_ada", "ada")
    with pytest.raises(CouldNotTell) as caught:
        db.connect(settings)
    assert caught.value.exit_code == 2
    assert caught.value.message == (
        "The user ada may neither take on nor make the roles of c360 in the database of_ada."
    )
    assert caught.value.remedy.endswith("c360 access --print")
    ask(replace(settings, database_url=settings.database_url.replace("ada@", "postgres@")),
        f"begin; {access.script('ada', 'of_ada')} commit;")  # fmt: skip
    connection = db.connect(settings)
    prepare(connection)
    with connection.cursor() as cursor:
        cursor.execute(
            "select current_user::text, session_user::text, usesuper from pg_user where usename = session_user"
        )
        assert cursor.fetchall() == [(access.LOADER, "ada", False)]
    connection.close()


def test_a_user_who_may_make_roles_needs_nobody() -> None:
    with tempfile.TemporaryDirectory(prefix="c360-") as home:
        fresh = Settings(root=Path(home).resolve(), home=Path(home).resolve(), database_url=None)
        server.start(fresh)
        try:
            ask(fresh, "create role lin login createrole")
            settings = a_database(fresh, "of_lin", "lin")
            db.connect(settings).close()
            with closing(db.connect(settings, role=None)) as connection:
                # what only an administrator of the server can give
                assert differences(connection, "lin", []) == [
                    (
                        "missing",
                        f"{access.SCANNER} may set temp_file_limit (an administrator can let it)",
                    )
                ]
            with scanner(settings) as looking:
                assert dict(looking.rows(LIMITED)) | {"temp_file_limit": "2097152"} == dict(limits())
        finally:
            server.stop(fresh)


def test_check_tells_what_is_missing_and_what_is_too_much(alone: Settings) -> None:
    settings = a_database(alone, "checked")
    db.connect(settings).close()
    ask(settings, f"create table raw.mine (n int); grant insert on raw.mine to {access.READER}; "
        f"grant usage on schema governance to {access.SCANNER}; revoke create on schema raw from {access.LOADER}; "
        f"grant pg_read_server_files to {access.SCANNER}")  # fmt: skip
    try:
        with closing(db.connect(settings, role=None)) as connection:
            assert differences(connection, None, []) == [
                ("missing", f"{access.LOADER} may create in raw"),
                ("missing", f"{access.LOADER} may read raw.mine"),
                ("missing", f"{access.LOADER} owns raw.mine, which is postgres's"),
                ("missing", f"{access.SCANNER} may read raw.mine"),
                ("missing", f"{access.TRANSFORMER} may read raw.mine"),
                ("too much", f"{access.READER} may write to raw.mine"),
                ("too much", f"{access.SCANNER} is a member of pg_read_server_files"),
                ("too much", f"{access.SCANNER} may use governance"),
            ]
        db.give_access(settings)
        with closing(db.connect(settings, role=None)) as connection:
            assert [kind for kind, _ in differences(connection, None, [])] == ["too much"] * 2
    finally:
        ask(settings, f"revoke pg_read_server_files from {access.SCANNER}")


def test_it_is_quick_when_all_is_there(filled: Settings) -> None:
    """One look a connection: nothing is granted again."""
    before = ask(filled, "select xmin::text from pg_namespace where nspname = 'quarantine'")
    for _ in range(3):
        db.connect(filled).close()
    assert ask(filled, "select xmin::text from pg_namespace where nspname = 'quarantine'") == before


COMMAND = "import sys; from c360.cli import main; main(sys.argv[1:])"


def test_the_command(alone: Settings) -> None:
    settings = a_database(alone, "by_command")
    (alone.home / "contracts").mkdir(exist_ok=True)
    env = {"C360_ROOT": str(alone.home), "C360_HOME": str(alone.home), "C360_DATABASE_URL": settings.database_url,
           "PATH": "/usr/bin"}  # fmt: skip

    def run(*arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-c", COMMAND, "access", *arguments], env=env, capture_output=True, text=True
        )
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout + done.stderr

    code, said = run("--check")
    assert code == 1 and "missing   there is no schema raw" in said and "Run: c360 access" in said
    code, script = run("--print")
    assert code == 0 and script.startswith("begin;") and script.rstrip().endswith("commit;")
    assert run("--check")[0] == 1, "printing changes nothing"
    ask(settings, script)
    assert run("--check")[0] == 0
    assert run() == run(), "doing it again changes nothing"
    assert run("--check", "--print")[0] == 2
