"""The last outcome of each clause at each stage, since when, and the trend: a few index probes a clause."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from c360.ledger.history import BADNESS

if TYPE_CHECKING:
    from psycopg import Connection

Trend = Literal["new", "better", "worse", "steady"]

_LAST = """
with recursive pairs as (
    (select clause, stage from governance.history order by clause, stage limit 1)
    union all
    select n.clause, n.stage from pairs as p cross join lateral (
        select h.clause, h.stage from governance.history as h
        where (h.clause, h.stage) > (p.clause, p.stage) order by h.clause, h.stage limit 1
    ) as n
)
select
    l.clause, l.stage, l.engine, l.contract, l.version, l.dataset, l.outcome, l.measured, l.rows, l.detail,
    l.dissent, l.run_id::text, l.as_of, l.at,
    since.as_of as since, before.outcome as before_outcome, before.measured as before_measured,
    before.rows as before_rows
from pairs as p
cross join lateral (
    select * from governance.history as h
    where h.clause = p.clause and h.stage = p.stage and h.as_of <= %(as_of)s
    order by h.as_of desc, h.at desc limit 1
) as l
left join lateral (
    select d.as_of, d.at
    from unnest(array['passed', 'failed', 'warned', 'skipped', 'errored']) as other (outcome)
    cross join lateral (
        select h.as_of, h.at from governance.history as h
        where h.clause = p.clause and h.stage = p.stage and h.outcome = other.outcome and h.as_of <= %(as_of)s
        order by h.as_of desc, h.at desc limit 1
    ) as d
    where other.outcome <> l.outcome
    order by d.as_of desc, d.at desc limit 1
) as differed on true
left join lateral (
    select h.as_of from governance.history as h
    where h.clause = p.clause and h.stage = p.stage
    and (h.as_of, h.at) > (coalesce(differed.as_of, '-infinity'), coalesce(differed.at, '-infinity'))
    order by h.as_of, h.at limit 1
) as since on true
left join lateral (
    select h.outcome, h.measured, h.rows from governance.history as h
    where h.clause = p.clause and h.stage = p.stage and (h.as_of, h.at) < (l.as_of, l.at)
    order by h.as_of desc, h.at desc limit 1
) as before on true
order by l.clause, l.stage
"""
"""Walks the distinct (clause, stage) by index, and from each looks at a handful of rows."""


@dataclass(frozen=True)
class Standing:
    """The last outcome of one clause at one stage. `as_of`, `since` (start of the streak) and `at` are in UTC."""

    clause: str
    stage: str
    engine: str
    contract: str
    version: str
    dataset: str
    outcome: str
    measured: float | None
    rows: int | None
    detail: str | None
    dissent: str | None
    run_id: str
    as_of: datetime
    at: datetime
    since: datetime
    trend: Trend

    @property
    def broken(self) -> bool:
        return self.outcome in ("failed", "warned", "errored")


def standings(database: "Connection", as_of: datetime) -> list[Standing]:
    """One per clause and stage on record up to `as_of`, runs themselves (engine `c360`) among them."""
    with database.transaction(), database.cursor() as cursor:
        cursor.execute(_LAST, {"as_of": as_of})
        names = [column.name for column in cursor.description or ()]
        return [_standing(dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def _standing(row: dict[str, Any]) -> Standing:
    before = tuple(row.pop(f"before_{name}") for name in ("outcome", "measured", "rows"))
    return Standing(**row, trend=trend((row["outcome"], row["measured"], row["rows"]), before, row["clause"]))


def trend(
    now: tuple[str, float | None, int | None], before: tuple[str | None, float | None, int | None], clause: str
) -> Trend:
    """By outcome first; of two alike, by the rows that break the clause, or the age of the newest row. What was
    skipped is no better and no worse."""
    if before[0] is None:
        return "new"
    if "skipped" in (now[0], before[0]):
        return "steady"
    rank = BADNESS.index(now[0]) - BADNESS.index(before[0])
    if rank == 0 and now[0] in ("failed", "warned"):
        measure = 2 if now[2] is not None else 1 if clause.endswith(".freshness") else None
        if measure and now[measure] is not None and before[measure] is not None:
            rank = (now[measure] > before[measure]) - (now[measure] < before[measure])  # type: ignore[operator]
    return "worse" if rank > 0 else "better" if rank < 0 else "steady"
