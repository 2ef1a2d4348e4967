"""Values as text for people. Text of others stands on one line, where it can neither act nor hide."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any

_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Unicode categories of what nobody sees: controls, marks of direction and width, half characters, line ends."""


def one_line(text: Any) -> str:
    """The text, with an escape such as `\\x1b` for each character that would break the line, move, colour or hide."""
    text = str(text)
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(ch) if unicodedata.category(ch) in _UNSEEN else ch for ch in text)


def shown(name: Any) -> str:
    """A name in a message: in quotes, and not too much of it."""
    text = one_line(name)
    return f"'{text[:60]}…'" if len(text) > 60 else f"'{text}'"


def _escaped(ch: str) -> str:
    return ch.encode("unicode_escape").decode()


def file_stem(name: str) -> str:
    """A name as a file's: it cannot leave the folder. Two names may share one, which `Catalog.of` refuses."""
    return "".join(ch if ch.isalnum() or ch in "-_" else "_" for ch in name)


def when(time: datetime) -> str:
    """In UTC, to the minute."""
    return f"{time:%Y-%m-%d %H:%M}"


def number(value: float) -> str:
    return f"{value:,.4g}" if abs(value) < 1_000 else f"{value:,.0f}"


def counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def percent(share: float | None, hours: int) -> str:
    """A share and how many hours it is of; nothing to count is a dash."""
    return "–" if share is None else f"{share:.1%} of {hours} h"


_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def span(seconds: float) -> str:
    """A promise in its largest whole unit: 1 day, 36 hours, 90 minutes."""
    for size, unit in _UNITS:
        if seconds >= size and seconds % size == 0:
            return _of_a_unit(int(seconds // size), unit)
    return f"{seconds:g} seconds"


def age(seconds: float) -> str:
    """What was measured, rounded down to its two largest units: 2 days, 1 day 10 minutes, 45 seconds."""
    left, parts = int(seconds), []
    for size, unit in _UNITS:
        if left >= size:
            parts.append(_of_a_unit(left // size, unit))
            left %= size
    return " ".join(parts[:2]) or "0 seconds"


def _of_a_unit(number: int, unit: str) -> str:
    return f"{number:,} {unit}" if number == 1 else f"{number:,} {unit}s"


def listed(names: Sequence[str], most: int = 4) -> str:
    """`a, b and 3 more`."""
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest
