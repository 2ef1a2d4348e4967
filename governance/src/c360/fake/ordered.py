"""Numbers, days and times: a grid of values between the bounds that a contract sets, drawn many at once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor, lcm
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from c360.clause import kinds
from c360.clause.dialect import canonical_type, unsized
from c360.clause.formats import integers
from c360.fake.holds import NUMBERS, TIMES, WHOLE, microseconds
from c360.fake.masks import DAY, step, written
from c360.model import Clause, Column

END = datetime(2026, 1, 1)
"""Where invented days and times stop, whatever the clock says, so that a seed means the same bytes on any day."""
_YEARS = (microseconds("0001-01-01"), microseconds("9999-12-31T23:59:59"))
_OUTSIDE = {"minimum": (0, 0), "exclusiveMinimum": (0, 1), "maximum": (1, 0), "exclusiveMaximum": (1, 1)}
_ISO = {"date": "yyyy-MM-dd", "date-time": "yyyy-MM-dd'T'HH:mm:ss'Z'", "time": "HH:mm:ss'Z'"}
_SAFE = 2**62


@dataclass(frozen=True)
class Grid:
    """Values n × `unit`: those that one would expect lie from `low` to `high`, those that may be from `least` to
    `most`; all four in units."""

    low: int
    high: int
    least: int
    most: int
    unit: Fraction
    write: Callable[[np.ndarray, Fraction], pa.Array]

    def draw(self, rng: np.random.Generator, count: int) -> pa.Array:
        high = min(self.high, self.low + _SAFE)
        return self._written(rng.integers(0, high - self.low, count, endpoint=True), self.low)

    def distinct(self, rng: np.random.Generator, count: int) -> pa.Array:
        """Up to `count` different ones, ascending."""
        high = min(self.most, max(self.high, self.low + count - 1))
        low = max(self.least, min(self.low, high - count + 1))
        count = min(count, high - low + 1)
        stride = 1 if self.unit == 1 else max(1, min(high - low + 1, _SAFE) // count)
        return self._written(np.arange(count) * stride + rng.integers(0, stride, count), low)

    def _written(self, steps: np.ndarray, start: int) -> pa.Array:
        if max(abs(start), abs(self.high), abs(self.most)) * self.unit.numerator >= _SAFE:
            return self.write(steps.astype(object) + start, self.unit)
        return self.write(steps + start, self.unit)


def mask_of(column: Column) -> str:
    """The JDK format of a text that is a day or time; empty for any other text."""
    form = str(column.options.get("format") or "")
    if column.logical_type in ("date", "timestamp"):
        return form or ("yyyy-MM-dd" if column.logical_type == "date" else "yyyy-MM-dd HH:mm:ss")
    return _ISO.get(form, form if "yyyy" in form else "")


def grid(
    column: Column, clauses: Iterable[Clause[Any]], now: datetime, needed: int, coarse: str = "", usual: Any = None
) -> Grid | None:
    """The grid of a column by the clauses about it, or None where its values have no order.

    `needed` are so many different ones; `coarse` is the JDK format in which its sender writes it; `usual` are the first
    and the last value that people expect, of what no clause bounds. An empty grid has `most` < `least`.
    """
    name = unsized(canonical_type(column.physical_type))
    mask = mask_of(column) if name.startswith(("text", "character")) else ""
    bounds = [(clause.kind.name, clause.argument) for clause in clauses]
    if name in NUMBERS:
        units, (first, last) = _numbers(column, name, bounds), usual or (1, 1_000)
        write: Callable[[np.ndarray, Fraction], pa.Array] = _decimals
        reach = _reach(column, name)
    elif name in TIMES or mask or name == "time without time zone":
        sizes, write = _times(name, mask, coarse)
        units = [Fraction(size) for size in sizes]
        reach = (0, DAY - 1) if name.startswith("time ") or mask.startswith("HH") else _YEARS
        end = min(END, now).replace(hour=0, minute=0, second=0, microsecond=0)
        last = microseconds(end.isoformat()) if reach == _YEARS else DAY - 1
        first = max(last - 730 * DAY, reach[0]) if reach == _YEARS else 0
        first, last = (last - usual[1], last - usual[0]) if usual and reach == _YEARS else (first, last)
    else:
        return None
    found = [_between(unit, bounds, first, last, reach, now, name in NUMBERS, write) for unit in units]
    return next((one for one in found if one.most - one.least + 1 >= needed), found[-1])


def _reach(column: Column, name: str) -> tuple[int | Fraction, int | Fraction]:
    if name in WHOLE:
        return -WHOLE[name], WHOLE[name] - 1
    sized = canonical_type(column.physical_type).partition("(")[2].rstrip(")").split(",")
    if name == "numeric" and len(sized) == 2:
        most = Fraction(10 ** int(sized[0]) - 1, 10 ** int(sized[1]))
        return -most, most
    return (0, 2**32 - 1) if name == "oid" else (-(10**15), 10**15) if name == "numeric" else (-(10**9), 10**9)


def _numbers(column: Column, name: str, bounds: list[tuple[str, Any]]) -> list[Fraction]:
    sized = canonical_type(column.physical_type).partition("(")[2].rstrip(")").split(",")
    scales = [int(sized[1])] if name == "numeric" and len(sized) == 2 else [2, 4, 6, 9, 12]
    scales = [0] if name in WHOLE or name == "oid" or column.logical_type == "integer" else scales
    units = [Fraction(1, 10**scale) for scale in scales]
    for kind, argument in bounds:
        if kind == kinds.MULTIPLE_OF.name:
            units = [_common(unit, Fraction(str(argument))) for unit in units]
    return units


def _common(one: Fraction, other: Fraction) -> Fraction:
    """The least number that both divide."""
    return Fraction(
        lcm(one.numerator * other.denominator, other.numerator * one.denominator), one.denominator * other.denominator
    )


def _times(name: str, mask: str, coarse: str) -> tuple[list[int], Callable[[np.ndarray, Fraction], pa.Array]]:
    """Steps in microseconds, the widest first, and how such times are written."""
    if mask:
        return [step(mask)], lambda steps, unit: written(_moments(steps, unit), mask)
    if name == "date":
        return [DAY], lambda steps, unit: pc.cast(pc.cast(_moments(steps, unit), pa.date32()), pa.string())
    if name.startswith("time "):
        return [1_000_000, 1], lambda steps, unit: written(_moments(steps, unit), "HH:mm:ss" + ".SSS" * (unit == 1))
    steps = [step(coarse)] if coarse else [1_000_000, 1_000, 1]
    zone = "Z" if "with time zone" in name else ""

    def write(found: np.ndarray, unit: Fraction) -> pa.Array:
        fraction = {1: ".SSSSSS", 1_000: ".SSS"}.get(int(unit), "")
        return written(_moments(found, unit), f"yyyy-MM-dd HH:mm:ss{fraction}" + f"'{zone}'" * bool(zone))

    return steps, write


def _moments(steps: np.ndarray, unit: Fraction) -> pa.Array:
    return pa.array((steps * int(unit)).astype("datetime64[us]"))


def _decimals(steps: np.ndarray, unit: Fraction) -> pa.Array:
    scale = next((n for n in range(40) if 10**n % unit.denominator == 0), 12)
    whole = steps * int(unit * 10**scale)
    if steps.dtype == object or scale > 18:
        return pa.array([str(Decimal(int(n)).scaleb(-scale)) for n in whole], pa.string())
    if not scale:
        return pc.cast(pa.array(whole), pa.string())
    words = np.zeros((len(whole), 2), "<i8")  # Arrow's decimal: two words, the low one first
    words[:, 0], words[:, 1] = whole, whole >> 63
    return pc.cast(
        pa.Array.from_buffers(pa.decimal128(38, scale), len(whole), [None, pa.py_buffer(words)]), pa.string()
    )


def _between(
    unit: Fraction, bounds: list[tuple[str, Any]], first: Any, last: Any, reach: Any, now: datetime, of_numbers: bool,
    write: Callable[[np.ndarray, Fraction], pa.Array],
) -> Grid:  # fmt: skip
    least, most = ceil(Fraction(reach[0]) / unit), floor(Fraction(reach[1]) / unit)
    told = [False, False]
    clock = microseconds(now.isoformat())
    for kind, argument in bounds:
        if kind in _OUTSIDE:
            side, exclusive = _OUTSIDE[kind]
            at = Fraction(str(argument)) if of_numbers else Fraction(_since(str(argument)))
        elif kind == kinds.NOT_IN_FUTURE.name:
            side, exclusive, at = 1, 0, Fraction(clock)
        elif kind in (kinds.FRESHNESS.name, kinds.RETENTION.name):
            side, exclusive, at = 0, 0, Fraction(clock - argument * 1_000_000)
            if kind == kinds.FRESHNESS.name:  # a delivery is loaded at once, and now
                most = min(most, floor(Fraction(clock) / unit))
                first = last = Fraction(clock // int(unit) * int(unit))
        elif kind == kinds.FORMAT.name and (span := integers(str(argument))):
            least, most = max(least, ceil(span[0] / unit)), min(most, floor(span[1] / unit))
            continue
        else:
            continue
        told[side] = told[side] or kind != kinds.NOT_IN_FUTURE.name
        if side == 0:
            least = max(least, floor(at / unit) + 1 if exclusive else ceil(at / unit))
        else:
            most = min(most, ceil(at / unit) - 1 if exclusive else floor(at / unit))
    low, high, usual = ceil(Fraction(first) / unit), floor(Fraction(last) / unit), Fraction(last) - Fraction(first)
    if told[0] and first != last and (told[1] or low < least):
        low, high = least, high if low <= least <= high else least + floor(usual / unit)
    if told[1] and not (low <= most <= high):
        low, high = most - floor(usual / unit), most
    both = told[0] and told[1]
    grid = Grid(low, most if both and first != last else high, least, most, unit, write)
    return replace(grid, low=min(max(grid.low, least), most), high=max(min(grid.high, most), least))


def _since(bound: str) -> int:
    """A bound as microseconds since 1970, or of its day."""
    return microseconds(f"1970-01-01T{bound}" if ":" in bound[:3] else bound)
