"""The quarantine: rows that were not taken, as they were delivered, with the clauses they break; and how they get out.

A row is open until a replay lets it through, a later delivery brings what it should have been, or somebody decides
(`ledger.decisions`). An engine that keeps its data in the database of the ledger says by SQL of its own which rows are
meant: a query is a parameter here, and is run as it stands.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any, Literal

from c360.clause.dialect import POSTGRES
from c360.database.query import look

if TYPE_CHECKING:
    from psycopg import Connection

RECORD = "c360__record"
"""Under this name the contents of a line that is no record are kept, as text."""
Resolution = Literal["replayed", "corrected", "resolved", "discarded"]

literal = POSTGRES.literal


@dataclass(frozen=True)
class Evidence:
    """Which rows of a refused delivery broke which clauses: CSV of number, line and clauses. No values of theirs."""

    rows: IO[bytes]


@dataclass(frozen=True)
class Chosen:
    """Open rows of one dataset: those with these numbers, of this delivery, or that break this clause."""

    dataset: str
    ids: tuple[int, ...] = ()
    delivery: int | None = None
    clause: str | None = None

    def where(self) -> str:
        """SQL: the condition on a row of the quarantine."""
        tests = [f"dataset = {literal(self.dataset)}", "resolved_at is null"]
        if self.ids:
            tests.append(f"quarantine_id in ({', '.join(str(int(number)) for number in self.ids)})")
        if self.delivery is not None:
            tests.append(f"delivery_id = {int(self.delivery)}")
        if self.clause is not None:
            tests.append(f"{literal(self.clause)} = any(clauses)")
        return " and ".join(tests)


@dataclass(frozen=True)
class Count:
    """How many open rows break a clause, and since when, in UTC."""

    dataset: str
    clause: str
    rows: int
    since_utc: str


@dataclass(frozen=True)
class Row:
    """One open row, or (without an id and contents) one that broke a refused delivery."""

    id: int | None
    delivery: int
    file: str
    number: int
    line: int | None
    clauses: tuple[str, ...]
    contents: dict[str, str | None]


@dataclass(frozen=True)
class Quarantined:
    """Rows that are in quarantine for one clause, by the age of their delivery."""

    dataset: str
    clause: str
    rows: int
    under_a_day: int
    under_a_week: int
    older: int
    oldest: datetime


@dataclass(frozen=True)
class Origin:
    """A delivery that open rows are of, and how its sender writes."""

    delivery: int
    form: dict[str, Any]


def keep(database: "Connection", dataset: str, delivery_id: int, lost: str) -> None:
    """Keep lost rows, in the caller's transaction: a query gives number, line, clauses and contents (jsonb) of each."""
    with database.cursor() as cursor:
        cursor.execute(
            "insert into quarantine.rows (delivery_id, dataset, row_number, line, clauses, payload) "
            f"select {int(delivery_id)}, {literal(dataset)}, number, line, clauses, contents "
            f"from ({lost}) as lost order by number"
        )


def keep_evidence(database: "Connection", delivery_id: int, evidence: Evidence) -> None:
    """Put it down for a refused delivery, in the place of that of the same content refused before; in the caller's
    transaction."""
    with database.cursor() as cursor:
        cursor.execute(
            "delete from quarantine.evidence as e using governance.delivery as old, governance.delivery as new "
            "where new.delivery_id = %s and old.dataset = new.dataset and old.sha256 = new.sha256 "
            "and e.delivery_id = old.delivery_id",
            (delivery_id,),
        )
        cursor.execute(
            "create temporary table c360__evidence (row_number bigint, line bigint, clauses text[]) on commit drop"
        )
        with cursor.copy("copy c360__evidence from stdin (format csv)") as copy:
            while block := evidence.rows.read(1 << 20):
                copy.write(block)
        cursor.execute(
            "insert into quarantine.evidence (delivery_id, row_number, line, clauses) "
            "select %s, row_number, line, clauses from c360__evidence order by row_number",
            (delivery_id,),
        )


def texts(chosen: Chosen, names: Sequence[str]) -> str:
    """A query: of chosen rows that are records these columns as they were delivered, and last the number of the row."""
    values = ", ".join(f"payload ->> {literal(name)}" for name in names)
    return (
        f"select {values}, quarantine_id::text from quarantine.rows "
        f"where {chosen.where()} and not payload ? {literal(RECORD)} order by quarantine_id"
    )


def open_rows(dataset: str, form: Mapping[str, Any], before: int | None = None) -> str:
    """A relation: the open rows of a dataset that are records (quarantine_id, clauses, payload), of deliveries in this
    form and before this one."""
    return (
        f"(select q.quarantine_id, q.clauses, q.payload from {_records(dataset, before)} "
        f"and d.form = {literal(json.dumps(dict(form)))}::jsonb)"
    )


def forms(database: "Connection", dataset: str, before: int | None = None) -> list[dict[str, Any]]:
    """The forms of the deliveries that open rows are of, where these are records; in the caller's transaction."""
    with database.cursor() as cursor:
        cursor.execute(f"select distinct d.form from {_records(dataset, before)}")
        return [form for (form,) in cursor.fetchall()]


def _records(dataset: str, before: int | None) -> str:
    earlier = "" if before is None else f" and q.delivery_id < {int(before)}"
    return (
        "quarantine.rows as q join governance.delivery as d using (delivery_id) "
        f"where q.dataset = {literal(dataset)} and q.resolved_at is null{earlier} "
        f"and not q.payload ? {literal(RECORD)}"
    )


def close(
    database: "Connection",
    which: str,
    resolution: Resolution,
    delivery_id: int | None = None,
    decision_id: int | None = None,
) -> int:
    """Open rows leave, in the caller's transaction: a query gives their numbers. Returns how many."""
    by = "null" if delivery_id is None else int(delivery_id)
    decision = "null" if decision_id is None else int(decision_id)
    with database.cursor() as cursor:
        cursor.execute(
            f"update quarantine.rows as k set resolution = {literal(resolution)}, resolved_at = clock_timestamp(), "
            f"resolved_by = {by}, decision_id = {decision} "
            f"from ({which}) as done (number) where done.number = k.quarantine_id and k.resolved_at is null"
        )
        return int(cursor.rowcount)


def numbers(chosen: Chosen) -> str:
    """A query: the numbers of the chosen rows."""
    return f"select quarantine_id from quarantine.rows where {chosen.where()}"


def rewrite(database: "Connection", judged: str) -> None:
    """What rows break by now, in the caller's transaction: a query gives their numbers and clauses."""
    with database.cursor() as cursor:
        cursor.execute(
            f"update quarantine.rows as k set clauses = v.clauses from ({judged}) as v (number, clauses) "
            "where k.quarantine_id = v.number and k.clauses <> v.clauses"
        )


def origins(database: "Connection", dataset: str) -> list[Origin]:
    """The deliveries of the open rows that are records, the oldest first; in the caller's transaction."""
    with database.cursor() as cursor:
        cursor.execute(
            "select distinct q.delivery_id, d.form from quarantine.rows as q join governance.delivery as d "
            f"using (delivery_id) where q.dataset = {literal(dataset)} and resolved_at is null "
            f"and not payload ? {literal(RECORD)} order by q.delivery_id"
        )
        return [Origin(*row) for row in cursor.fetchall()]


def origin_of(database: "Connection", dataset: str, row: int) -> tuple[Origin, bool] | None:
    """The delivery of one open row, and whether the row is a record; None when no such row is open. In the caller's
    transaction."""
    with database.cursor() as cursor:
        cursor.execute(
            "select q.delivery_id, d.form, not payload ? %s from quarantine.rows as q "
            "join governance.delivery as d using (delivery_id) "
            "where quarantine_id = %s and q.dataset = %s and resolved_at is null",
            (RECORD, row, dataset),
        )
        found = cursor.fetchone()
        return found and (Origin(found[0], found[1]), found[2])


def counts(database: "Connection") -> list[Count]:
    """The open rows by dataset and clause."""
    rows = look(
        database,
        "select dataset, clause, count(*), to_char(min(quarantined_at) at time zone 'UTC', 'YYYY-MM-DD HH24:MI') "
        "from quarantine.rows, unnest(clauses) as clause where resolved_at is null "
        "group by dataset, clause order by dataset, clause",
    )
    return [Count(*row) for row in rows]


def rows_of(database: "Connection", chosen: Chosen, limit: int | None = None) -> list[Row]:
    """The chosen rows; of a delivery that was refused, those that broke it."""
    found = look(
        database,
        "select * from ("
        "select q.quarantine_id, q.delivery_id, d.file_name, q.row_number, q.line, q.clauses, q.payload "
        "from quarantine.rows as q join governance.delivery as d using (delivery_id) "
        "where q.dataset = %(dataset)s and q.resolved_at is null "
        "union all select null, e.delivery_id, d.file_name, e.row_number, e.line, e.clauses, '{}'::jsonb "
        "from quarantine.evidence as e join governance.delivery as d using (delivery_id) "
        "where d.dataset = %(dataset)s and e.delivery_id = %(delivery)s) as found "
        "where (%(clause)s::text is null or %(clause)s = any(clauses)) "
        "and (%(delivery)s::bigint is null or delivery_id = %(delivery)s) "
        "and (%(ids)s::bigint[] is null or quarantine_id = any(%(ids)s)) "
        "order by quarantine_id, row_number limit %(limit)s",
        {
            "dataset": chosen.dataset,
            "delivery": chosen.delivery,
            "clause": chosen.clause,
            "ids": list(chosen.ids) or None,
            "limit": limit,
        },
    )
    return [
        Row(number, delivery, file, nth, line, tuple(clauses), contents)
        for number, delivery, file, nth, line, clauses, contents in found
    ]


def quarantined(database: "Connection", as_of: datetime) -> list[Quarantined]:
    """The open rows of deliveries up to `as_of`, by dataset and clause, most rows first."""
    rows = look(
        database,
        """
        select q.dataset, clause, count(*), count(*) filter (where d.as_of > %(now)s - interval '1 day'),
            count(*) filter (
                where d.as_of > %(now)s - interval '7 days' and d.as_of <= %(now)s - interval '1 day'
            ),
            count(*) filter (where d.as_of <= %(now)s - interval '7 days'), min(d.as_of)
        from quarantine.rows as q
        join governance.delivery as d using (delivery_id)
        cross join unnest(q.clauses) as clause
        where q.resolved_at is null and d.as_of <= %(now)s
        group by q.dataset, clause order by 3 desc, 2
        """,
        {"now": as_of},
    )
    return [Quarantined(*row) for row in rows]
