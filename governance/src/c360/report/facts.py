"""What the owner page needs beyond the overview: histories of outcomes, breaches and deliveries, by index."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from c360.status.last import Standing

if TYPE_CHECKING:
    from psycopg2.extensions import connection

RUNS = 30
"""So many of the last runs and deliveries a chart shows."""


@dataclass(frozen=True)
class Past:
    """One outcome of the past; `rows` broke the clause, None where rows are not counted. Time in UTC."""

    clause: str
    stage: str
    engine: str
    outcome: str
    rows: int | None
    as_of: datetime


@dataclass(frozen=True)
class Arrival:
    """One delivery (or replay of quarantined rows): what became of its rows. Time in UTC."""

    as_of: datetime
    outcome: str
    delivered: int
    promoted: int
    quarantined: int
    duplicates: int


def histories(database: "connection", last: Sequence[Standing], as_of: datetime) -> dict[tuple[str, str], list[Past]]:
    """The last outcomes by clause and stage, oldest first."""
    found: dict[tuple[str, str], list[Past]] = {}
    for past in _read(database, last, as_of, "", RUNS):
        found.setdefault((past.clause, past.stage), []).append(past)
    return found


def breaches(database: "connection", last: Sequence[Standing], as_of: datetime, limit: int = 12) -> list[Past]:
    """The last breaches of these clauses, newest first."""
    found: list[Past] = []
    for outcome in ("failed", "warned", "errored"):
        found += _read(database, last, as_of, f"and h.outcome = '{outcome}'", limit)
    return sorted(found, key=lambda past: (-past.as_of.timestamp(), -(past.rows or 0), past.clause))[:limit]


def _read(database: "connection", last: Sequence[Standing], as_of: datetime, condition: str, limit: int) -> list[Past]:
    with database, database.cursor() as cursor:
        cursor.execute(
            f"""
            select h.clause, h.stage, h.engine, h.outcome, h.rows, h.as_of
            from unnest(%s::text[], %s::text[]) as p (clause, stage)
            cross join lateral (
                select * from governance.history as h
                where h.clause = p.clause and h.stage = p.stage {condition} and h.as_of <= %s
                order by h.as_of desc, h.at desc limit %s
            ) as h order by h.as_of, h.at
            """,
            ([s.clause for s in last], [s.stage for s in last], as_of, limit),
        )
        return [Past(*row) for row in cursor.fetchall()]


def arrivals(database: "connection", dataset: str, as_of: datetime) -> list[Arrival]:
    """The last deliveries and replays, oldest first."""
    with database, database.cursor() as cursor:
        cursor.execute(
            "select as_of, outcome, delivered, promoted, quarantined, duplicates from governance.delivery "
            "where dataset = %s and as_of <= %s order by as_of desc, delivery_id desc limit %s",
            (dataset, as_of, RUNS),
        )
        return [Arrival(*row) for row in cursor.fetchall()][::-1]
