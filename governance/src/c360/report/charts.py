"""Geometry of the charts: numbers in, SVG path data out. Text and colour are the templates' business."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from c360.ledger.deliveries import Arrival
from c360.ledger.outcomes import Past

STEP, HEIGHT = 4, 16
"""Of a sparkline, in pixels: the width of a run and the height of the worst."""


@dataclass(frozen=True)
class Sparkline:
    """A sparkline: path data by outcome, its width, and what it shows in words."""

    paths: dict[str, str]
    width: int
    label: str


def sparkline(history: Sequence[Past]) -> Sparkline:
    """A bar a run, oldest left: a low one where the clause held, else higher the more rows broke it. Bars of one
    outcome and height that stand beside each other are one."""
    most = max((past.rows or 0 for past in history), default=0)
    paths: dict[str, str] = {}
    x = 0
    for (outcome, height), runs in groupby((past.outcome, _tall(past, most)) for past in history):
        width = STEP * len(list(runs))
        bar = f"M{x} {HEIGHT}v-{height:.3g}h{width - 1}v{height:.3g}z"
        paths[outcome] = paths.get(outcome, "") + bar
        x += width
    held = sum(past.outcome == "passed" for past in history)
    return Sparkline(paths, max(len(history) * STEP, STEP), f"Held in {held} of the last {len(history)} runs")


def _tall(past: Past, most: int) -> float:
    if past.outcome not in ("failed", "warned", "errored"):
        return 3.0
    return 6 + (HEIGHT - 6) * math.log1p(past.rows) / math.log1p(most) if past.rows else HEIGHT


@dataclass(frozen=True)
class Bar:
    """One delivery: x and the top and height of each part, in units of the chart; `arrival` tells the rest."""

    x: float
    width: float
    parts: tuple[tuple[str, float, float], ...]
    arrival: Arrival


@dataclass(frozen=True)
class Chart:
    """A slot a day in a box of `width` x `height`, bars stacked in it, with horizontal lines at `ticks` (y, number of
    rows). `days` are the slots: x of the middle, the day (UTC), and whether nothing was delivered on it."""

    width: int
    height: int
    slot: float
    bars: tuple[Bar, ...]
    ticks: tuple[tuple[float, int], ...]
    days: tuple[tuple[float, date, bool], ...]

    @property
    def empty(self) -> int:
        """How many days brought nothing."""
        return sum(nothing for *_, nothing in self.days)


def deliveries(
    arrivals: Sequence[Arrival],
    as_of: datetime,
    whole: bool = True,
    days: int = 30,
    width: int = 900,
    height: int = 170,
) -> Chart:
    """Rows promoted, duplicates and quarantined, stacked from the bottom, refused deliveries as one part, on an axis of
    the last days, which begins with the first delivery. Not `whole` says that there were others before these."""
    today = as_of.astimezone(UTC).date()
    since = today - timedelta(days=days - 1)
    shown = [a for a in arrivals if a.as_of.astimezone(UTC).date() >= since]
    if shown and (not whole or len(shown) == len(arrivals)):
        since = shown[0].as_of.astimezone(UTC).date()
    count = max((today - since).days + 1, 1)
    slot = width / max(count, 12)
    top = _nice(max((a.delivered for a in shown), default=0))
    by_day: dict[date, list[Arrival]] = {since + timedelta(days=n): [] for n in range(count)}
    for a in shown:
        by_day.setdefault(a.as_of.astimezone(UTC).date(), []).append(a)
    bars, slots = [], []
    for n, (day, came) in enumerate(by_day.items()):
        slots.append((round((n + 0.5) * slot, 2), day, all(a.outcome == "replay" for a in came)))
        own = slot * 0.7 / max(len(came), 1)
        for m, a in enumerate(came):
            x = n * slot + slot * 0.15 + m * own
            bars.append(Bar(round(x, 2), round(own * 0.95, 2), _parts(a, height, top), a))
    ticks = tuple((round(height * (1 - share), 2), round(top * share)) for share in (0.5, 1.0))
    return Chart(width, height, round(slot, 2), tuple(bars), ticks, tuple(slots))


def _parts(a: Arrival, height: int, top: int) -> tuple[tuple[str, float, float], ...]:
    parts, y = [], float(height)
    rows = (
        (("refused", a.delivered),)
        if a.outcome == "refused"
        else (("promoted", a.promoted), ("duplicates", a.duplicates), ("quarantined", a.quarantined))
    )
    for name, count in rows:
        tall = height * count / top
        if count or name == "refused":
            tall = max(tall, 2.0)  # a single row is seen too
            y -= tall
            parts.append((name, round(y, 2), round(tall, 2)))
    return tuple(parts)


def _nice(most: int) -> int:
    """The next of 1, 2, 4, 6, 8 times a power of ten, so that its half is a plain number too."""
    power = 10 ** max(math.floor(math.log10(max(most, 1))), 0)
    return next(step * power for step in (1, 2, 4, 6, 8, 10) if step * power >= max(most, 2) or step == 10)
