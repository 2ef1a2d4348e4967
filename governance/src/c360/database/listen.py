"""Where the embedded server listens: a socket that only its owner reaches, and on demand a TCP port."""

import errno
import hashlib
import os
import secrets
import socket
import tempfile
from contextlib import suppress
from pathlib import Path

from c360.database import programs
from c360.errors import CouldNotTell
from c360.settings import Settings

SOCKET_PATH_LIMIT = 100
"""Bytes of a socket's path: macOS takes 103, Linux 107."""


def password_file(settings: Settings) -> Path:
    """The file (mode 0600) with the password for TCP; it exists once a port was asked for."""
    return settings.home / "postgres.password"


def password(settings: Settings) -> str:
    """The password for TCP; made at random the first time."""
    path = password_file(settings)
    if not path.exists():
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(24))
        fresh.rename(path)  # whole or not there
    return path.read_text()


def require_free(port: int, command: str = "c360 db start", host: str = "127.0.0.1") -> None:
    """Raises CouldNotTell, naming a free port for the `command`, when the port of the host's address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            reason = "may not be used without root"
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise CouldNotTell(f"Cannot listen at {host}: {error.strerror}.", "Name an address of here.") from error
            reason = "is taken by another program"
        else:
            return
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        free = probe.getsockname()[1]
    raise CouldNotTell(f"Port {port} of {host} {reason}.", f"Take a free one: {command} --port {free}")


def socket_dir(data: Path, port: int) -> Path:
    """The data folder; if libpq could not name a socket there, a private folder for temporary files."""
    if len(os.fsencode(data / f".s.PGSQL.{port}")) <= SOCKET_PATH_LIMIT and "," not in str(data):
        return data
    owner = data.stat().st_uid
    name = f"c360-{owner}-{hashlib.sha256(os.fsencode(data)).hexdigest()[:12]}"
    for parent in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108 (checked below)
        folder = parent / name
        if len(os.fsencode(folder / f".s.PGSQL.{port}")) <= SOCKET_PATH_LIMIT and (
            os.geteuid() != 0 or programs.open_to_all(folder)  # whom root steps down to must get there
        ):
            break
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        os.chown(folder, owner, -1)
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid != owner or found.st_mode & 0o077:
        raise CouldNotTell(
            f"{folder} should be a private folder for the database's socket and is not.",
            "Remove it, or set C360_HOME to a folder with a shorter path.",
        )
    return folder
