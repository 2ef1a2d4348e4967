"""Usual: whether what a delivery brings is like what the deliveries before it brought, number by number.

A number is unusual when it is more than `widest(n)` spreads away from the median of n earlier ones. With `ENOUGH`
earlier deliveries on the same weekday it is the median of these. The distances of the earlier numbers from their
medians (of the others of their weekday, where weekdays count) give the spread: 1.4826 times their median or 1.2533
times their mean without the largest eighth, whichever is larger. Of normal noise both are about its standard
deviation; the second keeps a few numbers that happen to agree from alarming. A steady series is granted the noise of
counting, of which two percent are the least. Counts and averages are compared as logarithms, shares as the arcsine of
their root, which has one noise wherever it lies.

Two things are not unusual: a number that an earlier delivery of that weekday had, too; and one that the last `ENOUGH`
deliveries had, for these are a past of their own. See Iglewicz and Hoaglin, How to Detect and Handle Outliers (1993),
for the robust score.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import fmean, median
from typing import TYPE_CHECKING

from c360.clause.kinds import ANOMALY
from c360.clause.watched import GAP, MIX, ROWS, is_share
from c360.engine.interface import Numbers, Plan
from c360.ledger.deliveries import Earlier, earlier
from c360.ledger.history import Finding, failing

if TYPE_CHECKING:
    from c360.gate.account import Gate
    from c360.model import Anomaly, Clause

ENOUGH = 4
"""Earlier deliveries that make a past: the fifth is the first to be judged."""
LAST = 60
"""So many earlier deliveries are looked at."""
SENSITIVITY = 3.0
"""Elementary's `anomaly_sensitivity` when silent: another one widens or narrows what is usual here in proportion."""

Point = tuple[int, float]
"""A weekday (Monday is 0) and a number."""


@dataclass(frozen=True)
class Usual:
    """A number with the range that is usual; `score` is its distance from the middle, 1 at the end of the range."""

    value: float
    low: float
    high: float
    score: float
    known: bool = False
    """It is out of that range, but the weekday or the last deliveries had it, too."""

    @property
    def unusual(self) -> bool:
        return abs(self.score) > 1 and not self.known


def widest(count: int) -> float:
    """Spreads that are usual after so many earlier numbers. Of normal noise, one number in about 100 is further away
    after four, and one in 1,000 after eight (by simulation)."""
    return 3.5 + 20 / count


def compare(
    name: str, past: Sequence[Point], weekday: int, value: float, rows: int, sensitivity: float
) -> Usual | None:
    """A number of that name beside its past, the oldest first; None where the past is too short. `rows` are those of
    the delivery."""
    if len(past) < ENOUGH:
        return None
    to, back = _scale(name, value, past)
    before = [(day, to(number)) for day, number in past]
    same = [number for day, number in before if day == weekday]
    by_weekday = len(same) >= ENOUGH
    centre = median(same if by_weekday else [number for _, number in before])
    misses = _misses(before) if by_weekday else [number - centre for _, number in before]
    distances = sorted(abs(miss) for miss in misses)
    most = distances[: len(distances) - len(distances) // 8]
    spread = max(1.4826 * median(distances), 1.2533 * fmean(most), _least(name, back(centre), rows))
    reach = widest(len(misses)) * sensitivity / SENSITIVITY * spread
    miss = to(value) - centre
    known = any(abs(number - to(value)) <= reach for number in same) and not by_weekday
    known = known or all(abs(one - miss) <= reach for one in misses[-ENOUGH:])
    return Usual(value, max(back(centre - reach), 0.0) if centre >= 0 else back(centre - reach), back(centre + reach),
                 miss / reach, known)  # fmt: skip


def _misses(before: Sequence[Point]) -> list[float]:
    """How far each number is from the median of the others of its weekday; of weekdays with too few there is none."""
    days = [day for day, _ in before]
    found = []
    for n, (day, number) in enumerate(before):
        if days.count(day) >= ENOUGH:
            found.append(number - median(other for m, (d, other) in enumerate(before) if d == day and m != n))
    return found


def _scale(name: str, value: float, past: Sequence[Point]) -> tuple[Callable[[float], float], Callable[[float], float]]:
    if is_share(name):
        return (lambda share: math.asin(math.sqrt(share))), (
            lambda angle: math.sin(min(max(angle, 0.0), math.pi / 2)) ** 2
        )
    if min(value, *(number for _, number in past)) < 0:
        return (lambda number: number), (lambda number: number)
    return math.log1p, (lambda number: math.expm1(min(number, 700.0)))


def _least(name: str, centre: float, rows: int) -> float:
    """The spread that a steady series is granted: the noise of counting, and never less than 2 %."""
    if is_share(name):
        return max(0.01, 0.5 / math.sqrt(rows + 1))
    if centre < 0:
        return 0.02 * abs(centre)
    return max(0.02, 1 / math.sqrt(centre + 1)) if name == ROWS else 0.02


def take(gate: "Gate", sha256: str, delivered: int, plan: Plan, numbers: Numbers) -> list[Finding]:
    """One finding for each anomaly clause that has a past; none before the fifth delivery."""
    clauses = [clause for clause in ANOMALY.of(gate.dataset) if clause.argument.watched]
    if not clauses:
        return []
    past = earlier(gate.ledger, gate.dataset.name, sha256, gate.run.as_of, LAST)
    newest = _instant(plan.newest_load)
    here = Earlier(newest or gate.run.as_of.astimezone(UTC), newest, delivered, numbers)
    found = ((clause, [*_compared(clause, past, here)]) for clause in clauses)
    return [_finding(clause, compared) for clause, compared in found if compared]


def _instant(text: str | None) -> datetime | None:
    """The time of the newest row, to the second; it is in UTC, with or without saying so."""
    return None if text is None else datetime.fromisoformat(text[:19]).replace(tzinfo=UTC)


def _compared(clause: "Clause[Anomaly]", past: Sequence[Earlier], here: Earlier) -> Iterator[tuple[str, Usual]]:
    given = clause.argument.arguments.get("anomaly_sensitivity")
    sensitivity = float(given) if isinstance(given, int | float) and given > 0 else SENSITIVITY
    for name in clause.argument.watched:
        *before, last = _points(clause.id, name, [*past, here])
        if last is not None:
            points = [point for point in before if point is not None]
            usual = compare(name, points, *last, here.delivered, sensitivity)
            if usual:
                yield name, usual


def _points(clause: str, name: str, of: Sequence[Earlier]) -> Iterator[Point | None]:
    """One a delivery; None where it has no such number."""
    newest: datetime | None = None
    for one in of:
        value: float | None
        if name == ROWS:
            value = float(one.delivered)
        elif name == GAP:
            gap = one.newest - newest if one.newest and newest else timedelta(0)
            value = gap.total_seconds() if gap > timedelta(0) else None  # what is not newer came not later
            newest = max(filter(None, (newest, one.newest)), default=None)
        else:
            value = one.numbers.get(clause, {}).get(name)
        yield None if value is None else (one.day.astimezone(UTC).weekday(), value)


def _finding(clause: "Clause[Anomaly]", compared: Sequence[tuple[str, Usual]]) -> Finding:
    """The number that is furthest away speaks for the clause."""
    direction = str(clause.argument.arguments.get("anomaly_direction") or "both").lower()
    up, down = direction != "drop", direction != "spike" and clause.argument.watched != (GAP,)
    wrong = [(name, one) for name, one in compared if one.unusual and (up if one.score > 0 else down)]
    name, worst = max(wrong or compared, key=lambda pair: abs(pair[1].score))
    said = _said(name, worst) if wrong else None
    return Finding(clause, "gate", failing(clause) if wrong else "passed", worst.value, detail=said)


def _said(name: str, usual: Usual) -> str:
    value, low, high = (_shown(name, number) for number in (usual.value, usual.low, usual.high))
    return f"{_NAMED.get(name, '{} ' + _words(name)).format(value)}; {low} to {high} are usual"


_NAMED = {GAP: "its newest row is {} newer than the one before it", ROWS: "{} rows"}


def _words(name: str) -> str:
    if name.startswith(MIX):
        return f"are {name.removeprefix(MIX)}"
    return {"null": "are empty", "missing": "are missing", "zero": "are zero"}.get(
        name.partition("_")[0], f"is the {name.replace('_', ' ')}"
    )


def _shown(name: str, number: float) -> str:
    if name == ROWS:
        return f"{round(number):,}"
    if name == GAP:
        return _span(number)
    return f"{number:.1%}" if is_share(name) else f"{number:,.4g}"


def _span(seconds: float) -> str:
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.0f} seconds"
