"""Custom properties that mean something here; others are graded as what no rule knows."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from c360.clause.levels import seconds_of
from c360.clause.reading import FUTURE_TOLERANCE, QUARANTINE_RATIO
from c360.compat.bounds import either, limit
from c360.compat.changes import Change, Spot
from c360.compat.delivery import PROPERTY, form
from c360.compat.pairing import by, element, order, paired, physical_name
from c360.contract.document import dicts
from c360.errors import Breach

_CALENDAR = re.compile(r"(?i:([\d.]+)\s*(y|yrs?|years?|mo|mons?|months?|q|qtrs?|quarters?))|P(?:(\d+)([YM]))")
"""A duration in years, quarters or months, which have no fixed number of days."""


def custom_properties(old: dict[str, Any], new: dict[str, Any], spot: Spot) -> Iterator[Change]:
    """Changes of `customProperties` of a contract, a table or a column."""
    before, after = dicts(old.get("customProperties")), dicts(new.get("customProperties"))
    pairs = paired(before, after, by("property"))
    spot = spot.at("customProperties")
    physical = set(map(physical_name, dicts(new.get("properties"))))
    for was, now in pairs:
        name = str((now or was).get("property"))
        inside = spot.at(name)
        known = partial(form, columns=physical) if name == PROPERTY else _KNOWN.get(name)
        if known is not None:
            facets = ((("value",), lambda a, b, s, known=known: known(a.get("value"), b.get("value"), s)),)
            yield from element(was or {"property": name}, now or {"property": name}, inside, facets)
        elif was is None or now is None:
            yield inside.change("noted", was and was.get("value"), now and now.get("value"))
        else:
            yield from element(was, now, inside, ())
    yield from order(pairs, before, spot)


def duration(value: Any) -> int | None:
    """Seconds of a duration such as `2 d`; None for what is none."""
    try:
        return seconds_of(Path(), str(value))
    except Breach:
        return None


def one_span(old: Any, new: Any) -> bool:
    """Whether two durations can be the same: a year has 365 or 366 days, a month 30 or 31."""
    return bool(_days(old) & _days(new))


def _days(value: Any) -> set[float]:
    """The lengths in seconds that a duration can have."""
    found = _CALENDAR.fullmatch(str(value).strip())
    seconds = duration(value)
    if not found or seconds is None:
        return set() if seconds is None else {seconds}
    number, unit = float(found[1] or found[3]), (found[2] or found[4]).lower()
    months = number * (12 if unit.startswith("y") else 3 if unit.startswith("q") else 1)
    lengths = {months * 30, months * 31} if months % 12 else {months / 12 * 365, months / 12 * 366}
    return {float(seconds), *(days * 86_400 for days in lengths)}


def _quarantine(old: Any, new: Any, spot: Spot) -> Iterator[Change]:
    was, now = (QUARANTINE_RATIO if value is None else value for value in (old, new))
    yield from limit(was, now, -1, spot)


def _unexpected(old: Any, new: Any, spot: Spot) -> Iterator[Change]:
    if (old is True) != (new is True):
        yield spot.change("unexpected-allowed" if new is True else "unexpected-forbidden", old, new)


def _identity(old: Any, new: Any, spot: Spot) -> Iterator[Change]:
    before, after = (sorted(map(str, value if isinstance(value, list) else [value])) if value else None
                     for value in (old, new))  # fmt: skip
    yield from either(before, after, spot)


def _not_in_future(old: Any, new: Any, spot: Spot) -> Iterator[Change]:
    was, now = (None if value is False else 0 if value is True else value for value in (old, new))
    yield from _within(was, now, spot)


def _tolerance(old: Any, new: Any, spot: Spot) -> Iterator[Change]:
    yield from _within(FUTURE_TOLERANCE if old is None else old, FUTURE_TOLERANCE if new is None else new, spot)


def _within(old: Any, new: Any, spot: Spot) -> Iterator[Change]:
    before, after = (None if value is None else duration(value) for value in (old, new))
    if (before is None) != (old is None) or (after is None) != (new is None):
        yield from either(old, new, spot)
    else:
        yield from limit(before, after, -1, spot)


def _system(old: Any, new: Any, spot: Spot) -> Iterator[Change]:
    if old != new:
        yield spot.change("system-changed", old, new)


def notice(old: Any, new: Any, spot: Spot) -> Iterator[Change]:
    """A notice period that is longer, or shorter or gone."""
    before, after = (0 if value is None else duration(value) for value in (old, new))
    if before is None or after is None:
        yield spot.change("sla-changed", old, new)
    elif before != after and not one_span(old, new):
        yield spot.change("notice-lengthened" if after > before else "notice-shortened", old, new)


def _sunset(old: Any, new: Any, spot: Spot) -> Iterator[Change]:
    yield spot.change("sunset-changed", old, new)


_KNOWN: dict[str, Callable[[Any, Any, Spot], Iterator[Change]]] = {
    "maxQuarantineRatio": _quarantine,
    "allowUnexpectedColumns": _unexpected,
    "identity": _identity,
    "notInFuture": _not_in_future,
    "futureTolerance": _tolerance,
    "system": _system,
    "noticePeriod": notice,
    "sunset": _sunset,
    "replacement": _sunset,
}
