"""The superseded rows: versions that are older than what raw holds, so that nothing is overwritten without trace."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from c360.clause.dialect import POSTGRES
from c360.database.query import value

if TYPE_CHECKING:
    from psycopg import Connection

TABLE = "governance.superseded"

quote, literal = POSTGRES.quote, POSTGRES.literal


def ensure_view(database: "Connection", dataset: str, table: str, anew: bool) -> None:
    """A view of them with the columns and types of the raw table (quoted), for dbt and for people; made `anew` when
    the table has got columns. In the caller's transaction."""
    view = f"superseded.{quote(dataset)}"
    with database.cursor() as cursor:
        cursor.execute("select to_regclass(%s) is null", (view,))
        if anew or value(cursor):
            cursor.execute(
                f"create or replace view {view} as select s.superseded_id, s.superseded_at, s.delivery_id, r.* "
                f"from governance.superseded as s, lateral jsonb_populate_record(null::{table}, s.payload) as r "
                f"where s.dataset = {literal(dataset)}"
            )


def keep(database: "Connection", dataset: str, delivery_id: int, versions: str, unless_known: bool = False) -> int:
    """Keep versions of rows, in the caller's transaction: a query gives their contents (jsonb). Returns how many were
    kept: all, or those not known yet."""
    with database.cursor() as cursor:
        cursor.execute(
            "insert into governance.superseded (delivery_id, dataset, payload) "
            f"select {int(delivery_id)}, {literal(dataset)}, o.payload from ({versions}) as o (payload) "
            f"{f'where {_is_new(dataset)}' if unless_known else ''}"
        )
        return int(cursor.rowcount)


def unknown(database: "Connection", dataset: str, versions: str) -> int:
    """How many of these versions are not known yet: a query gives their contents."""
    with database.cursor() as cursor:
        cursor.execute(f"select count(*) from ({versions}) as o (payload) where {_is_new(dataset)}")
        return int(value(cursor))


def _is_new(dataset: str) -> str:
    return (
        "not exists (select 1 from governance.superseded as s "
        f"where s.dataset = {literal(dataset)} and md5(s.payload::text) = md5(o.payload::text))"
    )


def versions(dataset: str, table: str) -> str:
    """A relation: those of a dataset, with the columns and types of its raw table (quoted)."""
    return (
        f"(select s.superseded_id, r.* from governance.superseded as s, "
        f"lateral jsonb_populate_record(null::{table}, s.payload) as r where s.dataset = {literal(dataset)})"
    )


def erase(database: "Connection", which: str) -> int:
    """Versions go for good, in the caller's transaction: a query gives their numbers. Returns how many."""
    with database.cursor() as cursor:
        cursor.execute(f"delete from governance.superseded where superseded_id in ({which})")
        return int(cursor.rowcount)


def empty(database: "Connection", which: str, columns: Sequence[str]) -> int:
    """Nothing is left in these columns (physical names) of versions, in the caller's transaction: a query gives their
    numbers. Returns how many."""
    nothing = ", ".join(f"{literal(column)}, null" for column in columns)
    with database.cursor() as cursor:
        cursor.execute(
            f"update governance.superseded set payload = payload || jsonb_build_object({nothing}) "
            f"where superseded_id in ({which})"
        )
        return int(cursor.rowcount)


def holding(found: str) -> str:
    """A query: the numbers of the versions of which `found` says so, SQL of the text t.contents."""
    return (
        "select superseded_id from (select superseded_id, payload::text as contents from governance.superseded) as t "
        f"where {found}"
    )


def prune(database: "Connection", keep: timedelta, now: datetime) -> int:
    """Delete versions of rows that were superseded longer ago than `keep`. Returns the rows."""
    with database.transaction(), database.cursor() as cursor:
        cursor.execute("delete from governance.superseded where superseded_at < %s", (now - keep,))
        return int(cursor.rowcount)
