"""One query in a transaction of its own, and one value: what everybody who asks the database shares."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg2.extensions import connection, cursor


def look(database: "connection", query: str, values: Sequence[Any] | Mapping[str, Any] | None = None) -> list[Any]:
    """All rows of one query; what was open on the connection is committed with it."""
    with database, database.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())


def value(cursor: "cursor") -> Any:
    """The one value of the one row that was asked for; None where there is no row."""
    row = cursor.fetchone()
    return row[0] if row else None
