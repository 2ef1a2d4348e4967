"""The schemas and tables of the toolkit, made on first use."""

from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psycopg2.extensions import connection

_LOCK = 0xC360_0001
"""Advisory lock: two first runs at once would race in `create … if not exists`."""


def prepare(database: "connection") -> None:
    """Create what is missing, and commit. Idempotent, and one quick look when all is there."""
    with database.cursor() as cursor:
        cursor.execute("select to_regclass('governance.history_by_clause') is not null")
        if not cursor.fetchone()[0]:
            cursor.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
            cursor.execute(files("c360.database").joinpath("tables.sql").read_text(encoding="utf-8"))
    database.commit()
