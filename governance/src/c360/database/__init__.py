"""The database of every stage: the embedded server, or the one that C360_DATABASE_URL names."""

from typing import TYPE_CHECKING
from urllib.parse import quote

from c360.errors import CouldNotTell
from c360.settings import Settings

if TYPE_CHECKING:
    from psycopg2.extensions import connection

_VARIABLES = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD",
              "dbname": "PGDATABASE", "options": "PGOPTIONS", "sslmode": "PGSSLMODE",
              "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY",
              "sslcrl": "PGSSLCRL", "channel_binding": "PGCHANNELBINDING", "require_auth": "PGREQUIREAUTH",
              "gssencmode": "PGGSSENCMODE", "passfile": "PGPASSFILE", "hostaddr": "PGHOSTADDR",
              "target_session_attrs": "PGTARGETSESSIONATTRS"}  # fmt: skip
OLDEST = 16
"""The first Postgres with pg_input_is_valid, by which the gate finds what does not cast."""
_NO_PASSWORD = "not-needed"  # noqa: S105 (datacontract-cli wants one even where a socket asks for none)


def connect(settings: Settings, *, database: str | None = None) -> "connection":
    """Connect with time zone UTC; the embedded server is started if it does not run.

    Raises CouldNotTell, without the password in its text, if there is no such server or database, or it is too old.
    """
    import psycopg2

    from c360.database.shell import left_out

    parameters = _parameters(settings)
    if database:
        parameters["dbname"] = database
    parameters["options"] = f"{parameters.get('options', '')} -c TimeZone=UTC".strip()
    try:
        with left_out(settings.database_url):
            connection = psycopg2.connect(**{"application_name": "c360", "connect_timeout": "10"} | parameters)
    except psycopg2.Error as error:
        raise _unreachable(settings, parameters, str(error)) from None
    _require_new_enough(connection, parameters)
    return connection


def libpq_env(settings: Settings) -> dict[str, str]:
    """Variables by which dbt, Soda, psql and datacontract-cli connect; starts the embedded server."""
    parameters = _parameters(settings)
    env = {_VARIABLES[key]: value for key, value in parameters.items() if key in _VARIABLES}
    prefix = "DATACONTRACT_POSTGRES_"
    return env | {
        f"{prefix}HOST": parameters["host"],
        f"{prefix}PORT": parameters["port"],
        f"{prefix}USERNAME": parameters["user"],
        f"{prefix}PASSWORD": parameters.get("password") or _password_elsewhere(settings) or _NO_PASSWORD,
        f"{prefix}DATABASE": parameters["dbname"],
    }


def _password_elsewhere(settings: Settings) -> str | None:
    """The one of PGPASSWORD or a .pgpass file, where the URL holds none: datacontract-cli reads neither."""
    if not settings.database_url:
        return None
    connection = connect(settings)
    try:
        return connection.info.password
    finally:
        connection.close()


def url(settings: Settings, *, masked: bool = False) -> str:
    """The database as a libpq URL; `masked` shows *** for the password. Starts the embedded server."""
    parameters = _parameters(settings)
    user = quote(parameters["user"], safe="")
    if parameters.get("password"):
        user += ":" + ("***" if masked else quote(parameters["password"], safe=""))
    extra = {k: v for k, v in parameters.items() if k not in ("host", "port", "user", "password", "dbname")}
    address = f"{parameters['host']}:{parameters['port']}"
    if parameters["host"].startswith("/"):  # the folder of a socket only fits in as a parameter
        address, extra = "", {"host": parameters["host"], "port": parameters["port"]} | extra
    query = "?" * bool(extra) + "&".join(f"{k}={quote(v, safe='/')}" for k, v in extra.items())
    return f"postgresql://{user}@{address}/{quote(parameters['dbname'], safe='')}{query}"


def _parameters(settings: Settings) -> dict[str, str]:
    """libpq parameters, host, port, user and dbname always among them."""
    if settings.database_url:
        return _of_url(settings.database_url)
    from c360.database import server

    now = server.ensure(settings)
    return {
        "host": str(now.socket_dir),
        "port": str(now.socket_port),
        "user": server.USER,
        "dbname": server.DATABASE,
    }


def _of_url(text: str) -> dict[str, str]:
    import getpass

    import psycopg2
    from psycopg2.extensions import parse_dsn

    remedy = "Write it as postgresql://user:password@host:port/database, with special characters as %XX."
    try:
        found = parse_dsn(text)
    except psycopg2.Error:  # its text may quote the password
        raise CouldNotTell("C360_DATABASE_URL is not a Postgres URL.", remedy) from None
    if "service" in found:
        raise CouldNotTell("C360_DATABASE_URL names a service of a pg_service.conf, which c360 does not read.", remedy)
    if not found.get("dbname"):
        raise CouldNotTell("C360_DATABASE_URL names no database.", remedy)
    return {"host": "localhost", "port": "5432", "user": getpass.getuser()} | found


def _require_new_enough(connection: "connection", parameters: dict[str, str]) -> None:
    found = connection.info.parameter_status("server_version") or "unknown"
    if connection.server_version < OLDEST * 10_000:
        connection.close()
        where = f"{parameters['host']}:{parameters['port']}/{parameters['dbname']}"
        raise CouldNotTell(
            f"The database at {where} is Postgres {found}, and c360 needs {OLDEST} or later.",
            f"Let C360_DATABASE_URL name a Postgres {OLDEST} or later; without it, c360 uses a server of its own.",
        )


def _unreachable(settings: Settings, parameters: dict[str, str], text: str) -> CouldNotTell:
    """One sentence out of libpq's several lines."""
    where = f"{parameters['host']}:{parameters['port']}/{parameters['dbname']}"
    lines = text.strip().splitlines() or ["no reason given"]
    reason = next((line for line in lines if "FATAL:" in line), lines[0])
    for marker in ("FATAL:", "failed:", "error:"):
        reason = reason.rpartition(marker)[2]
    if parameters.get("password"):
        reason = reason.replace(parameters["password"], "***")
    remedy = "Check that server, and C360_DATABASE_URL; without the variable, c360 uses a server of its own."
    if not settings.database_url:
        remedy = "Run c360 db status."
    return CouldNotTell(f"No database at {where}: {reason.strip().rstrip('.')}.", remedy)
