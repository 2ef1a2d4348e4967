"""How stages find the database, and what they say when they do not."""

import gc
import os
import socket
import struct
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from hypothesis import HealthCheck, assume, example, given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

from c360 import database as db
from c360.database import listen
from c360.database import server as embedded
from c360.errors import CouldNotTell
from c360.project_file import ProjectFile
from c360.settings import Settings

SECRET = "s3cr3t p@ss"  # with characters that a URL escapes
FOREIGN = "postgresql://ada:s3cr3t%20p%40ss@db.example:6543/shop?sslmode=require"


def test_variables_for_libpq_and_datacontract(server: Settings) -> None:
    env = db.libpq_env(server)
    assert "PGPASSWORD" not in env
    assert env["PGDATABASE"] == env["DATACONTRACT_POSTGRES_DATABASE"] == "customer360"
    assert env["DATACONTRACT_POSTGRES_PASSWORD"], "datacontract-cli refuses an empty one"
    psycopg.connect(host=env["PGHOST"], port=env["PGPORT"], user=env["PGUSER"], dbname=env["PGDATABASE"]).close()
    psycopg.connect(db.url(server)).close()


def test_variables_of_another_server(server: Settings) -> None:
    env = db.libpq_env(replace(server, database_url=FOREIGN))
    assert env == {
        "PGHOST": "db.example",
        "PGPORT": "6543",
        "PGUSER": "ada",
        "PGPASSWORD": SECRET,
        "PGDATABASE": "shop",
        "PGSSLMODE": "require",
        "DATACONTRACT_POSTGRES_HOST": "db.example",
        "DATACONTRACT_POSTGRES_PORT": "6543",
        "DATACONTRACT_POSTGRES_USERNAME": "ada",
        "DATACONTRACT_POSTGRES_PASSWORD": SECRET,
        "DATACONTRACT_POSTGRES_DATABASE": "shop",
    }


def test_url_masks_the_password_on_demand(server: Settings) -> None:
    foreign = replace(server, database_url=FOREIGN)
    assert db.url(foreign) == FOREIGN
    assert db.url(foreign, masked=True) == FOREIGN.replace("s3cr3t%20p%40ss", "***")


def test_a_database_of_its_own_in_utc(database: Settings, server: Settings) -> None:
    connection = db.connect(database)
    with connection.cursor() as cursor:
        with connection.transaction(force_rollback=True):
            cursor.execute("select current_database(), current_setting('TimeZone')")
            name, zone = cursor.fetchone()
        cursor.execute("show timezone")
        assert (zone, *cursor.fetchone()) == ("UTC", "UTC"), "a rollback keeps the zone"
    connection.close()
    assert name.startswith("test_")


def test_nobody_listens(server: Settings) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        error = _error(replace(server, database_url=f"postgresql://ada:hunter22@127.0.0.1:{port}/shop"))
    assert error.message == f"No database at 127.0.0.1:{port}/shop: Connection refused."
    assert error.remedy.startswith("Check that server, and C360_DATABASE_URL")


def test_unknown_database(server: Settings) -> None:
    error = _error(replace(server, database_url=db.url(server).replace("/customer360?", "/nowhere?")))
    assert error.message.endswith('/nowhere: database "nowhere" does not exist.')


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://ada:hunter22@host:port/shop",
        "mysql://ada:hunter22@host/shop",
        "hunter22",
        "postgresql://ada:hunter22@host",
        "postgresql://ada:hunter22@no-such-host.invalid/shop",
        "postgresql://ada:hunter22@127.0.0.1:1/shop",
    ],
)
def test_no_error_shows_the_password(server: Settings, text: str) -> None:
    error = _error(replace(server, database_url=text))
    assert "hunter22" not in str(error)
    assert "\n" not in str(error)
    assert error.__context__ is None or error.__suppress_context__, "a traceback would show it"


MARKS = "@:/?#[]%&= \\'\"+~!$"
PASSWORDS = (
    st.lists(st.sampled_from(["QXZV", "WKJQ", *MARKS]), min_size=2, max_size=9)
    .map("".join)
    .filter(lambda password: "QXZV" in password or "WKJQ" in password)
)
PLACES = (
    "postgresql://u:{}@127.0.0.1:1/shop", "postgres://u:{}@[::1]:1/shop", "postgresql://u:{}@[bad/x",
    "postgresql://u:{}@127.0.0.1:1,127.0.0.1:2/shop?sslmode=disable", "postgresql://u:{}", "postgresql://u:{}/shop",
    "postgresql://u@127.0.0.1:1/shop?password={}", "host=127.0.0.1 port=1 dbname=shop password={}",
    "host=127.0.0.1 port=1 dbname=shop password='{}'", "postgresql://u:{}@127.0.0.1:port/shop", "mysql://u:{}@h/shop",
    "postgresql://u:{}@127.0.0.1:1/shop?sslpassword={}", "u:{}@127.0.0.1:1/shop",
)  # fmt: skip


@settings_of_hypothesis(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PASSWORDS, st.sampled_from(PLACES), st.booleans())
@example("/QXZV", "postgresql://u:{}", False)
def test_nothing_of_any_password_is_shown(server: Settings, password: str, place: str, escaped: bool) -> None:
    assume(escaped or "@" in place or "@" not in password)  # what stands right of the last @ is a host
    text = place.replace("{}", quote(password, safe="") if escaped else password)
    foreign = replace(server, database_url=text)
    shown = str(_error(foreign)) + repr(foreign)
    with suppress(CouldNotTell):
        shown += db.url(foreign, masked=True)
    assert "QXZV" not in shown and "WKJQ" not in shown


@pytest.mark.parametrize(
    "text", ["postgresql://u:ZQXpw@3@[bad/x", "postgresql://u:Secret@Pass99@host/shop", "postgresql://u:a/b@host/shop"]
)
def test_a_mark_in_the_password_that_is_not_escaped(server: Settings, text: str) -> None:
    error = _error(replace(server, database_url=text))
    assert error.message == "C360_DATABASE_URL has a special character left of its last @ that is not escaped."
    assert "%40" in error.remedy


def _error(settings: Settings) -> CouldNotTell:
    with pytest.raises(CouldNotTell) as caught:
        db.connect(settings)
    return caught.value


MISLEADING = {
    "PGSERVICE": "nowhere",
    "PGSERVICEFILE": "/nonexistent",
    "PGHOST": "127.0.0.1",
    "PGHOSTADDR": "127.0.0.1",
    "PGPORT": "1",
    "PGUSER": "nobody",
    "PGDATABASE": "nowhere",
    "PGOPTIONS": "-c default_transaction_read_only=on",
    "PGTARGETSESSIONATTRS": "read-only",
    "PGREQUIREAUTH": "scram-sha-256",
    "PGREQUIREPEER": "nobody",
    "PGGSSENCMODE": "require",
    "PGSSLMODE": "require",
    "PGPASSFILE": "/nonexistent",
    "PGCLIENTENCODING": "LATIN1",
    "PGDATESTYLE": "German",
    "PGTZ": "Australia/Sydney",
}
SESSION = "select current_user, current_database(), " + ", ".join(
    f"current_setting('{name}')" for name in ("client_encoding", "DateStyle", "TimeZone", "transaction_read_only")
)


@pytest.mark.parametrize("names", [*([name] for name in MISLEADING), list(MISLEADING)], ids=lambda names: names[-1])
def test_the_shell_changes_nothing(server: Settings, monkeypatch: pytest.MonkeyPatch, names: list[str]) -> None:
    before, pid = _answer(server), embedded.status(server).pid
    for name in names:
        monkeypatch.setenv(name, MISLEADING[name])
    assert _answer(server) == before
    assert embedded.start(server).pid == embedded.ensure(server).pid == pid
    assert {name: os.environ[name] for name in names} == {name: MISLEADING[name] for name in names}, "given back"


def test_the_shell_changes_nothing_for_a_url_but_how_to_log_in(
    tcp: tuple[Settings, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings, url = tcp
    foreign = replace(settings, database_url=url)
    for name in set(MISLEADING) - {"PGSSLMODE", "PGREQUIREAUTH", "PGGSSENCMODE"}:
        monkeypatch.setenv(name, MISLEADING[name])
    with pytest.raises(CouldNotTell, match="no password supplied"):
        _answer(foreign)
    file = tmp_path / "pgpass"
    file.write_text(f"127.0.0.1:*:*:postgres:{listen.password(settings)}\n")
    file.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(file))
    assert _answer(foreign) == _answer(settings)
    env = db.libpq_env(foreign)
    assert env["DATACONTRACT_POSTGRES_PASSWORD"] == listen.password(settings), "datacontract-cli reads no such file"
    monkeypatch.setenv("PGSSLMODE", "require")
    with pytest.raises(CouldNotTell, match="does not support SSL"):
        _answer(foreign)


def test_a_url_that_names_a_service(server: Settings) -> None:
    error = _error(replace(server, database_url="postgresql:///shop?service=elsewhere"))
    assert error.message == "C360_DATABASE_URL names a service of a pg_service.conf, which c360 does not read."


def test_a_user_without_a_name(server: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert _error(replace(server, database_url="postgresql:///shop")).message == "C360_DATABASE_URL names no user."
    assert "names no user" not in _error(replace(server, database_url="postgresql://ada@127.0.0.1:1/shop")).message


@pytest.mark.parametrize(("version", "number"), [("15.8 (Debian 15.8-0+deb12u1)", "15.8"), ("9.6.24", "9.6.24")])
def test_a_postgres_that_is_too_old(server: Settings, version: str, number: str) -> None:
    with _says_it_is(version) as port:
        error = _error(replace(server, database_url=f"postgresql://ada:hunter22@127.0.0.1:{port}/shop"))
    assert error.message.startswith(f"The database at 127.0.0.1:{port}/shop is Postgres {number}")
    assert error.message.endswith(", and c360 needs 16 or later.")
    assert error.remedy.startswith("Let C360_DATABASE_URL name a Postgres 16 or later")
    assert error.exit_code == 2 and "hunter22" not in str(error)


@pytest.mark.parametrize("version", ["16.0", "18beta1"])
def test_one_that_is_new_enough(server: Settings, version: str) -> None:
    with _says_it_is(version) as port:
        db.connect(replace(server, database_url=f"postgresql://ada@127.0.0.1:{port}/shop"), role=None).close()


@pytest.fixture(scope="module")
def tcp() -> Iterator[tuple[Settings, str]]:
    """A server that asks for a password, and its URL without one."""
    with tempfile.TemporaryDirectory(prefix="c360-") as home, socket.socket() as probe:
        settings = Settings(root=Path("/"), home=Path(home).resolve(), database_url=None)
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        embedded.start(settings, port)
        yield settings, f"postgresql://postgres@127.0.0.1:{port}/customer360"
        embedded.stop(settings)


def _answer(settings: Settings) -> tuple:
    connection = db.connect(settings)
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(SESSION)
        answer = cursor.fetchone()
    connection.close()
    return answer


@contextmanager
def _says_it_is(version: str) -> Iterator[int]:
    """A server that speaks as much of the protocol as it takes to be connected to; gives its port."""
    known = {"server_version": version, "client_encoding": "UTF8", "DateStyle": "ISO, MDY", "integer_datetimes": "on"}

    def message(kind: bytes, body: bytes) -> bytes:
        return kind + struct.pack("!i", len(body) + 4) + body

    def serve() -> None:
        with listener, suppress(OSError):
            while True:
                client, _ = listener.accept()
                with client:
                    while struct.unpack("!ii", client.recv(4096)[:8])[1] != 3 << 16:  # a question for encryption
                        client.sendall(b"N")
                    client.sendall(
                        message(b"R", struct.pack("!i", 0))
                        + b"".join(message(b"S", f"{name}\0{value}\0".encode()) for name, value in known.items())
                        + message(b"Z", b"I")
                    )
                    client.recv(4096)

    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def test_places_of_a_project_that_is_not_strict(server: Settings, tmp_path: Path) -> None:
    """A type that nobody here knows is noted there, and must not cost the roles their rights on its table."""
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "odd.odcs.yaml").write_text(
        "apiVersion: v3.1.0\nkind: DataContract\nid: odd\nname: odd\nversion: 1.0.0\nstatus: active\nschema:\n"
        "- {name: odd, properties: [{name: a, physicalType: VARIANT}]}\n"
    )
    found = db.places(replace(server, root=tmp_path, file=ProjectFile()))
    assert [(place.schema, place.table) for place in found] == [("raw", "odd")]


@pytest.mark.parametrize("statement", [b"select pg_sleep(60)", b"copy into_nothing from stdin"])
def test_what_is_stopped_on_its_way_leaves_the_connection_fit_for_use(
    server: Settings, monkeypatch: pytest.MonkeyPatch, statement: bytes
) -> None:
    def stopped(*arguments: object, **more: object) -> None:
        raise KeyboardInterrupt

    with closing(db.connect(server)) as connection:
        connection.execute("create temporary table into_nothing (n int)")
        connection.pgconn.send_query(statement)
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(psycopg.Connection, "wait", stopped)
            connection.wait(iter(()))
        assert connection.execute("select 1").fetchone() == (1,)


def test_a_command_leaves_no_connection_open(workplace, make):
    """Nor does one that fails: whoever calls many from one process would run out of them."""
    open_here = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    file, no_file = workplace.write("contacts.csv", [make.contact(1)]), workplace.folder / "none.csv"
    before = workplace.sql(open_here)
    gc.disable()
    try:
        codes = [workplace.c360(*command).code for command in (
            ("ingest", "contacts", file), ("ingest", "contacts", no_file), ("status",), ("quarantine", "list"),
            ("verify", "contacts"), ("alert", "--dry-run"),
        )]  # fmt: skip
        assert 0 in codes and 2 in codes and workplace.sql(open_here) == before, codes
    finally:
        gc.enable()
