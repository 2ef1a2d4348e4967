"""SLA attainment: the share of hours in which the freshness promise held, computed from deliveries.

An hour of the clock (UTC) holds when the newest accepted row was younger than promised all through it. Hours
without a delivery are broken as soon as the promise has run out. Hours before the first delivery on record,
refused ones included, are not counted: nothing is known of them, and `hours` says how many were.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from c360.ledger.deliveries import Delivered

_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Attainment:
    """`held` out of `hours` whole hours; `share` is None while there is none to count."""

    days: int
    hours: int
    held: int

    @property
    def share(self) -> float | None:
        return self.held / self.hours if self.hours else None


@dataclass(frozen=True)
class Day:
    """One day (UTC): `held` out of `hours` whole hours, of which nothing is known where they are 0."""

    day: date
    hours: int
    held: int


def _whole(time: datetime) -> datetime:
    """The first whole hour from a time on."""
    hour = time.replace(minute=0, second=0, microsecond=0)
    return hour + _HOUR if hour < time else hour


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
    start = max(end - timedelta(days=days), _whole(first))
    return Attainment(days, *_counted(deliveries, promise, start, end))


def by_day(deliveries: Sequence[Delivered], promise: timedelta, as_of: datetime, days: int) -> tuple[Day, ...]:
    """The last `days` days of the calendar (UTC), today among them, oldest first; of today its hours so far."""
    end = as_of.replace(minute=0, second=0, microsecond=0)
    midnight = end.replace(hour=0)
    known = _whole(min((one.as_of for one in deliveries), default=end))
    found = []
    for n in range(days - 1, -1, -1):
        day = midnight - timedelta(days=n)
        hours, held = _counted(deliveries, promise, max(day, known), min(day + timedelta(days=1), end))
        found.append(Day(day.date(), hours, held))
    return tuple(found)


def _counted(deliveries: Sequence[Delivered], promise: timedelta, start: datetime, end: datetime) -> tuple[int, int]:
    """Whole hours from `start` to `end`, and those in which the promise held all through."""
    hours = max(int((end - start) / _HOUR), 0)
    held = 0
    for since, until in holding(deliveries, promise):
        first, last = -((start - max(since, start)) // _HOUR), (min(until, end) - start) // _HOUR
        held += max(last - first, 0)
    return hours, held


def holds(deliveries: Sequence[Delivered], promise: timedelta, as_of: datetime) -> bool:
    """Whether the promise holds at `as_of`; being exactly as old as promised still holds."""
    return any(since <= as_of <= until for since, until in holding(deliveries, promise))
