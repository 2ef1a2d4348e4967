"""The two ways a command ends badly, never mixed up: the data is bad (1), or we could not tell (2)."""

import difflib
import errno
from collections.abc import Iterable
from typing import Any

DISTRIBUTION = "customer360-governance"
"""What pip calls the toolkit."""


class CouldNotTell(Exception):
    """The command could not run: no database, an unreadable file, bad configuration. Exit code 2.

    `message` is one sentence with what and where; `remedy` is the next command to type. In the Python API
    `result` is what was found until then.
    """

    exit_code = 2
    annotated = False
    """Whether annotations of GitHub tell of it already, each at its line."""

    def __init__(self, message: str, remedy: str = "") -> None:
        self.message = message
        self.result: Any = None
        self.remedy = remedy
        super().__init__(f"{message} {remedy}".strip())


class Breach(CouldNotTell):
    """The data or a contract breaks a clause. Exit code 1."""

    exit_code = 1


def unknown(message: str, name: str, known: Iterable[str]) -> CouldNotTell:
    """The error for a name that was typed and does not exist: the nearest known name, and all of them."""
    names = sorted(set(known))
    near = difflib.get_close_matches(name, names, n=1)
    meant = f"Did you mean {near[0]}? " if near else ""
    return CouldNotTell(message, f"{meant}There are: {', '.join(names) or 'none'}.")


_ENDED = ("57P01", "57P02", "57P03")
"""Postgres: it is shutting down (or somebody ended the session), it crashed, it cannot connect now."""
_CLOSED = ("server closed the connection", "connection is closed", "connection is lost", "terminating connection",
           "Connection reset", "no connection to the server", "SSL connection has been", "Broken pipe")  # fmt: skip
_SAYS = {
    "53100": ("The disk of the database is full", "Free some space there, then run it again."),
    "53200": ("The database ran out of memory", "Give it more memory, then run it again."),
    "53300": ("The database takes no more connections", "Wait until others are done, then run it again."),
    "53400": ("The database came to a limit of its own, such as temp_file_limit", "Raise it, then run it again."),
    "57014": ("The database cancelled a query: somebody did, or it took too long", "Run it again."),
    "58030": ("The disk of the database cannot be read or written", "Check that disk, then run it again."),
    "0A000": (
        "The database cannot do what a contract asks of it; a Postgres without libxml, as the embedded one, has no xml",
        "Connect to one that can, or choose another type.",
    ),
    "25006": ("The database takes no changes: it is read-only", "Connect to one that does."),
    "40P01": ("The database stopped this command, which and another one waited for each other", "Run it again."),
}


def plainly(error: BaseException | None) -> tuple[str, str] | None:
    """What the database or the system says by this error, or by what it came up in, and the remedy; None for a bug.

    Never their own text, which may quote data; a path is none.
    """
    while error is not None:
        code = getattr(error, "sqlstate", None)
        if code in _SAYS:
            return _SAYS[code]
        if code in _ENDED or (_is_of_postgres(error) and any(words in str(error) for words in _CLOSED)):
            return "The database ended the connection, as when it is stopped", "Run it again."
        if isinstance(error, OSError) and error.strerror:
            where = f": {error.filename}" if isinstance(error.filename, str) else ""
            remedy = "Free some space" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "Check that place"
            return f"{error.strerror}{where}", f"{remedy}, then run it again."
        error = error.__cause__ or error.__context__
    return None


def _is_of_postgres(error: BaseException) -> bool:
    return any(kind.__module__.startswith("psycopg") for kind in type(error).__mro__)
