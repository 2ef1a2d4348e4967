"""Ladders: how a value is made coarser, a finer step and a coarser one, after which it is suppressed.

A label is what groups by: small, of one type, and never null, since SQL joins no nulls. What is shown is made of it
afterwards, in the view.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from c360.clause.dialect import Dialect, canonical_type
from c360.model import Column

Label = Callable[[Dialect, str], str]
"""SQL of a label in a dialect, over a column as that dialect names it."""
Shown = Callable[[str, str], str]
"""SQL of what is shown of a label, over its name and that of the step that made it, 1 or 2; null for none."""


@dataclass(frozen=True)
class Ladder:
    """The labels of both steps, what is shown of them, in words for people too, and of which type. `name` tells ladders
    of different steps apart. The coarse label is made of the fine one where that tells (`of_fine`), else of the
    column."""

    name: str
    fine: Label
    coarse: Label
    shown: Shown
    descriptions: tuple[str, str]
    physical_type: str
    logical_type: str
    none: str
    of_fine: bool = True

    @property
    def has_two_steps(self) -> bool:
        """Whether there is a coarser step."""
        return self.descriptions[0] != self.descriptions[1]


_NO_NUMBER = "1"
"""The label where there is no number: no multiple of any width."""
_NO_DAY = "date '9999-12-30'"
"""The label where there is no day: a Thursday, so the first day of no week, month, quarter or year."""


def _multiple(x: str, width: int) -> str:
    """The next multiple of `width` below a whole number, of a negative one too; in integers, since a division of
    numerics costs as much as all the rest of a release."""
    return f"{x} - mod(mod({x}, {width}) + {width}, {width})"


def _band(steps: Any, column: Column) -> Ladder | str:
    widths = _numbers(steps)
    if widths is None or column.logical_type not in ("integer", "number"):
        return f"band is for numbers, and takes one or two widths, such as [10, 20]; {column.name} is {_of(column)}"

    is_whole = column.logical_type == "integer"

    def label(dialect: Dialect, x: str) -> str:
        whole = f"cast({x if is_whole else f'floor({x})'} as bigint)"
        return f"coalesce({_multiple(whole, widths[0])}, {_NO_NUMBER})"

    first, second = (width - is_whole for width in _both(widths))

    def shown(q: str, step: str) -> str:
        last = str(first) if first == second else f"case {step} when 1 then {first} else {second} end"
        return f"case when {q} <> {_NO_NUMBER} then {q} || '-' || ({q} + {last}) end"

    descriptions = tuple(f"bands of {width}" for width in _both(widths))
    return Ladder(
        _named("band", widths),
        label,
        lambda dialect, f: f"case {f} when {_NO_NUMBER} then {_NO_NUMBER} else {_multiple(f, widths[-1])} end",
        shown,
        (descriptions[0], descriptions[1]),
        "text",
        "string",
        _NO_NUMBER,
    )


def _round(steps: Any, column: Column) -> Ladder | str:
    widths = _numbers(steps)
    if widths is None or column.logical_type not in ("integer", "number"):
        return f"round is for numbers, and takes one or two steps, such as [10, 100]; {column.name} is {_of(column)}"

    def label(width: int) -> Label:
        return lambda dialect, x: f"coalesce(cast(round({x} / {width}.0) * {width} as bigint), {_NO_NUMBER})"

    descriptions = tuple(f"rounded to {width}" for width in _both(widths))
    return Ladder(
        _named("round", widths),
        label(widths[0]),
        label(widths[-1]) if len(widths) > 1 else lambda dialect, f: f,
        lambda q, step: f"nullif({q}, {_NO_NUMBER})",
        (descriptions[0], descriptions[1]),
        "bigint",
        "integer",
        _NO_NUMBER,
        of_fine=len(widths) == 1,
    )


_UNITS = ("day", "week", "month", "quarter", "year")


def _truncate(steps: Any, column: Column) -> Ladder | str:
    units = steps if isinstance(steps, list) else [steps]
    fits = 1 <= len(units) <= 2 and all(unit in _UNITS for unit in units)
    if not fits or column.logical_type not in ("date", "timestamp"):
        return f"truncate is for times, and takes one or two of {', '.join(_UNITS)}; {column.name} is {_of(column)}"

    def label(unit: str) -> Label:
        return lambda dialect, x: (
            f"coalesce({dialect.first_day(x, canonical_type(column.physical_type), unit)}, {_NO_DAY})"
        )

    def of_first(dialect: Dialect, f: str) -> str:
        return f"case {f} when {_NO_DAY} then {_NO_DAY} else {dialect.first_day(f, 'date', units[-1])} end"

    descriptions = tuple(f"the first day of the {unit}" for unit in _both(units))
    return Ladder(
        _named("truncate", units),
        label(units[0]),
        label(units[-1]) if units[0] == "week" else of_first,
        lambda q, step: f"nullif({q}, {_NO_DAY})",
        (descriptions[0], descriptions[1]),
        "date",
        "date",
        _NO_DAY,
        of_fine=units[0] != "week",  # of which some lie in two months
    )


def _region(steps: Any, column: Column) -> Ladder | str:
    if steps not in ("state", ["state"]) or column.logical_type != "string":
        return f"region is for an address, and takes state; {column.name} is {_of(column)}"

    def label(dialect: Dialect, x: str) -> str:
        pattern = dialect.literal(dialect.pattern("[ ,]([A-Za-z]{2,3}),? +[0-9]{4,5} *$"))
        return f"coalesce(upper({dialect.first_group(x, pattern)}), '')"

    return Ladder(
        _named("region", ["state"]),
        label,
        lambda dialect, f: "''",
        lambda q, step: f"nullif({q}, '')",
        ("the state of the address", "nothing"),
        "text",
        "string",
        "''",
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


def _named(kind: str, steps: list[Any]) -> str:
    return "_".join([kind, *map(str, steps)])


def _of(column: Column) -> str:
    return f"{column.logical_type or column.physical_type or 'of no type'}, {column.classification or 'not classified'}"
