"""The embedded server, for real: each test that kills, moves or crowds it has a home of its own."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest

from c360 import database as db
from c360.database import listen, programs, server
from c360.errors import CouldNotTell
from c360.settings import Settings

START = """
import sys; from pathlib import Path
from c360.database import server; from c360.settings import Settings
print(server.start(Settings(Path("/"), Path(sys.argv[1]), None)).pid)
"""

ASK = """
import sys; from pathlib import Path
from c360 import database as database; from c360.settings import Settings
database.connect(Settings(Path("/"), Path(sys.argv[1]), None)).cursor().execute(sys.argv[2])
"""
WORK = "select count(*) from generate_series(1, 100000) as a, generate_series(1, 100000) as b"
NO_INIT = """
import ctypes, os, signal, subprocess, sys, time
ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER: orphans become children of this process, which takes none away
home, start, ask, work = sys.argv[1:]
for _ in range(2):
    pid = int(subprocess.check_output([sys.executable, "-c", start, home]))
    working = subprocess.Popen([sys.executable, "-c", ask, home, work], stderr=subprocess.DEVNULL)
    time.sleep(3)
    os.kill(pid, signal.SIGKILL)
assert int(subprocess.check_output([sys.executable, "-c", start, home])) != pid
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
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(query)
        answer = cursor.fetchone()[0] if cursor.description else None
    connection.close()
    return answer


def work(settings: Settings) -> subprocess.Popen:
    """A process that has begun a query of many minutes."""
    process = subprocess.Popen([sys.executable, "-c", ASK, str(settings.home), WORK], stderr=subprocess.DEVNULL)
    while not ask(settings, f"select count(*)::int from pg_stat_activity where query = '{WORK}'"):
        time.sleep(0.05)
    return process


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
    for _ in range(2):
        now = server.status(settings)
        waiting = db.connect(settings)
        waiting.cursor().execute("select 1")
        working = work(settings)
        children = psutil.Process(now.pid).children() if whole_group else []
        for process in (psutil.Process(now.pid), *children):
            os.kill(process.pid, signal.SIGKILL)
        assert ask(settings, "select n from kept") == 42
        assert server.status(settings).pid != now.pid
        assert working.wait(60) != 0
        waiting.close()


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for orphans that nobody takes away")
def test_zombies_of_a_killed_server_do_not_hold_up_the_next(settings: Settings) -> None:
    """As in a container whose first process is no init."""
    done = subprocess.run(
        [sys.executable, "-c", NO_INIT, settings.home, START, ASK, WORK], capture_output=True, text=True, timeout=50
    )
    assert done.returncode == 0, done.stderr
    assert ask(settings, "select 1") == 1


@pytest.mark.skipif(not shutil.which("setpriv") or os.geteuid() != 0, reason="only root's rights can be taken away")
def test_root_of_a_container_may_not_look_into_other_users_processes(settings: Settings) -> None:
    bare = ["setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace", sys.executable, "-c"]
    start = [*bare, START, str(settings.home)]
    first = int(subprocess.check_output(start))
    assert int(subprocess.check_output(start)) == first
    os.kill(first, signal.SIGKILL)
    assert int(subprocess.check_output(start)) != first
    assert ask(settings, "select 1") == 1


def test_a_pid_file_that_names_another_process_is_stale(settings: Settings) -> None:
    server.start(settings)
    file = server.data_folder(settings) / "postmaster.pid"
    lines = file.read_text().splitlines(keepends=True)
    server.stop(settings)
    file.write_text("".join([f"{os.getpid()}\n", *lines[1:]]))
    assert not server.status(settings).running
    assert ask(settings, "select 1") == 1


def test_a_lost_socket_restarts_it_unless_somebody_is_connected(settings: Settings) -> None:
    now = server.start(settings)
    at_work = db.connect(settings)
    (now.socket_dir / f".s.PGSQL.{now.socket_port}").unlink()
    with pytest.raises(CouldNotTell, match=r"lost its socket.* 1 session is connected to it\. .*c360 db stop"):
        ask(settings, "select 1")
    with at_work.cursor() as cursor:
        cursor.execute("select 1")
    at_work.close()
    assert ask(settings, "select 1") == 1


def test_one_that_lives_and_does_not_answer_is_not_stopped(settings: Settings) -> None:
    now = server.start(settings)
    path = now.socket_dir / f".s.PGSQL.{now.socket_port}"
    path.rename(path.with_name("aside"))
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(path))
        with pytest.raises(CouldNotTell) as caught:
            ask(settings, "select 1")
    assert caught.value.message == (
        f"The embedded Postgres in {now.data} runs (process {now.pid}) and refuses: Connection refused."
    )
    assert caught.value.remedy.startswith("Run c360 db stop, which ends every connection")
    path.with_name("aside").rename(path)
    assert ask(settings, "select 1") == 1
    assert server.status(settings) == now


def test_one_that_refuses_is_not_stopped(settings: Settings) -> None:
    now = server.start(settings)
    rules = now.data / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text("local all all reject\n")
    os.kill(now.pid, signal.SIGHUP)
    with pytest.raises(CouldNotTell, match=r"refuses: pg_hba\.conf rejects connection"):
        for _ in range(50):
            ask(settings, "select 1")
            time.sleep(0.1)
    rules.write_text(before)
    assert server.status(settings) == now


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
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(**tcp)
    psycopg.connect(**tcp, password=listen.password(settings)).close()
    assert listen.password_file(settings).stat().st_mode & 0o777 == 0o600
    assert ask(settings, "show listen_addresses") == "127.0.0.1"
    log = (now.data / "log").read_text()
    assert listen.password(settings) not in log


def test_nobody_is_thrown_out_for_a_port(settings: Settings) -> None:
    now = server.start(settings)
    port = free_port()
    at_work = [db.connect(settings) for _ in range(2)]
    with pytest.raises(CouldNotTell) as caught:
        server.start(settings, port)
    assert caught.value.message == (
        f"The embedded Postgres has to restart to listen on port {port}, and 2 sessions are connected to it."
    )
    assert caught.value.remedy == "Close what uses it, or end that with c360 db stop; then run this again."
    for connection in at_work:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
        connection.close()
    assert server.status(settings) == now
    assert server.start(settings, port).port == port
    over_tcp = psycopg.connect(
        host="127.0.0.1", port=port, user="postgres", dbname="customer360", password=listen.password(settings)
    )
    with pytest.raises(CouldNotTell, match="1 session is connected"):
        server.start(settings, free_port())
    over_tcp.close()


def test_a_taken_port_is_one_sentence_and_harms_nothing(settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        before = server.start(settings)
        with pytest.raises(CouldNotTell) as caught:
            server.start(settings, port)
    assert caught.value.message == f"Port {port} of 127.0.0.1 is taken by another program."
    assert re.fullmatch(r"Take a free one: c360 db start --port \d+", caught.value.remedy)
    assert server.status(settings) == before


def test_errors_about_rows_stay_out_of_the_server_log(settings: Settings) -> None:
    with pytest.raises(psycopg.Error):
        ask(settings, "select 'ada@example.org'::uuid")
    assert "ada@example.org" not in (server.data_folder(settings) / "log").read_text()


def test_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CouldNotTell, match=r"Cannot write to .* Set C360_HOME"):
        server.start(make(tmp_path / "file"))


@pytest.fixture
def private() -> Iterator[Path]:
    """A folder that only its owner may enter, below one that everyone may pass through; as /root is."""
    with tempfile.TemporaryDirectory(prefix="c360-") as folder:
        Path(folder).chmod(0o755)
        inner = Path(folder).resolve() / "private"
        inner.mkdir(mode=0o700)
        yield inner


def modes(*folders: Path) -> dict[Path, int]:
    return {path: path.stat().st_mode for folder in folders for path in (folder, *folder.parents, *folder.rglob("*"))}


def test_private_folders_stay_private(private: Path) -> None:
    settings = make(private / "deeper")
    settings.home.mkdir(mode=0o700)
    before = modes(settings.home)
    try:
        assert ask(settings, "select 1") == 1
        os.kill(server.status(settings).pid, signal.SIGKILL)
        server.start(settings, free_port())
        assert ask(settings, "select 1") == 1
        assert {path: path.stat().st_mode for path in before} == before
    finally:
        server.stop(settings)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root steps down to another user")
@pytest.mark.parametrize("strict", ["a folder above", "the package itself"])
def test_a_private_installation_stays_private(
    settings: Settings, private: Path, monkeypatch: pytest.MonkeyPatch, strict: str
) -> None:
    package = programs.folder().parents[1]
    site = private if strict == "a folder above" else private.with_name("open")
    for part in (package, package.with_name(f"{package.name}.libs")):
        if part.exists():
            shutil.copytree(part, site / part.name, ignore=shutil.ignore_patterns("pginstall", "include"))
    if strict == "the package itself":
        site.chmod(0o755)
        for path in site.rglob("*"):
            path.chmod(path.stat().st_mode & 0o700)
    inside = site / programs.folder().relative_to(package.parent)
    monkeypatch.setattr(programs, "folder", lambda: inside)
    monkeypatch.setattr(programs, "COPIES", private.with_name("copies"))
    before = modes(site)
    assert ask(settings, "select 1") == 1
    assert modes(site) == before
    assert len(list(programs.COPIES.iterdir())) == 1
    monkeypatch.setattr(programs, "COPIES", private / "copies")
    with pytest.raises(CouldNotTell, match=r"nor a copy in .*: a folder above it is private\. Run c360 as an ordinary"):
        programs.run(server.data_folder(settings), "pg_ctl", "status")


def test_a_server_killed_right_after_an_abort_is_brought_up_again(settings: Settings) -> None:
    """Postgres removes the files of an unlogged table before the log says that its transaction was aborted. Without
    that record, recovery makes the table's init fork again and then finds the main fork in its way."""
    ask(settings, "create table kept (n int); insert into kept values (42)")
    for setting in ("alter system set wal_writer_delay = '10s'", "select pg_reload_conf()"):
        connection = db.connect(settings, role=None)
        connection.cursor().execute(setting)
        connection.close()
    time.sleep(0.5)
    aborted = db.connect(settings, role=None)
    aborted.execute("begin; create unlogged table gone (n int)")
    ask(settings, "insert into kept values (43)")  # which writes the log as far as the new table
    aborted.rollback()
    postmaster = psutil.Process(server.status(settings).pid)
    for process in (postmaster, *postmaster.children()):
        with contextlib.suppress(psutil.NoSuchProcess):  # a session that was about to end
            process.kill()
    assert ask(settings, "select sum(n)::int from kept") == 85
