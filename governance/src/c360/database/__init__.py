"""The database of every stage: the embedded server, or the one that C360_DATABASE_URL names."""

import logging
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from c360.database import access
from c360.database.access import LOADER
from c360.errors import CouldNotTell
from c360.settings import Settings, user_name

if TYPE_CHECKING:
    from psycopg import Connection

logging.getLogger("psycopg").setLevel(logging.CRITICAL)  # its warnings say what the server does, which may quote a row
_VARIABLES = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD",
              "dbname": "PGDATABASE", "options": "PGOPTIONS", "sslmode": "PGSSLMODE",
              "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY",
              "sslcrl": "PGSSLCRL", "channel_binding": "PGCHANNELBINDING", "require_auth": "PGREQUIREAUTH",
              "gssencmode": "PGGSSENCMODE", "passfile": "PGPASSFILE", "hostaddr": "PGHOSTADDR",
              "target_session_attrs": "PGTARGETSESSIONATTRS"}  # fmt: skip
_SECRET = ("password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key")
"""Parameters that are never shown."""
_FULL = (
    "The database takes no more connections.",
    "End some, or wait until others are done. Who is there: select usename, count(*) from pg_stat_activity group by 1",
)
OLDEST = 16
"""The first Postgres with pg_input_is_valid, by which the gate finds what does not cast."""
_NO_PASSWORD = "not-needed"  # noqa: S105 (datacontract-cli wants one even where a socket asks for none)


def connect(settings: Settings, *, role: str | None = LOADER, database: str | None = None) -> "Connection":
    """Connect as one of the roles of c360 with time zone UTC; the embedded server is started if it does not run. Each
    statement is committed at once, unless it stands in a block of `transaction()`.

    Where the roles are missing they are made. Without a role it is whom the server was set up with, or the user of
    C360_DATABASE_URL. Raises CouldNotTell, without the password in its text, if there is no such server or database,
    if it is too old, or if its user may neither take the role on nor make it.
    """
    import psycopg

    try:
        found = _open(settings, role, database)
        _require_new_enough(found, parameters(settings))
        if role is None or _is_ready(found):
            return found
        found.close()
    except psycopg.Error as error:
        if role is None:
            raise unreachable(settings, parameters(settings), str(error)) from None
    give_access(settings)
    try:
        return _open(settings, role, database)
    except psycopg.Error as error:
        login = parameters(settings)
        if re.search("too many (clients|connections)|connection slots", str(error)):
            raise CouldNotTell(*_FULL) from None
        raise access.lacking(login["user"], login["dbname"]) from None


def give_access(settings: Settings) -> None:
    """Make the roles and their rights in the database of the settings. Raises CouldNotTell when its user may not."""
    login = connect(settings, role=None)
    try:
        access.ensure(login, login.info.user if settings.database_url else None, places(settings))
    finally:
        login.close()


def places(settings: Settings) -> list[access.Place]:
    """Where the project's contracts put their datasets; none where there is no contract that can be read."""
    from c360.contract import find_contracts

    try:
        contracts = find_contracts(settings.contracts, settings.file.raw_schema, settings.strict)
    except CouldNotTell:  # whoever needs the contracts says what is wrong with them
        return []
    owners = {"sources": access.LOADER, "products": access.TRANSFORMER}
    found = [access.Place(d.schema, d.table, owners[c.layer]) for c in contracts for d in c.datasets]
    return [place for place in found if not place.schema.lower().startswith(("pg_", "information_schema"))]


def _open(settings: Settings, role: str | None, database: str | None) -> "Connection":
    import psycopg

    from c360.database import interrupted
    from c360.database.shell import left_out

    given: dict[str, Any] = parameters(settings, role) | ({"dbname": database} if database else {})
    given["options"] = f"{given.get('options', '')} -c TimeZone=UTC".strip()
    with left_out(settings.database_url):
        # binds values in the client: DDL takes none, and one text may hold several statements
        made: dict[str, Any] = {"autocommit": True, "cursor_factory": psycopg.ClientCursor}
        return interrupted.Connection.connect(**{"application_name": "c360", "connect_timeout": "10"} | given, **made)


def _is_ready(database: "Connection") -> bool:
    with database.cursor() as cursor:
        return access.is_ready(cursor)


def libpq_env(settings: Settings, role: str | None = None) -> dict[str, str]:
    """Variables by which dbt, Soda, psql and datacontract-cli connect; starts the embedded server."""
    given = parameters(settings, role)
    env = {_VARIABLES[key]: value for key, value in given.items() if key in _VARIABLES}
    prefix = "DATACONTRACT_POSTGRES_"
    return env | {
        f"{prefix}HOST": given["host"],
        f"{prefix}PORT": given["port"],
        f"{prefix}USERNAME": given["user"],
        f"{prefix}PASSWORD": given.get("password") or _password_elsewhere(settings) or _NO_PASSWORD,
        f"{prefix}DATABASE": given["dbname"],
    }


def _password_elsewhere(settings: Settings) -> str | None:
    """The one of PGPASSWORD or a .pgpass file, where the URL holds none: datacontract-cli reads neither."""
    if not settings.database_url:
        return None
    connection = connect(settings, role=None)
    try:
        return connection.info.password or None
    finally:
        connection.close()


def url(settings: Settings, *, masked: bool = False) -> str:
    """The database as a libpq URL; `masked` shows *** for the password. Starts the embedded server."""
    given = parameters(settings)
    user = quote(given["user"], safe="")
    if given.get("password"):
        user += ":" + ("***" if masked else quote(given["password"], safe=""))
    extra = {k: v for k, v in given.items() if k not in ("host", "port", "user", "password", "dbname")}
    extra |= {k: "***" for k in extra if masked and k in _SECRET}
    address = f"{given['host']}:{given['port']}"
    if given["host"].startswith("/"):  # the folder of a socket only fits in as a parameter
        address, extra = "", {"host": given["host"], "port": given["port"]} | extra
    query = "?" * bool(extra) + "&".join(f"{k}={quote(v, safe='/')}" for k, v in extra.items())
    return f"postgresql://{user}@{address}/{quote(given['dbname'], safe='')}{query}"


def parameters(settings: Settings, role: str | None = None) -> dict[str, str]:
    """libpq parameters, host, port, user and dbname always among them; starts the embedded server.

    There, a role logs in; on another server its user takes the role on, which needs no second password.
    """
    if settings.database_url:
        given = _of_url(settings.database_url)
        return given | ({"options": f"{given.get('options', '')} -c role={role}".strip()} if role else {})
    from c360.database import server

    now = server.ensure(settings)
    return {
        "host": str(now.socket_dir),
        "port": str(now.socket_port),
        "user": role or server.USER,
        "dbname": server.DATABASE,
    }


def _of_url(text: str) -> dict[str, str]:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    remedy = "Write it as postgresql://user:password@host:port/database, with special characters as %XX (@ is %40)."
    # libpq ends a password at the first @ and a host at the first /: what follows would be shown as a host or a port
    left, mark, _ = text.partition("://")[2].rpartition("@")
    if mark and any(sign in left for sign in "@/?#[]"):
        raise CouldNotTell("C360_DATABASE_URL has a special character left of its last @ that is not escaped.", remedy)
    try:
        found = {name: str(value) for name, value in conninfo_to_dict(text).items()}
    except psycopg.Error:  # its text may quote the password
        raise CouldNotTell("C360_DATABASE_URL is not a Postgres URL.", remedy) from None
    nothing = re.search(r"://[^/?@]*:(?:[/?]|$)", text)  # a colon and no port: what follows may be half a password
    if nothing or not re.fullmatch(r"[\d,]*", found.get("port", "")):
        raise CouldNotTell("C360_DATABASE_URL names a port that is no number.", remedy)
    if "://" in found.get("dbname", "") or "@" in found.get("host", "")[1:]:
        raise CouldNotTell("C360_DATABASE_URL is not a Postgres URL.", remedy)
    if "service" in found:
        raise CouldNotTell("C360_DATABASE_URL names a service of a pg_service.conf, which c360 does not read.", remedy)
    if not found.get("dbname"):
        raise CouldNotTell("C360_DATABASE_URL names no database.", remedy)
    found = {"host": "localhost", "port": "5432", "user": user_name()} | found
    if not found["user"]:
        raise CouldNotTell("C360_DATABASE_URL names no user.", remedy)
    return found


def _require_new_enough(connection: "Connection", given: dict[str, str]) -> None:
    found = connection.info.parameter_status("server_version") or "unknown"
    if connection.info.server_version < OLDEST * 10_000:
        connection.close()
        where = f"{given['host']}:{given['port']}/{given['dbname']}"
        raise CouldNotTell(
            f"The database at {where} is Postgres {found}, and c360 needs {OLDEST} or later.",
            f"Let C360_DATABASE_URL name a Postgres {OLDEST} or later; without it, c360 uses a server of its own.",
        )


def unreachable(settings: Settings, parameters: dict[str, str], text: str) -> CouldNotTell:
    """One sentence out of libpq's several lines, without the password."""
    where = f"{parameters['host']}:{parameters['port']}/{parameters['dbname']}"
    lines = text.strip().splitlines() or ["no reason given"]
    reason = next((line for line in lines if "FATAL:" in line), lines[0])
    for marker in ("FATAL:", "failed:", "error:"):
        reason = reason.rpartition(marker)[2]
    for secret in filter(None, map(parameters.get, _SECRET)):
        reason = reason.replace(secret, "***")
    remedy = "Check that server, and C360_DATABASE_URL; without the variable, c360 uses a server of its own."
    if not settings.database_url:
        remedy = "Run c360 db status."
    return CouldNotTell(f"No database at {where}: {reason.strip().rstrip('.')}.", remedy)
