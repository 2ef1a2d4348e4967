"""Anomalies of the history itself: a value far from what this weekday usually brings.

The baseline of a point is the median of the same weekday over the eight weeks before it. Its spread is 1.4826
times the median absolute error that this baseline would have made on those weeks (each point against the
others of its weekday), so a few bad days move neither. A point is an anomaly when it is more than `THRESHOLD`
spreads away. Counts and measures are compared as logarithms, for they vary in proportion; shares as they are.

Warm-up: no judgement before there are `WARM_UP` points, `SAME_DAY` of them on the same weekday (three weeks of
daily deliveries). See Iglewicz and Hoaglin, How to Detect and Handle Outliers (1993), for the robust score.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Literal

from c360.ledger.deliveries import arrivals
from c360.ledger.outcomes import measured

if TYPE_CHECKING:
    from psycopg import Connection

WINDOW = timedelta(weeks=8)
WARM_UP = 14
SAME_DAY = 3
THRESHOLD = 4.5
_POINTS = 400
"""So many of a series are read at most: its cost does not grow with the history."""

Kind = Literal["count", "share", "measure"]


@dataclass(frozen=True)
class Point:
    """A value at a time (UTC)."""

    at: datetime
    value: float


@dataclass(frozen=True)
class Series:
    """Points oldest first. `name` is `<dataset>.delivered`, `<dataset>.quarantined` or `<clause>@<stage>`.

    `one_sided` says that less is no cause for alarm.
    """

    name: str
    dataset: str
    kind: Kind
    points: tuple[Point, ...]
    one_sided: bool = False


@dataclass(frozen=True)
class Anomaly:
    """A point outside `low` … `high`; `expected` is the median of its weekday, `score` the distance in spreads."""

    series: str
    dataset: str
    kind: Kind
    at: datetime
    value: float
    expected: float
    low: float
    high: float
    score: float


def last_anomaly(series: Series) -> Anomaly | None:
    """The last point, when it is an anomaly. None too during warm-up."""
    return _judge(series, series.points[:-1], series.points[-1]) if series.points else None


def every_anomaly(series: Series) -> list[Anomaly]:
    """Each point judged by those before it, as it would have been on its day."""
    found = (_judge(series, series.points[:n], point) for n, point in enumerate(series.points))
    return [anomaly for anomaly in found if anomaly]


def _judge(series: Series, before: Sequence[Point], point: Point) -> Anomaly | None:
    to, back = _scale(series, point)
    by_day: dict[int, list[float]] = {}
    for earlier in before:
        if earlier.at >= point.at - WINDOW:
            by_day.setdefault(earlier.at.weekday(), []).append(to(earlier.value))
    same = by_day.get(point.at.weekday(), [])
    if len(same) < SAME_DAY or sum(map(len, by_day.values())) < WARM_UP:
        return None
    errors = [
        abs(values[n] - median(values[:n] + values[n + 1 :]))
        for values in by_day.values()
        if len(values) >= SAME_DAY
        for n in range(len(values))
    ]
    centre = median(same)
    spread = max(1.4826 * median(errors), _least(series.kind, back(centre)))
    score = (to(point.value) - centre) / spread
    if abs(score) <= THRESHOLD or (series.one_sided and score < 0):
        return None
    low, high = back(centre - THRESHOLD * spread), back(centre + THRESHOLD * spread)
    low = max(low, 0.0) if min(point.value, back(centre)) >= 0 else low
    return Anomaly(series.name, series.dataset, series.kind, point.at, point.value, back(centre), low, high, score)


def _scale(series: Series, point: Point) -> tuple[Callable[[float], float], Callable[[float], float]]:
    if series.kind == "share" or min(p.value for p in (*series.points, point)) < 0:
        return (lambda value: value), (lambda value: value)
    return math.log1p, math.expm1


def _least(kind: Kind, centre: float) -> float:
    """The spread that a steady series is granted: 2 %, the noise of counting, 0.4 points of a percentage."""
    if kind == "share":
        return max(0.004, 0.1 * abs(centre))
    if kind == "count":
        return max(0.02, 1 / math.sqrt(max(centre, 0.0) + 1))
    return 0.02 if centre >= 0 else 0.02 * abs(centre)


def delivery_series(database: "Connection", dataset: str, as_of: datetime) -> list[Series]:
    """Rows delivered and the share of them that was quarantined, of the accepted deliveries up to `as_of`."""
    accepted = arrivals(database, dataset, as_of, _POINTS, "accepted")
    return [
        Series(f"{dataset}.delivered", dataset, "count", tuple(Point(a.as_of, float(a.delivered)) for a in accepted)),
        Series(
            f"{dataset}.quarantined",
            dataset,
            "share",
            tuple(Point(a.as_of, a.quarantined / a.delivered if a.delivered else 0.0) for a in accepted),
            one_sided=True,
        ),
    ]


def measured_series(database: "Connection", clause: str, dataset: str, stage: str, as_of: datetime) -> Series:
    """What one stage measured for a clause that is about a whole table: a row count, an age, a share."""
    points = tuple(Point(*row) for row in measured(database, clause, stage, as_of, _POINTS))
    one_sided = clause.endswith((".freshness", ".retention"))
    return Series(f"{clause}@{stage}", dataset, "measure", points, one_sided)
