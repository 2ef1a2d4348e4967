"""What one column holds, found block by block: shapes, nulls, distinct values, bounds; bounded memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from c360.draft.distinct import Distinct, hashed
from c360.draft.shapes import LIKELY, SHAPES, matching

if TYPE_CHECKING:
    import pyarrow as pa

MOST_DISTINCT = 1_000
"""Distinct values that are counted one by one; beyond, there are many."""
_SAMPLE = 500
"""Distinct values of each block that are looked at for personal data."""
_LONGEST_CODE = 40


@dataclass(frozen=True)
class ColumnProfile:
    """What was found in a column. It holds values: only a proposal may leave this package."""

    name: str
    rows: int
    nulls: int
    """Empty fields; `blanks` are quoted ones, which are a value of a text."""
    blanks: int
    shapes: frozenset[str]
    """Of all values that are there; empty where there is none."""
    low: Any = field(repr=False)
    high: Any = field(repr=False)
    """Of numbers as floats, of times as text."""
    digits: int
    scale: int
    """Digits before and behind the point, at most."""
    counts: Mapping[str, int] | None = field(repr=False)
    """How often each value comes; None for many."""
    distinct: bool | None
    """Whether no two values are alike; None: not known."""
    code: str
    """The one form that all values have, as `AA-9999`; empty for several."""
    long_text: bool
    likely: str
    """The personal data that half of the values or more look like (`shapes.LIKELY`); empty for none."""

    @property
    def values(self) -> int:
        return self.rows - self.nulls - self.blanks


class Profiler:
    """Collects the profile of one column; of so `many` values it can tell whether no two are alike."""

    def __init__(self, name: str, many: int = 1_000_000) -> None:
        self._name = name
        self._rows = self._nulls = self._blanks = self._digits = self._scale = self._sampled = 0
        self._shapes = dict(SHAPES)
        self._low: Any = None
        self._high: Any = None
        self._counts: dict[str, int] | None = {}
        self._distinct = Distinct(many)
        self._folded = False
        self._codes: set[str] | None = set()
        self._long = 0
        self._likely = dict.fromkeys(LIKELY, 0)

    def add(self, column: "pa.Array") -> None:
        """A block of texts, null where the field is empty."""
        import pyarrow.compute as pc

        self._rows += len(column)
        self._nulls += column.null_count
        present = column.drop_null()
        values = present.filter(pc.not_equal(present, ""))
        self._blanks += len(present) - len(values)
        if not len(values):
            return
        counted = pc.value_counts(values)
        each, counts = counted.field("values"), counted.field("counts")
        self._shapes = {name: holds for name, holds in self._shapes.items() if holds(each)}
        if "uuid" not in self._shapes and self._folded:  # two that are one as uuids are two as texts
            self._distinct.holds = self._distinct.holds and None
        self._measure(each)
        self._count(each, counts, len(values))
        self._see_codes(each)
        self._sample(each)

    def _measure(self, values: "pa.Array") -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        if self._shapes.keys() & {"float", "comma"}:
            values = values if "float" in self._shapes else pc.replace_substring(values, ",", ".")
            numbers = values.cast(pa.float64())
            numbers = numbers.filter(pc.is_finite(numbers))
            lengths, points = pc.utf8_length(values), pc.find_substring(values, ".")
            behind = pc.if_else(pc.less(points, 0), 0, pc.subtract(pc.subtract(lengths, points), 1))
            before = pc.if_else(pc.less(points, 0), lengths, points)
            self._scale = max(self._scale, pc.max(behind).as_py())
            self._digits = max(self._digits, pc.max(before).as_py())
        elif self._shapes.keys() & {"date", "timestamp"}:
            numbers = values
        else:
            return
        if len(numbers):
            ends = pc.min_max(numbers).as_py()
            self._low = ends["min"] if self._low is None else min(self._low, ends["min"])
            self._high = ends["max"] if self._high is None else max(self._high, ends["max"])

    def _count(self, each: "pa.Array", counts: "pa.Array", values: int) -> None:
        """Distinct values of a block, how often each comes, and of how many values they are."""
        if self._distinct.holds:
            if len(each) < values:
                self._distinct.holds = False
            self._folded = "uuid" in self._shapes
            self._distinct.add(hashed(each, "uuid" if self._folded else "text"))
        if self._counts is None or len(each) > MOST_DISTINCT:
            self._counts = None
            return
        for value, count in zip(each.to_pylist(), counts.to_pylist(), strict=True):
            self._counts[value] = self._counts.get(value, 0) + count
        if len(self._counts) > MOST_DISTINCT:
            self._counts = None

    def _see_codes(self, values: "pa.Array") -> None:
        import pyarrow.compute as pc

        if self._codes is None:
            return
        if pc.max(pc.utf8_length(values)).as_py() > _LONGEST_CODE:
            self._codes = None
            return
        for letters, sign in (("[0-9]", "9"), ("[A-Z]", "A"), ("[a-z]", "a")):
            values = pc.replace_substring_regex(values, letters, sign)
        self._codes.update(pc.unique(values)[:2].to_pylist())
        if len(self._codes) > 1:
            self._codes = None

    def _sample(self, values: "pa.Array") -> None:
        import pyarrow.compute as pc

        some = values[:_SAMPLE]
        self._sampled += len(some)
        self._long += pc.sum(pc.greater(pc.utf8_length(some), 60)).as_py()
        for name, pattern in LIKELY.items():
            self._likely[name] += matching(some, pattern)

    @property
    def profile(self) -> ColumnProfile:
        there = self._rows > self._nulls + self._blanks
        codes = self._codes or set()
        return ColumnProfile(
            self._name,
            self._rows,
            self._nulls,
            self._blanks,
            frozenset(self._shapes) if there else frozenset(),
            self._low,
            self._high,
            self._digits,
            self._scale,
            self._counts,
            self._distinct.holds if there else False,
            next(iter(codes), ""),
            self._long * 10 > self._sampled,
            next((name for name, count in self._likely.items() if count and count * 2 >= self._sampled), ""),
        )
