"""The operators of ODCS, each once: how a measured number is held against one or two of the contract."""

import math
from collections.abc import Callable
from dataclasses import dataclass

Expected = int | float | tuple[int | float, int | float]
"""What a rule asks for: a number, or a pair of them for an operator of two."""


@dataclass(frozen=True, eq=False)
class Operator:
    """`sql` is the comparison that holds and `breach` the one that does not, with a place for each number; `keeps`
    is the same in Python, and `phrase` what people say."""

    name: str
    sql: str
    breach: str
    keeps: Callable[[float, float, float], bool]
    phrase: str

    @property
    def numbers(self) -> int:
        """How many it compares with."""
        return self.sql.count("{}")

    def holds(self, value: float, expected: Expected) -> bool:
        first, *rest = _numbers(expected)
        return self.keeps(value, first, rest[0] if rest else first)

    def bound(self, expected: Expected, negated: bool = False) -> str:
        """The comparison in SQL that holds (or, negated, that is a breach), e.g. `> 0`."""
        return (self.breach if negated else self.sql).format(*_numbers(expected))

    def describe(self, expected: Expected) -> str:
        """The promise in words, without its subject: `is at least 3`."""
        return f"{self.phrase} {' and '.join(map(str, _numbers(expected)))}"

    def broken_by(self, expected: Expected) -> str:
        """SQL of a number that does not hold."""
        candidates = {"'Infinity'": math.inf, "'-Infinity'": -math.inf}
        beyond = (text for text, value in candidates.items() if not self.holds(value, expected))
        return next(beyond, f"{_numbers(expected)[0]}")

    def always_or_never(self, expected: Expected, least: float, most: float) -> tuple[bool, bool]:
        """Whether every number from `least` to `most` holds, and whether none does."""
        points = {least, most, *(n for n in _numbers(expected) if least <= n <= most)}
        found = {self.holds(point, expected) for point in points}
        return found == {True}, found == {False}


def _numbers(expected: Expected) -> tuple[int | float, ...]:
    return expected if isinstance(expected, tuple) else (expected,)


OPERATORS = {
    operator.name: operator
    for operator in (
        Operator("mustBe", "= {}", "!= {}", lambda value, n, _: value == n, "is"),
        Operator("mustNotBe", "!= {}", "= {}", lambda value, n, _: value != n, "is not"),
        Operator("mustBeGreaterThan", "> {}", "<= {}", lambda value, n, _: value > n, "is more than"),
        Operator("mustBeGreaterOrEqualTo", ">= {}", "< {}", lambda value, n, _: value >= n, "is at least"),
        Operator("mustBeLessThan", "< {}", ">= {}", lambda value, n, _: value < n, "is less than"),
        Operator("mustBeLessOrEqualTo", "<= {}", "> {}", lambda value, n, _: value <= n, "is at most"),
        Operator(
            "mustBeBetween", "between {} and {}", "not between {} and {}",
            lambda value, low, high: low <= value <= high, "lies between",
        ),
        Operator(
            "mustNotBeBetween", "not between {} and {}", "between {} and {}",
            lambda value, low, high: not low <= value <= high, "does not lie between",
        ),
    )
}  # fmt: skip
"""By the name that ODCS gives them, in its order; both ends of a pair are within it."""
