"""SLA attainment: the share of hours in which the freshness promise held, computed from deliveries.

An hour of the clock (UTC) holds when the newest accepted row was younger than promised all through it. Hours
without a delivery are broken as soon as the promise has run out. Hours before the first delivery on record,
refused ones included, are not counted: nothing is known of them, and `hours` says how many were.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psycopg2.extensions import connection

_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Delivered:
    """One decided delivery: when by its run's clock, accepted or not, and the time of its newest row (all UTC)."""

    as_of: datetime
    accepted: bool
    newest: datetime | None


@dataclass(frozen=True)
class Attainment:
    """`held` out of `hours` whole hours; `share` is None while there is none to count."""

    days: int
    hours: int
    held: int

    @property
    def share(self) -> float | None:
        return self.held / self.hours if self.hours else None


def deliveries_of(database: "connection", dataset: str, as_of: datetime, days: int) -> list[Delivered]:
    """Those of the last `days`, and before them the first one and the last that was accepted, oldest first."""
    columns = "as_of, outcome = 'accepted', newest_load at time zone 'UTC'"
    known = "from governance.delivery where dataset = %(dataset)s and outcome <> 'replay' and as_of <= %(as_of)s"
    with database, database.cursor() as cursor:
        cursor.execute(
            f"(select {columns} {known} order by as_of limit 1) union "
            f"(select {columns} {known} and as_of < %(start)s and outcome = 'accepted' order by as_of desc limit 1) "
            f"union (select {columns} {known} and as_of >= %(start)s) order by 1",
            {"dataset": dataset, "as_of": as_of, "start": as_of - timedelta(days=days, hours=1)},
        )
        return [Delivered(*row) for row in cursor.fetchall()]


def holding(deliveries: Sequence[Delivered], promise: timedelta) -> list[tuple[datetime, datetime]]:
    """The spans in which the promise held, merged, oldest first. A row from the future is no younger than now."""
    spans: list[tuple[datetime, datetime]] = []
    for one in deliveries:
        if not one.accepted or one.newest is None:
            continue
        until = min(one.newest, one.as_of) + promise
        if spans and one.as_of <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], until))
        elif until > one.as_of:
            spans.append((one.as_of, until))
    return spans


def attainment(deliveries: Sequence[Delivered], promise: timedelta, as_of: datetime, days: int) -> Attainment:
    """Over the last `days` x 24 whole hours before `as_of`; `deliveries` oldest first."""
    if not deliveries:
        return Attainment(days, 0, 0)
    end = as_of.replace(minute=0, second=0, microsecond=0)
    first = deliveries[0].as_of
    known = first.replace(minute=0, second=0, microsecond=0)
    known += _HOUR if known < first else timedelta()
    start = max(end - timedelta(days=days), known)
    hours = max(int((end - start) / _HOUR), 0)
    spans = holding(deliveries, promise)
    held = sum(
        any(since <= start + n * _HOUR and start + (n + 1) * _HOUR <= until for since, until in spans)
        for n in range(hours)
    )
    return Attainment(days, hours, held)


def holds(deliveries: Sequence[Delivered], promise: timedelta, as_of: datetime) -> bool:
    """Whether the promise holds at `as_of`; being exactly as old as promised still holds."""
    return any(since <= as_of <= until for since, until in holding(deliveries, promise))
