"""The scanner: a connection for SQL of contracts, which can look at the tables of contracts and do nothing else.

It is no superuser and owns nothing, its transactions are read-only and end by a rollback, it sends one statement a
call (the extended protocol: the server refuses a second one) and only as the source of a SELECT, so that nothing else
is a statement at all, and each may take so long and no longer.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from c360.clause.dialect import POSTGRES
from c360.engine.postgres import libpq_env, parameters, unreachable
from c360.engine.postgres.access import READ_ONLY, SCANNER
from c360.engine.postgres.shell import left_out
from c360.settings import Settings

if TYPE_CHECKING:
    from psycopg import Connection


_SESSION = {**READ_ONLY, "TimeZone": "UTC", "standard_conforming_strings": "on"}
"""A role that is taken on brings no settings of its own along, so every session gets them."""


class Scanner:
    """Answers queries. `cursor`, `commit`, `rollback` and `close` are what Soda wants of a connection."""

    def __init__(self, database: "Connection") -> None:
        self._database = database

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """All rows of one query. Raises psycopg.Error, after which the next query may be asked all the same."""
        cursor = self.cursor()
        cursor.execute(query)
        return cursor.fetchall()

    def cursor(self) -> "_Cursor":
        return _Cursor(self._database)

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def close(self) -> None: ...


class _Cursor:
    """A cursor that has read all, and rolled back, by the time that `execute` returns."""

    def __init__(self, database: "Connection") -> None:
        self._database = database
        self._rows: Iterator[tuple[Any, ...]] = iter(())
        self.description: Any = None

    def execute(self, query: str) -> None:
        try:
            with self._database.cursor(binary=True) as cursor:  # binary makes it the extended protocol
                cursor.execute(f"select * from (\n{query.rstrip('; ')}\n) as looked_at")
                self.description = cursor.description
                self._rows = iter(cursor.fetchall() if cursor.description else ())
        finally:
            self._database.rollback()

    def fetchone(self) -> tuple[Any, ...] | None:
        return next(self._rows, None)

    def fetchall(self) -> list[tuple[Any, ...]]:
        return list(self._rows)

    def close(self) -> None: ...


@contextmanager
def scanner(settings: Settings, search_path: Iterable[str] = ()) -> Iterator[Scanner]:
    """A scanner whose queries find bare names of tables along `search_path`. Raises CouldNotTell as `connect` does."""
    path = ", ".join(POSTGRES.quote(schema) for schema in (*search_path, "pg_catalog"))
    database = _log_in(settings)
    try:
        for name, value in (_SESSION | {"search_path": path}).items():
            database.execute("select set_config(%s, %s, false)", (name, value))
        database.commit()
        database.read_only = True
        yield Scanner(database)
    finally:
        database.close()


def login(settings: Settings) -> tuple[dict[str, str], dict[str, str]]:
    """For datacontract-cli, which connects by itself: its configuration, and libpq's variables for the session."""
    database = _log_in(settings)
    itself = database.info.user == SCANNER
    database.close()
    env = libpq_env(settings, SCANNER)
    config = {name: value for name, value in env.items() if name.startswith("DATACONTRACT_")}
    if itself:
        config["DATACONTRACT_POSTGRES_USERNAME"] = SCANNER
    # it takes where to connect from its own variables, how (sslmode and such) from libpq's
    session = {name: value for name, value in env.items() if name.startswith("PG")}
    options = "" if itself else session.get("PGOPTIONS", "")
    return config, session | {"PGOPTIONS": " ".join([options, *(f"-c {n}={v}" for n, v in READ_ONLY.items())]).strip()}


def _log_in(settings: Settings) -> "Connection":
    """As the scanner itself where the server lets it (by trust, peer or ~/.pgpass), else as a user who takes it on."""
    import psycopg

    taken_on = parameters(settings, SCANNER)
    itself = {k: v for k, v in taken_on.items() if k not in ("password", "options")} | {"user": SCANNER}
    for attempt in (itself, taken_on):
        try:
            with left_out(settings.database_url):
                return psycopg.connect(**attempt)  # type: ignore[arg-type]
        except psycopg.OperationalError as error:
            reason = str(error)
    raise unreachable(settings, taken_on, reason)
