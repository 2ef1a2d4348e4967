"""The quarantine, for an engine whose rows lie elsewhere: they come and go as values."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from c360.clause.dialect import POSTGRES
from c360.database.query import value
from c360.ledger import quarantine

if TYPE_CHECKING:
    from psycopg import Connection

Lost = tuple[int, int | None, list[str], dict[str, str | None]]
"""The number of a row in the delivery, its line where it is no record, the clauses it breaks, its contents."""


def keep(database: "Connection", dataset: str, delivery_id: int, lost: Iterable[Lost]) -> None:
    """Keep lost rows, all of them and once for a delivery's number."""
    with database.transaction(), database.cursor() as cursor:
        cursor.execute("select exists (select from quarantine.rows where delivery_id = %s)", (delivery_id,))
        if value(cursor):
            return
        cursor.execute(
            "create temporary table c360__lost (number bigint, line bigint, clauses text[], contents jsonb) "
            "on commit drop"
        )
        with cursor.copy("copy c360__lost from stdin") as copy:
            for number, line, clauses, contents in lost:
                copy.write_row((number, line, clauses, json.dumps(contents)))
        quarantine.keep(database, dataset, delivery_id, "select * from c360__lost")


def open_rows(
    database: "Connection", dataset: str, names: Sequence[str], form: Mapping[str, Any], before: int | None = None
) -> list[tuple[Any, ...]]:
    """Number, clauses and the texts of these columns of the open rows that `quarantine.open_rows` gives; in the
    caller's transaction."""
    texts = ", ".join(f"payload ->> {POSTGRES.literal(name)}" for name in names)
    with database.cursor() as cursor:
        cursor.execute(
            f"select quarantine_id, clauses, {texts} from {quarantine.open_rows(dataset, form, before)} as o"
        )
        return list(cursor.fetchall())


def numbers(found: Sequence[int]) -> str:
    """A query: these numbers."""
    return f"select unnest(array[{', '.join(str(int(number)) for number in found)}]::bigint[])"
