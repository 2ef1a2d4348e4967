"""Partners that c360 waits for: a session that holds what c360 needs has some seconds to let go, then it ends.

A lock that one waits for is had in the order of asking, so a partner that comes back at once stands behind c360.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from c360.database import connect
from c360.database.access import PARTNER
from c360.database.query import value
from c360.errors import CouldNotTell
from c360.settings import Settings

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

Say = Callable[[str], None]

GRACE_S = 10
"""How long a partner may go on with what it does."""
_LOOK_S = 0.5
_IS_PARTNER = f"starts_with(held.usename, '{PARTNER}')"
_ABOUT = "held.usename || ' (process ' || held.pid || coalesce(', ' || held.state, '') || ')'"
_IN_THE_WAY = f"""
    select distinct held.pid, {_ABOUT}, coalesce(asked.relation::regclass::text, asked.locktype || ' lock'), asked.pid
    from pg_locks as asked
    cross join lateral unnest(pg_blocking_pids(asked.pid)) as blocking (pid)
    join pg_stat_activity as held on held.pid = blocking.pid
    join pg_stat_activity as waiting on waiting.pid = asked.pid
    where not asked.granted and asked.waitstart < clock_timestamp() - make_interval(secs => %s)
    and waiting.datname = current_database() and {_IS_PARTNER} and not starts_with(waiting.usename, '{PARTNER}')"""
_IN_A_TRANSACTION = f"""
    select held.pid, {_ABOUT} from pg_stat_activity as held
    where held.datname = current_database() and {_IS_PARTNER} and held.xact_start is not null"""
_ALL_OF = f"select held.pid, {_ABOUT} from pg_stat_activity as held where held.usename = %s and held.pid <> 0"


@contextmanager
def partners_let_go(settings: Settings, say: Say) -> Iterator[None]:
    """While this lasts, a partner's session that c360 has waited for that long is ended, and `say` is told whose it was
    and what it held.

    Raises CouldNotTell when c360 may not end it: the statement that waits is cancelled instead.
    """
    with closing(connect(settings, role=None)) as database:
        if not _are_there(database):
            yield
            return
        watch = _Watch(database, say)
        watch.start()
        try:
            yield
        except Exception:
            watch.end()
            if watch.refused:
                raise watch.refused from None
            raise
        finally:
            watch.end()


def partners_are_through(database: "Connection", say: Say) -> None:
    """Wait until no partner's transaction is open, which would keep rows that are gone in the files of their tables;
    end those that are not through in time."""
    with database.cursor() as cursor:
        deadline = time.monotonic() + GRACE_S
        cursor.execute(_IN_A_TRANSACTION)
        while (left := cursor.fetchall()) and time.monotonic() < deadline:
            time.sleep(_LOOK_S)
            cursor.execute(_IN_A_TRANSACTION)
        for pid, about in left:
            _end(cursor, pid, about, "an old state of the tables", say)


def end_all_of(database: "Connection", role: str, say: Say) -> None:
    """End every session of a role."""
    with database.cursor() as cursor:
        cursor.execute(_ALL_OF, (role,))
        for pid, about in cursor.fetchall():
            _end(cursor, pid, about, "a share that has ended", say)


class _Watch(threading.Thread):
    def __init__(self, database: "Connection", say: Say) -> None:
        super().__init__(daemon=True)
        self._database, self._say, self._done = database, say, threading.Event()
        self.refused: CouldNotTell | None = None

    def run(self) -> None:
        import psycopg

        try:
            with self._database.cursor() as cursor:
                while not self._done.wait(_LOOK_S):
                    self._look(cursor)
        except psycopg.Error:  # the server is gone: whoever waits for it hears that
            return

    def _look(self, cursor: "Cursor") -> None:
        cursor.execute(_IN_THE_WAY, (GRACE_S,))
        for pid, about, what, waiting in cursor.fetchall():
            try:
                _end(cursor, pid, about, what, self._say)
            except CouldNotTell as error:
                self.refused = error
                cursor.execute("select pg_cancel_backend(%s)", (waiting,))

    def end(self) -> None:
        self._done.set()
        self.join()


def _are_there(database: "Connection") -> bool:
    with database.cursor() as cursor:
        cursor.execute("select exists (select from pg_roles where starts_with(rolname, %s))", (PARTNER,))
        return bool(value(cursor))


def _end(cursor: "Cursor", pid: int, about: str, what: str, say: Say) -> None:
    import psycopg

    try:
        cursor.execute(
            "select pg_terminate_backend(held.pid, 5000) from pg_stat_activity as held "
            f"where held.pid = %s and {_IS_PARTNER}",
            (pid,),
        )
    except psycopg.errors.InsufficientPrivilege:
        raise CouldNotTell(
            f"{about} holds {what}, which c360 needs, and c360 may not end its session.",
            f"Have an administrator run: select pg_terminate_backend({pid})",
        ) from None
    if cursor.rowcount:
        say(f"Ended a session: {about} held {what}.")
