"""Constraints on values: what the options of a type, and custom properties of ours, allow before and after."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from c360.clause.formats import integers
from c360.compat.changes import Change, Spot
from c360.compat.pairing import rest

_BOUNDS = (
    (("minimum", "exclusiveMinimum"), 1), (("maximum", "exclusiveMaximum"), -1),
    (("minLength",), 1), (("maxLength",), -1), (("minItems",), 1), (("maxItems",), -1),
    (("minProperties",), 1), (("maxProperties",), -1),
)  # fmt: skip
"""Options that bound one thing, and the direction in which they allow less."""
_EITHER = ("pattern", "uniqueItems", "dimensions", "elementType")
"""Options of which nobody can tell which of two allows more."""
_FLOATS = {"f32": (-(2**24), 2**24), "f64": (-(2**53), 2**53)}
"""Whole numbers that each holds without rounding."""


def options(old: dict[str, Any], new: dict[str, Any], spot: Spot) -> Iterator[Change]:
    """Changes of `logicalTypeOptions`."""
    before, after = (_mapping(part.get("logicalTypeOptions")) for part in (old, new))
    spot = spot.at("logicalTypeOptions")
    known = {"enum", "format", "multipleOf", *_EITHER}  # an enum is told with that of the column
    for names, direction in _BOUNDS:
        known |= set(names)
        whole = all(part.get("logicalType") == "integer" for part in (old, new)) or "Length" in names[0]
        yield from _bound(before, after, names, direction, whole, spot)
    yield from _format(before.get("format") or None, after.get("format") or None, spot.at("format"))
    for name in _EITHER:
        yield from either(before.get(name) or None, after.get(name) or None, spot.at(name))
    yield from _multiple(before.get("multipleOf"), after.get("multipleOf"), spot.at("multipleOf"))
    for name in ("timezone", "defaultTimezone"):
        if before.get(name) is not None and after.get(name) is not None:
            known.add(name)
            yield from either(before[name], after[name], spot.at(name))
    was, now = ({k: v for k, v in part.items() if k not in known} for part in (before, after))
    yield from rest(was, now, spot)


def either(old: Any, new: Any, spot: Spot) -> Iterator[Change]:
    """A constraint that is there or not; another one is neither more nor less."""
    if old == new:
        return
    kind = "added" if old is None else "dropped" if new is None else "changed"
    yield spot.change(f"constraint-{kind}", old, new)


def _format(old: Any, new: Any, spot: Spot) -> Iterator[Change]:
    """Formats of numbers are sizes, as those of types are; which of two others allows more, nobody can tell."""
    before, after = (_FLOATS.get(str(name)) or integers(str(name)) for name in (old, new))
    if old == new or not before or not after:
        yield from either(old, new, spot)
    elif before[0] >= after[0] and before[1] <= after[1]:
        yield spot.change("type-widened", old, new)
    else:
        narrower = before[0] <= after[0] and before[1] >= after[1]
        yield spot.change("type-narrowed" if narrower else "type-changed", old, new)


def limit(old: Any, new: Any, direction: int, spot: Spot) -> Iterator[Change]:
    """A limit that allows less when it moves in `direction` (1 up, -1 down); None is none at all."""
    if old == new:
        return
    numbers = [None if value is None else number(value) for value in (old, new)]
    if any(value is not None and n is None for value, n in zip((old, new), numbers, strict=True)):
        kind = "changed"
    else:
        before, after = (-math.inf if n is None else direction * n for n in numbers)
        if before == after:
            return
        kind = "tightened" if after > before else "loosened"
    if kind != "changed" and None in (old, new):
        kind = "added" if old is None else "dropped"
    yield spot.change(f"constraint-{kind}", old, new)


def number(value: Any) -> Decimal | None:
    """A number, or an instant as one; None for what is neither."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = Decimal(str(value))
        return None if found.is_nan() else found
    except InvalidOperation:
        pass
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return Decimal(str((instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp()))


def _bound(
    old: dict[str, Any], new: dict[str, Any], names: tuple[str, ...], direction: int, whole: bool, spot: Spot
) -> Iterator[Change]:
    """An inclusive and an exclusive bound of one side are one bound: the closer of the two."""
    written = [next((part[name] for name in names if part.get(name) is not None), None) for part in (old, new)]
    place = next((name for part in (new, old) for name in names if part.get(name) is not None), names[0])
    closest = [_closest(part, names, direction, whole) for part in (old, new)]
    inside = spot.at(place)
    if "unclear" in closest:
        if any(old.get(name) != new.get(name) for name in names):
            yield inside.change("constraint-changed", *written)
    elif closest[0] != closest[1]:
        before, after = closest
        kind = "added" if not before else "dropped" if not after else "tightened" if after > before else "loosened"
        yield inside.change(f"constraint-{kind}", *written)


def _closest(part: dict[str, Any], names: tuple[str, ...], direction: int, whole: bool) -> Any:
    """The closest bound as a pair that grows as less is allowed; () for none, `unclear` for what is no number."""
    found = []
    for strict, name in enumerate(names):
        if part.get(name) is None:
            continue
        value = number(part[name])
        if value is None:
            return "unclear"
        beyond = 1 if strict and whole and value == value.to_integral_value() else 0
        found.append((direction * value + beyond, bool(strict) and not beyond))
    return max(found, default=())


def _multiple(old: Any, new: Any, spot: Spot) -> Iterator[Change]:
    before, after = number(old), number(new)
    if before and after and before != after:
        kind = "tightened" if _divides(before, after) else "loosened" if _divides(after, before) else "changed"
        yield spot.change(f"constraint-{kind}", old, new)
    elif before != after or (before is None and old != new):
        yield from either(old, new, spot)


def _divides(small: Decimal, large: Decimal) -> bool:
    try:
        return large % small == 0
    except InvalidOperation:  # too far apart, or not finite
        return False


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
