"""How stages find the database, and what they say when they do not."""

import socket
from dataclasses import replace

import psycopg2
import pytest

from c360 import database as db
from c360.errors import CouldNotTell
from c360.settings import Settings

SECRET = "s3cr3t p@ss"  # with characters that a URL escapes
FOREIGN = "postgresql://ada:s3cr3t%20p%40ss@db.example:6543/shop?sslmode=require"


def test_variables_for_libpq_and_datacontract(server: Settings) -> None:
    env = db.libpq_env(server)
    assert "PGPASSWORD" not in env
    assert env["PGDATABASE"] == env["DATACONTRACT_POSTGRES_DATABASE"] == "customer360"
    assert env["DATACONTRACT_POSTGRES_PASSWORD"], "datacontract-cli refuses an empty one"
    psycopg2.connect(host=env["PGHOST"], port=env["PGPORT"], user=env["PGUSER"], dbname=env["PGDATABASE"]).close()
    psycopg2.connect(db.url(server)).close()


def test_variables_of_another_server(server: Settings) -> None:
    env = db.libpq_env(replace(server, database_url=FOREIGN))
    assert env == {
        "PGHOST": "db.example",
        "PGPORT": "6543",
        "PGUSER": "ada",
        "PGPASSWORD": SECRET,
        "PGDATABASE": "shop",
        "PGSSLMODE": "require",
        "DATACONTRACT_POSTGRES_HOST": "db.example",
        "DATACONTRACT_POSTGRES_PORT": "6543",
        "DATACONTRACT_POSTGRES_USERNAME": "ada",
        "DATACONTRACT_POSTGRES_PASSWORD": SECRET,
        "DATACONTRACT_POSTGRES_DATABASE": "shop",
    }


def test_url_masks_the_password_on_demand(server: Settings) -> None:
    foreign = replace(server, database_url=FOREIGN)
    assert db.url(foreign) == FOREIGN
    assert db.url(foreign, masked=True) == FOREIGN.replace("s3cr3t%20p%40ss", "***")


def test_a_database_of_its_own_in_utc(database: Settings, server: Settings) -> None:
    connection = db.connect(database)
    with connection, connection.cursor() as cursor:
        cursor.execute("select current_database(), current_setting('TimeZone')")
        name, zone = cursor.fetchone()
        connection.rollback()
        cursor.execute("show timezone")
        assert (zone, *cursor.fetchone()) == ("UTC", "UTC"), "a rollback keeps the zone"
    connection.close()
    assert name.startswith("test_")


def test_nobody_listens(server: Settings) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        error = _error(replace(server, database_url=f"postgresql://ada:hunter22@127.0.0.1:{port}/shop"))
    assert error.message == f"No database at 127.0.0.1:{port}/shop: Connection refused."
    assert error.remedy.startswith("Check that server, and C360_DATABASE_URL")


def test_unknown_database(server: Settings) -> None:
    error = _error(replace(server, database_url=db.url(server).replace("/customer360?", "/nowhere?")))
    assert error.message.endswith('/nowhere: database "nowhere" does not exist.')


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://ada:hunter22@host:port/shop",
        "mysql://ada:hunter22@host/shop",
        "hunter22",
        "postgresql://ada:hunter22@host",
        "postgresql://ada:hunter22@no-such-host.invalid/shop",
        "postgresql://ada:hunter22@127.0.0.1:1/shop",
    ],
)
def test_no_error_shows_the_password(server: Settings, text: str) -> None:
    error = _error(replace(server, database_url=text))
    assert "hunter22" not in str(error)
    assert "\n" not in str(error)
    assert error.__context__ is None or error.__suppress_context__, "a traceback would show it"


def _error(settings: Settings) -> CouldNotTell:
    with pytest.raises(CouldNotTell) as caught:
        db.connect(settings)
    return caught.value
