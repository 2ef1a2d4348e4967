"""The superseded rows: versions that are older than what raw holds, so that nothing is overwritten without trace."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from c360.clause.dialect import POSTGRES
from c360.ledger.rows import value

if TYPE_CHECKING:
    from psycopg2.extensions import connection

quote, literal = POSTGRES.quote, POSTGRES.literal


def ensure_view(database: "connection", dataset: str, table: str, anew: bool) -> None:
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


def keep(database: "connection", dataset: str, delivery_id: int, versions: str, unless_known: bool = False) -> int:
    """Keep versions of rows, in the caller's transaction: a query gives their contents (jsonb). Returns how many were
    kept: all, or those not known yet."""
    new = (
        "where not exists (select 1 from governance.superseded as s "
        f"where s.dataset = {literal(dataset)} and md5(s.payload::text) = md5(o.payload::text))"
    )
    with database.cursor() as cursor:
        cursor.execute(
            "insert into governance.superseded (delivery_id, dataset, payload) "
            f"select {int(delivery_id)}, {literal(dataset)}, o.payload from ({versions}) as o (payload) "
            f"{new if unless_known else ''}"
        )
        return int(cursor.rowcount)


def prune(database: "connection", keep: timedelta, now: datetime) -> int:
    """Delete versions of rows that were superseded longer ago than `keep`. Returns the rows."""
    with database, database.cursor() as cursor:
        cursor.execute("delete from governance.superseded where superseded_at < %s", (now - keep,))
        return int(cursor.rowcount)
