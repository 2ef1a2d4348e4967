"""One query, and one value: what everybody who asks the database shares."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection, Cursor


def look(database: "Connection", query: str, values: Sequence[Any] | Mapping[str, Any] | None = None) -> list[Any]:
    """All rows of one query."""
    with database.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())


def value(cursor: "Cursor") -> Any:
    """The one value of the one row that was asked for; None where there is no row."""
    row = cursor.fetchone()
    return row[0] if row else None
