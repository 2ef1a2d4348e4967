"""The embedded server is made and launched: its files, its settings, and what a killed one left behind."""

import shutil
from pathlib import Path

from c360.database import listen, processes, programs
from c360.database.state import USER, data_folder
from c360.errors import CouldNotTell
from c360.settings import Settings

SOCKET_PORT = 5432
"""Only names the socket file when there is no TCP; two homes never meet."""
PATIENCE_S = 60
"""Seconds that a start (with crash recovery) or a stop may take."""
_LEFT_OVER = "File exists"
"""Recovery meets the main fork of an unlogged table whose files an abort had begun to remove before the log said so. By
then it has made the table's init fork again, and the next recovery removes what such a fork stands beside."""
_ATTEMPTS = 3
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
    "log_line_prefix": "%m[%p]_%u@%d_",
}


def initialise(settings: Settings) -> None:
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


def clear_crash(settings: Settings) -> None:
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


def launch(settings: Settings, port: int | None) -> None:
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
    for _ in range(_ATTEMPTS):
        reason = _start(data, quoted)
        if reason is None:
            return
        if _LEFT_OVER not in reason:
            break
    raise CouldNotTell(f"The embedded Postgres did not start: {reason}.", f"Read {data / 'log'}.")


def _start(data: Path, options: str) -> str | None:
    """Why the server did not start; None if it did."""
    log = data / "log"
    offset = log.stat().st_size if log.exists() else 0
    try:
        programs.run(data, "pg_ctl", "start", "--wait", f"--timeout={PATIENCE_S}", "--log=log", "-o", options)
        return None
    except CouldNotTell:
        with log.open(errors="replace") as handle:
            handle.seek(offset)
            reasons = [line for line in handle if "FATAL" in line] or [""]
        return reasons[0].partition("FATAL:")[2].strip().rstrip(".") or "it did not say why"


def _small_shared_memory() -> bool:
    """Containers often give /dev/shm 64 MB, too little for a parallel hash join."""
    try:
        return shutil.disk_usage("/dev/shm").total < 2**30  # noqa: S108
    except OSError:
        return False
