"""The schemas and tables of the toolkit, made on first use and brought up to date after a change of tables.sql."""

import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING

from c360.engine.postgres.access import CLOSED, LOCK, SOURCES, closing

if TYPE_CHECKING:
    from psycopg2.extensions import connection

_LOCK = 0xC360_0001
"""Advisory lock: two first runs at once would race in `create … if not exists`."""


def prepare(database: "connection") -> None:
    """Create what is missing, and commit. Idempotent, and one quick look when all is there."""
    tables = files("c360.ledger").joinpath("tables.sql").read_text(encoding="utf-8")
    version = f"c360 tables {hashlib.sha256(tables.encode()).hexdigest()[:16]}"
    with database.cursor() as cursor:
        if not _is(cursor, version):
            cursor.execute("select pg_advisory_xact_lock(%s), pg_advisory_xact_lock(%s)", (_LOCK, LOCK))
            if not _is(cursor, version):
                cursor.execute(tables)
                cursor.execute("\n".join(closing(schema) for schema in CLOSED if schema in SOURCES))
                cursor.execute("comment on schema governance is %s", (version,))
    database.commit()


def _is(cursor: object, version: str) -> bool:
    cursor.execute(  # type: ignore[attr-defined]
        "select coalesce(obj_description(to_regnamespace('governance'), 'pg_namespace') = %s, false)", (version,)
    )
    return cursor.fetchone()[0]  # type: ignore[attr-defined]
