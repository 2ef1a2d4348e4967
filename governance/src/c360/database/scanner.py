"""The scanner: a connection for SQL of contracts, which can look at the tables of contracts and do nothing else.

It is no superuser and owns nothing, every transaction is read-only and ends by a rollback, it sends one statement a
call (the extended protocol: the server refuses a second one) and only as the source of a SELECT, so that nothing else
is a statement at all. Each may take so long and no longer, and so much memory and disk.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from c360.clause.dialect import POSTGRES
from c360.database import libpq_env, parameters, unreachable
from c360.database.access import LIMITS, SCANNER
from c360.database.shell import left_out
from c360.project_file import ProjectFile
from c360.settings import Settings

if TYPE_CHECKING:
    from psycopg import Connection


_SESSION = {"TimeZone": "UTC", "standard_conforming_strings": "on"}


_MOST_ENDED = 3
"""Statements of one scan that may run out of time: a contract of many that do does not take many times as long."""


@dataclass(frozen=True)
class Untold:
    """Why a query gives no number, and what to do, without a word of the error: it could quote data."""

    why: str
    remedy: str


class Scanner:
    """Answers queries. `cursor`, `commit`, `rollback` and `close` are what Soda wants of a connection."""

    def __init__(self, database: "Connection", limits: ProjectFile) -> None:
        self._database, self._limits, self._ended = database, limits, 0

    @property
    def seconds(self) -> int:
        """How long one statement may take."""
        return self._limits.statement_timeout

    def untold(self, error: Exception) -> Untold:
        """What a psycopg.Error says to somebody who wrote the clause."""
        limits, state = self._limits, getattr(error, "sqlstate", None) or ""
        sooner = "Write it so that it ends sooner, or allow more in c360.toml: [database] "
        if state == "57014":
            return Untold(
                f"it took longer than {limits.statement_timeout} seconds (database.statement_timeout)",
                f"{sooner}statement_timeout = {limits.statement_timeout * 2}",
            )
        if state == "53400":
            return Untold(
                f"it wrote more than {limits.temp_file_limit} MB of temporary files (database.temp_file_limit)",
                f"{sooner}temp_file_limit = {limits.temp_file_limit * 2}",
            )
        if state in ("53200", "54000") or "invalid memory alloc" in str(error):
            return Untold("it makes values larger than the database can hold", "Write it with smaller values.")
        if state == "42501":
            return Untold("the scanner may not read it; run c360 access", "Run: c360 access")
        if state == "2201B":
            return Untold("its pattern does not compile", "Write the pattern as docs/contracts.md#patterns says.")
        name = type(error).__name__
        return Untold(f"the query fails ({name})", "Check its SQL against the table's columns, then: c360 lint")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """All rows of one query. Raises psycopg.Error, after which the next query may be asked all the same."""
        cursor = self.cursor()
        cursor.execute(query)
        return cursor.fetchall()

    def cursor(self) -> "_Cursor":
        return _Cursor(self)

    def execute(self, cursor: Any, query: str) -> None:
        """Raises psycopg.Error, at once where too many statements have run out of time before."""
        import psycopg

        if self._ended >= _MOST_ENDED:
            raise psycopg.errors.QueryCanceled
        try:
            cursor.execute(f"select * from (\n{query.rstrip('; ')}\n) as looked_at")
        except psycopg.errors.QueryCanceled:
            self._ended += 1
            raise

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def close(self) -> None: ...


class _Cursor:
    """A cursor that has read all, and rolled back, by the time that `execute` returns."""

    def __init__(self, looking: Scanner) -> None:
        self._looking, self._database = looking, looking._database
        self._rows: Iterator[tuple[Any, ...]] = iter(())
        self.description: Any = None

    def execute(self, query: str) -> None:
        try:
            with self._database.cursor(binary=True) as cursor:  # binary makes it the extended protocol
                self._looking.execute(cursor, query)
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
        _limit(database, settings)
        for name, value in (_SESSION | {"search_path": path}).items():
            database.execute("select set_config(%s, %s, false)", (name, value))
        database.commit()
        database.read_only = True
        yield Scanner(database, settings.file)
    finally:
        database.close()


def login(settings: Settings) -> tuple[dict[str, str], dict[str, str]]:
    """For datacontract-cli, which connects by itself: its configuration, and libpq's variables for the session."""
    database = _log_in(settings)
    itself = database.info.user == SCANNER
    try:
        limits = _limit(database, settings)
    finally:
        database.close()
    env = libpq_env(settings, SCANNER)
    config = {name: value for name, value in env.items() if name.startswith("DATACONTRACT_")}
    if itself:
        config["DATACONTRACT_POSTGRES_USERNAME"] = SCANNER
    # it takes where to connect from its own variables, how (sslmode and such) from libpq's
    session = {name: value for name, value in env.items() if name.startswith("PG")}
    options = "" if itself else session.get("PGOPTIONS", "")
    return config, session | {"PGOPTIONS": " ".join([options, *(f"-c {n}={v}" for n, v in limits.items())]).strip()}


def _limit(database: "Connection", settings: Settings) -> dict[str, str]:
    """Give the session its limits, which a role that is taken on does not bring along; returns those that took hold.

    Temporary files may be limited by whom an administrator lets (`c360 access --check` tells), and not every server
    can tell that its client has gone.
    """
    import psycopg

    file, held = settings.file, dict[str, str]()
    own = {"statement_timeout": f"{file.statement_timeout}s", "temp_file_limit": f"{file.temp_file_limit}MB"}
    for name, value in (LIMITS | own).items():
        try:
            database.execute("select set_config(%s, %s, false)", (name, value))
            database.commit()
            held[name] = value
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidParameterValue):
            database.rollback()
    return held


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
