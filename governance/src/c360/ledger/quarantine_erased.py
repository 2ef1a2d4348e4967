"""The quarantine, without somebody: rows as they were delivered that are erased, or emptied of a mention."""

import itertools
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from c360.clause.dialect import POSTGRES
from c360.database.query import value
from c360.ledger.quarantine import RECORD

if TYPE_CHECKING:
    from psycopg import Connection

TABLE = "quarantine.rows"

literal = POSTGRES.literal


_ROWS = "quarantine.rows as q join governance.delivery as d using (delivery_id)"


def records(dataset: str, form: Mapping[str, Any]) -> str:
    """A relation: the rows of a dataset that are records and were delivered in this form, open or not (quarantine_id,
    payload)."""
    return (
        f"(select q.quarantine_id, q.payload from {_ROWS} where q.dataset = {literal(dataset)} "
        f"and not q.payload ? {literal(RECORD)} and {is_in('d.form', form)})"
    )


def forms(database: "Connection", dataset: str) -> list[dict[str, Any]]:
    """The forms of the deliveries that rows of a dataset are of, open or not; in the caller's transaction."""
    with database.cursor() as cursor:
        cursor.execute(f"select distinct d.form from {_ROWS} where q.dataset = %s", (dataset,))
        return [form for (form,) in cursor.fetchall()]


def is_in(text: str, form: Mapping[str, Any]) -> str:
    """SQL: whether this JSON is the form."""
    return f"{text} = {literal(json.dumps(dict(form)))}::jsonb"


def holding(found: str, condition: str = "true", dataset: str | None = None) -> str:
    """A query: the numbers of the records of which `found` says so, SQL of the text t.contents; of all datasets or
    one, and of those that meet a condition on the payload and the form."""
    of = "true" if dataset is None else f"q.dataset = {literal(dataset)}"
    return (
        "select quarantine_id from (select q.quarantine_id, q.payload, q.payload::text as contents, d.form "
        f"from {_ROWS} where {of} and not q.payload ? {literal(RECORD)}) as t where ({condition}) and {found}"
    )


def erase(database: "Connection", which: str) -> int:
    """Rows are erased, open or not, in the caller's transaction: a query gives their numbers. The account of their
    deliveries tells of it. Returns how many."""
    with database.cursor() as cursor:
        cursor.execute(
            f"with gone as (delete from quarantine.rows where quarantine_id in ({which}) returning delivery_id), "
            "counted as (select delivery_id, count(*) as rows from gone group by delivery_id), "
            "told as (update governance.delivery as d set quarantined = d.quarantined - c.rows, "
            "erased = d.erased + c.rows from counted as c where c.delivery_id = d.delivery_id) "
            "select coalesce(sum(rows), 0) from counted"
        )
        return int(value(cursor))


def empty(database: "Connection", which: str, columns: Sequence[str]) -> int:
    """Nothing is left in these columns of rows, in the caller's transaction: a query gives their numbers. Returns how
    many."""
    nothing = ", ".join(f"{literal(column)}, null" for column in columns)
    with database.cursor() as cursor:
        cursor.execute(
            f"update quarantine.rows set payload = payload || jsonb_build_object({nothing}) "
            f"where quarantine_id in ({which})"
        )
        return int(cursor.rowcount)


def blank(database: "Connection", found: str) -> int:
    """Lines that are no record lose their text where `found` says so, SQL of it as t.contents, and with them the lines
    beside them, which may be the rest of it; in the caller's transaction. Returns how many."""
    nothing = f"jsonb_build_object({literal(RECORD)}, '')"
    beside = (
        "exists (select from quarantine.rows as n where n.delivery_id = r.delivery_id "
        f"and n.payload = {nothing} and abs(n.row_number - r.row_number) = 1)"
    )
    done = 0
    with database.cursor() as cursor:
        for which in itertools.chain([found], itertools.repeat(beside)):
            cursor.execute(
                f"update quarantine.rows as r set payload = {nothing} "
                f"from (select quarantine_id, payload ->> {literal(RECORD)} as contents from quarantine.rows) as t "
                f"where t.quarantine_id = r.quarantine_id and t.contents <> '' and ({which})"
            )
            done += cursor.rowcount
            if which is beside and not cursor.rowcount:
                break
    return done
