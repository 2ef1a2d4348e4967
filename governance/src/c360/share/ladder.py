"""Ladders: how a value is made coarser, a finer step and a coarser one, after which it is suppressed.

A label is a text, so that values of all types group alike; an empty one stands for a null.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from c360.clause.dialect import Dialect, canonical_type
from c360.model import Column

Label = Callable[[Dialect, str], str]
"""SQL of a label in a dialect, over a column as that dialect names it."""


@dataclass(frozen=True)
class Ladder:
    """The two labels, in words for people, and the type of what is shared."""

    labels: tuple[Label, Label]
    words: tuple[str, str]
    physical_type: str
    logical_type: str


def _band(steps: Any, column: Column) -> Ladder | str:
    widths = _numbers(steps)
    if widths is None or column.logical_type not in ("integer", "number"):
        return f"band is for numbers, and takes one or two widths, such as [10, 20]; {column.name} is {_of(column)}"

    def label(width: int) -> Label:
        last = width - (column.logical_type == "integer")
        return lambda dialect, x: _bounds(f"floor({x} / {width}.0) * {width}", last)

    words = tuple(f"bands of {width}" for width in _both(widths))
    return Ladder((label(widths[0]), label(widths[-1])), (words[0], words[1]), "text", "string")


def _round(steps: Any, column: Column) -> Ladder | str:
    widths = _numbers(steps)
    if widths is None or column.logical_type not in ("integer", "number"):
        return f"round is for numbers, and takes one or two steps, such as [10, 100]; {column.name} is {_of(column)}"

    def label(width: int) -> Label:
        return lambda dialect, x: f"coalesce(cast(round({x} / {width}.0) * {width} as bigint) || '', '')"

    words = tuple(f"rounded to {width}" for width in _both(widths))
    return Ladder((label(widths[0]), label(widths[-1])), (words[0], words[1]), "bigint", "integer")


_UNITS = ("day", "week", "month", "quarter", "year")


def _truncate(steps: Any, column: Column) -> Ladder | str:
    units = steps if isinstance(steps, list) else [steps]
    fits = 1 <= len(units) <= 2 and all(unit in _UNITS for unit in units)
    if not fits or column.logical_type not in ("date", "timestamp"):
        return f"truncate is for times, and takes one or two of {', '.join(_UNITS)}; {column.name} is {_of(column)}"

    def label(unit: str) -> Label:
        return lambda dialect, x: (
            f"coalesce({dialect.first_day(x, canonical_type(column.physical_type), unit)} || '', '')"
        )

    words = tuple(f"the first day of the {unit}" for unit in _both(units))
    return Ladder((label(units[0]), label(units[-1])), (words[0], words[1]), "date", "date")


def _region(steps: Any, column: Column) -> Ladder | str:
    if steps not in ("state", ["state"]) or column.logical_type != "string":
        return f"region is for an address, and takes state; {column.name} is {_of(column)}"

    def label(dialect: Dialect, x: str) -> str:
        pattern = dialect.literal(dialect.pattern("[ ,]([A-Za-z]{2,3}),? +[0-9]{4,5} *$"))
        return f"coalesce(upper({dialect.first_group(x, pattern)}), '')"

    return Ladder(
        (label, lambda dialect, x: "''"),
        ("the state of the address", "nothing"),
        "text",
        "string",
    )


LADDERS: dict[str, Callable[[Any, Column], Ladder | str]] = {
    "band": _band,
    "round": _round,
    "truncate": _truncate,
    "region": _region,
}
"""By the word of a policy: the ladder, or what is wrong with its steps."""


def _numbers(steps: Any) -> list[int] | None:
    widths = steps if isinstance(steps, list) else [steps]
    whole = all(isinstance(width, int) and not isinstance(width, bool) and 1 < width <= 10**9 for width in widths)
    nested = len(widths) == 1 or (len(widths) == 2 and whole and widths[1] > widths[0] and widths[1] % widths[0] == 0)
    return widths if widths and whole and nested else None


def _both(steps: list[Any]) -> tuple[Any, Any]:
    return steps[0], steps[-1]


def _of(column: Column) -> str:
    return f"{column.logical_type or column.physical_type or 'of no type'}, {column.classification or 'not classified'}"


def _bounds(low: str, last: int) -> str:
    return f"coalesce(cast({low} as bigint) || '-' || cast({low} + {last} as bigint), '')"
