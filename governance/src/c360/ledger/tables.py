"""The schemas and tables of the ledger: made on first use, and brought forward by numbered migrations."""

import re
from importlib.resources import files
from typing import TYPE_CHECKING

from c360.database.access import CLOSED, LOCK, closing
from c360.errors import CouldNotTell

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from psycopg import Connection, Cursor

_LOCK = 0xC360_0001
"""Advisory lock: two first runs at once would race in `create … if not exists`."""


def prepare(database: "Connection") -> None:
    """Bring the tables to the newest version. Idempotent, and one quick look when nothing is to be done.

    Raises CouldNotTell when a newer c360 has been here.
    """
    with database.transaction(), database.cursor() as cursor:
        if version(cursor) != newest():
            cursor.execute("select pg_advisory_xact_lock(%s), pg_advisory_xact_lock(%s)", (_LOCK, LOCK))
            bring_forward(cursor, newest())
            cursor.execute("\n".join(closing(schema) for schema in CLOSED))


def newest() -> int:
    """The version that the last migration leads to."""
    return max(_migrations())


def version(cursor: "Cursor") -> int:
    """Which version the tables have: 0 where there are none, 1 where they are of 1.2.0 or before, which gave them no
    number; the migrations from there on find some of their work done."""
    # by the catalogue's tables: to_regnamespace may still say what it said before another session made the schema
    cursor.execute(
        "select (select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = 'governance'), exists ("
        "select from pg_class as c join pg_namespace as n on n.oid = c.relnamespace "
        "where nspname = 'governance' and relname = 'delivery')"
    )
    told, there = cursor.fetchone() or (None, False)
    numbered = re.fullmatch(r"c360 ledger (\d+)", told or "")
    return int(numbered[1]) if numbered and there else int(there)


def bring_forward(cursor: "Cursor", to: int) -> None:
    """Apply the migrations up to `to` that were not applied yet, in the caller's transaction, which holds the lock."""
    found = version(cursor)
    if found > newest():
        raise CouldNotTell(
            f"The ledger in this database is of version {found}, and this c360 knows {newest()}.",
            "Install the newer c360 that brought it forward.",
        )
    for number in range(found + 1, to + 1):
        cursor.execute(_migrations()[number].read_text(encoding="utf-8"))
        cursor.execute("comment on schema governance is %s", (f"c360 ledger {number}",))


def _migrations() -> "dict[int, Traversable]":
    """The files, by the number that their names begin with."""
    folder = files("c360.ledger").joinpath("migrations")
    return {int(file.name[:3]): file for file in folder.iterdir() if file.name.endswith(".sql")}
