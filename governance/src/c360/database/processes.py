"""The server's processes as the system shows them: for what must be known without asking the server itself."""

import hashlib
import os
import re
import signal
import time
from contextlib import suppress
from pathlib import Path

import psutil

_SESSION = re.compile(r"^postgres: .*(\[local\]|\(\d+\))")
"""The title of a process that serves a client, which it names: `postgres: … USER DATABASE [local] idle`."""


def serves(pid: int, data: Path) -> bool:
    """Whether `pid` is a Postgres of `data`, and not a zombie or a later process with its number."""
    try:
        process = psutil.Process(pid)
        if not process.name().startswith("postgres"):
            return False
        try:
            return bool(process.cwd() == str(data))
        except psutil.AccessDenied:  # in a container, root may not look into the processes of other users
            return cluster_name(data) in " ".join(process.cmdline())
    except psutil.Error:  # a zombie has neither working folder nor command line
        return False


def cluster_name(data: Path) -> str:
    """Stands in the command line of the server and in the titles of its processes, for everyone to read."""
    return f"c360-{hashlib.sha256(os.fsencode(data)).hexdigest()[:12]}"


def sessions(pid: int, patience_s: float = 1) -> int:
    """How many clients the server `pid` has; one that has just hung up gets `patience_s` to be gone."""
    deadline = time.monotonic() + patience_s
    while True:
        found = 0
        with suppress(psutil.Error):
            found = sum(bool(_SESSION.search(_title(child))) for child in psutil.Process(pid).children())
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


def end_orphans(data: Path, patience_s: float) -> list[int]:
    """End what a killed server left behind; gives who is still there after `patience_s`."""
    deadline = time.monotonic() + patience_s
    told: set[int] = set()
    # Not psutil.wait_procs: it waits for zombies too, and in a container there may be nobody to take them away.
    while alive := [process.pid for process in psutil.process_iter() if serves(process.pid, data)]:
        if time.monotonic() > deadline:
            return alive
        for pid in set(alive) - told:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGQUIT)  # as the server itself would, had one of them crashed
            told.add(pid)
        time.sleep(0.05)
    return []


def _title(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""
