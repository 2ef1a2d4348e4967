"""What is known of the embedded server, read from its own files."""

from dataclasses import dataclass
from pathlib import Path

import psycopg

from c360.database import processes
from c360.database.shell import left_out
from c360.errors import CouldNotTell
from c360.settings import Settings

DATABASE = "customer360"
"""Of every embedded server, whatever its project is called: databases that are there bear this name, and so do the
addresses that people have written down."""
USER = "postgres"


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


def connect_socket(now: Status, database: str) -> "psycopg.Connection":
    """Connect over the socket of a running server; raises psycopg.OperationalError."""
    with left_out(None):
        return psycopg.connect(
            host=str(now.socket_dir),
            port=now.socket_port,
            user=USER,
            dbname=database,
            connect_timeout=10,
            autocommit=True,
            cursor_factory=psycopg.ClientCursor,
        )
