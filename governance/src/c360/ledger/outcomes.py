"""What the history holds beyond the last outcome: the past of a clause, what was measured, and when something ran."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from c360.database.query import look
from c360.ledger.history import EVERYTHING, RUN_ENGINE

if TYPE_CHECKING:
    from psycopg import Connection


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
class Held:
    """How many clauses one stage found to hold, of how many it looked at."""

    stage: str
    held: int
    clauses: int


def outcomes(
    database: "Connection",
    pairs: Sequence[tuple[str, str]],
    as_of: datetime,
    limit: int,
    outcome: str | None = None,
) -> list[Past]:
    """The last `limit` of each pair of clause and stage up to `as_of`, all or those of one outcome; oldest first."""
    rows = look(
        database,
        f"""
        select h.clause, h.stage, h.engine, h.outcome, h.rows, h.as_of
        from unnest(%(clauses)s::text[], %(stages)s::text[]) as p (clause, stage)
        cross join lateral (
            select * from governance.history as h
            where h.clause = p.clause and h.stage = p.stage {"and h.outcome = %(outcome)s" if outcome else ""}
            and h.as_of <= %(as_of)s
            order by h.as_of desc, h.at desc limit %(limit)s
        ) as h order by h.as_of, h.at
        """,
        {
            "clauses": [clause for clause, _ in pairs],
            "stages": [stage for _, stage in pairs],
            "outcome": outcome,
            "as_of": as_of,
            "limit": limit,
        },
    )
    return [Past(*row) for row in rows]


def measured(
    database: "Connection", clause: str, stage: str, as_of: datetime, limit: int
) -> list[tuple[datetime, float]]:
    """The last values that a stage measured for a clause, with their times, oldest first."""
    rows = look(
        database,
        "select as_of, measured from governance.history where clause = %s and stage = %s and as_of <= %s "
        "and measured is not null order by as_of desc, at desc limit %s",
        (clause, stage, as_of, limit),
    )
    return rows[::-1]


def newest_run(database: "Connection", stages: Sequence[str]) -> datetime | None:
    """The clock of the newest run of these stages that looked at everything."""
    newest: datetime | None = look(
        database,
        "select max(as_of) from (select h.as_of from unnest(%s::text[]) as s (stage) cross join lateral ("
        "select as_of from governance.history where clause = %s and stage = s.stage "
        "order by as_of desc limit 1) as h) as runs",
        (list(stages), EVERYTHING),
    )[0][0]
    return newest


def held(database: "Connection", as_of: datetime, stages: Sequence[str]) -> list[Held]:
    """By stage, of the runs of one clock (to the second), in the order of `stages`."""
    rows = look(
        database,
        "with last as (select distinct on (stage, clause) stage, clause, outcome from governance.history "
        "where as_of = date_trunc('second', %s::timestamptz) and engine <> %s "
        "order by stage, clause, at desc) "
        "select stage, count(*) filter (where outcome = 'passed'), count(*) from last group by stage "
        "order by array_position(%s, stage)",
        (as_of, RUN_ENGINE, list(stages)),
    )
    return [Held(*row) for row in rows]
