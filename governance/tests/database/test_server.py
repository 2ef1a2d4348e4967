"""The embedded server, for real: each test that kills, moves or crowds it has a home of its own."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg2
import pytest

from c360 import database as db
from c360.database import listen, server
from c360.errors import CouldNotTell
from c360.settings import Settings

START = """
import sys; from pathlib import Path
from c360.database import server; from c360.settings import Settings
print(server.start(Settings(Path("/"), Path(sys.argv[1]), None)).pid)
"""


def make(home: Path) -> Settings:
    return Settings(root=Path("/"), home=home, database_url=None)


@pytest.fixture
def settings() -> Iterator[Settings]:
    with tempfile.TemporaryDirectory(prefix="c360-") as home:
        settings = make(Path(home).resolve())
        yield settings
        server.stop(settings)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(settings: Settings, query: str) -> object:
    connection = db.connect(settings, role=None)
    with connection, connection.cursor() as cursor:
        cursor.execute(query)
        answer = cursor.fetchone()[0] if cursor.description else None
    connection.close()
    return answer


def test_two_processes_that_start_it_at_once_get_one_server_that_outlives_them(settings: Settings) -> None:
    command = [sys.executable, "-c", START, str(settings.home)]
    with ThreadPoolExecutor(2) as pool:
        pids = set(pool.map(lambda _: int(subprocess.check_output(command)), range(2)))
    assert pids == {server.status(settings).pid}
    assert server.start(settings).pid in pids, "starting it again changes nothing"
    assert ask(settings, "select current_database()") == "customer360"
    assert ask(settings, "select count(*)::int from pg_stat_activity where application_name = 'c360'") == 1


def test_connecting_starts_it_and_stopping_twice_is_harmless(settings: Settings) -> None:
    assert not server.status(settings).running
    assert ask(settings, "show timezone") == "UTC"
    assert server.stop(settings)
    assert not server.stop(settings)
    assert not server.status(settings).running


@pytest.mark.parametrize("whole_group", [False, True], ids=["postmaster alone", "with its children"])
def test_committed_rows_survive_kill_9(settings: Settings, whole_group: bool) -> None:
    ask(settings, "create table kept (n int); insert into kept values (42)")
    now = server.status(settings)
    children = psutil.Process(now.pid).children() if whole_group else []
    for process in (psutil.Process(now.pid), *children):
        os.kill(process.pid, signal.SIGKILL)
    assert ask(settings, "select n from kept") == 42
    assert server.status(settings).pid != now.pid


def test_a_pid_file_that_names_another_process_is_stale(settings: Settings) -> None:
    server.start(settings)
    file = server.data_folder(settings) / "postmaster.pid"
    lines = file.read_text().splitlines(keepends=True)
    server.stop(settings)
    file.write_text("".join([f"{os.getpid()}\n", *lines[1:]]))
    assert not server.status(settings).running
    assert ask(settings, "select 1") == 1


def test_a_lost_socket_restarts_it(settings: Settings) -> None:
    now = server.start(settings)
    (now.socket_dir / f".s.PGSQL.{now.socket_port}").unlink()
    assert ask(settings, "select 1") == 1


def test_an_interrupted_first_start_is_made_good(settings: Settings) -> None:
    half = settings.home / "postgres.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    assert ask(settings, "select 1") == 1
    assert not half.exists()


def test_two_homes_are_two_servers(settings: Settings, server: Settings) -> None:
    ask(settings, "create table only_here ()")
    assert ask(settings, "select to_regclass('only_here')::text") == "only_here"
    assert ask(server, "select to_regclass('only_here')::text") is None
    assert db.url(settings) != db.url(server)


@pytest.mark.parametrize("name", ["a" * 120, "with blank", 'it\'s, a "name" $HOME'])
def test_any_home_path_will_do(settings: Settings, name: str) -> None:
    inner = make(settings.home / name)
    try:
        assert ask(inner, "select 1") == 1
        found = server.status(inner).socket_dir.lstat()
        assert found.st_mode & 0o077 == 0
    finally:
        server.stop(inner)
    assert not server.status(inner).running


def test_tcp_wants_the_password_and_listens_on_loopback_alone(settings: Settings) -> None:
    server.start(settings)
    port = free_port()
    now = server.start(settings, port)
    assert now.port == port
    assert server.start(settings).pid == now.pid, "a start without a port leaves the port open"
    tcp = {"host": "127.0.0.1", "port": port, "user": "postgres", "dbname": "customer360"}
    with pytest.raises(psycopg2.OperationalError, match="no password supplied"):
        psycopg2.connect(**tcp)
    psycopg2.connect(**tcp, password=listen.password(settings)).close()
    assert listen.password_file(settings).stat().st_mode & 0o777 == 0o600
    assert ask(settings, "show listen_addresses") == "127.0.0.1"
    log = (now.data / "log").read_text()
    assert listen.password(settings) not in log


def test_a_taken_port_is_one_sentence_and_harms_nothing(settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        before = server.start(settings)
        with pytest.raises(CouldNotTell) as caught:
            server.start(settings, port)
    assert caught.value.message == f"Port {port} of 127.0.0.1 is taken by another program."
    assert caught.value.remedy == "Take another: c360 db start --port 5433."
    assert server.status(settings) == before


def test_errors_about_rows_stay_out_of_the_server_log(settings: Settings) -> None:
    with pytest.raises(psycopg2.Error):
        ask(settings, "select 'ada@example.org'::uuid")
    assert "ada@example.org" not in (server.data_folder(settings) / "log").read_text()


def test_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CouldNotTell, match=r"Cannot write to .* Set C360_HOME"):
        server.start(make(tmp_path / "file"))
