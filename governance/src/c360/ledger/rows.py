"""What every look into the ledger shares: one query, in a transaction of its own."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg2.extensions import connection


def look(database: "connection", query: str, values: Sequence[Any] | Mapping[str, Any] | None = None) -> list[Any]:
    """All rows of one query; what was open on the connection is committed with it."""
    with database, database.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()
