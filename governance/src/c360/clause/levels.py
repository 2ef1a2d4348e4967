"""Service levels (`slaProperties`) that we measure: how old, how late, how long kept."""

import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from c360.clause.arguments import Latency
from c360.clause.promise import Entry, Promise, Table
from c360.errors import Breach

DURATIONS = ("freshness", "retention", "latency")
"""Those that promise a span of time."""
UNITS = {
    "ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "mo": 2_629_800, "q": 7_889_400, "y": 31_557_600,
}  # fmt: skip
UNIT_NAMES = {
    "second": "s", "sec": "s", "minute": "m", "min": "m", "hour": "h", "hr": "h",
    "day": "d", "week": "w", "year": "y", "yr": "y", "month": "mo", "mon": "mo", "quarter": "q", "qtr": "q",
    "millisecond": "ms", "millis": "ms", "milli": "ms",
}  # fmt: skip
_ISO = re.compile(
    r"P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?"
)
_ISO_SIZES = [UNITS[unit] for unit in ("y", "mo", "w", "d", "h", "m", "s")]
_DURATION = re.compile(r"(.*?)\s*([A-Za-z]*)\s*$", re.DOTALL)


def age(name: str) -> Callable[[Entry], Iterator[Promise[int]]]:
    """Freshness and retention: the time in a column is at most so many seconds ago."""

    def read(entry: Entry) -> Iterator[Promise[int]]:
        if _property(entry) != name or not is_about(entry):
            return
        owner, column = _elements(entry)[0]
        if not (column or owner):
            raise Breach(f"{entry.table.path}: the SLA {name} names no element.", "Add element: table.column.")
        yield Promise(_promised(entry), column or owner, source=entry.body)

    return read


def latency(entry: Entry) -> Iterator[Promise[Latency]]:
    pair = _pair(entry) if _property(entry) == "latency" and is_about(entry) else ""
    if not isinstance(pair, str):
        yield Promise(Latency(_promised(entry), pair[1]), pair[0], source=entry.body)


def why_not(entry: Entry) -> str:
    """Why a service level that no kind reads is not measured."""
    pair = _pair(entry) if _property(entry) == "latency" else ""
    return pair if isinstance(pair, str) and pair else "no engine measures it"


def is_about(entry: Entry) -> bool:
    """Whether a service level is about this table; one that names none is about the contract's first."""
    tables = entry.table.tables
    measured = _property(entry) in ("freshness", "retention")
    about = {owner for owner, _ in _elements(entry) if owner in tables or (owner and measured)}
    return entry.table.name in (about or {tables[0]})


def load_columns(table: Table) -> Iterator[str]:
    """The columns of the freshness promises: when a row was loaded."""
    for level in table.levels:
        yield from (str(promise.column) for promise in age("freshness")(level))


def _property(entry: Entry) -> str:
    return str(entry.body.get("property")).lower()


def _promised(entry: Entry) -> int:
    return seconds(entry.table.path, entry.body.get("value"), str(entry.body.get("unit") or "d"))


def _elements(entry: Entry) -> list[tuple[str, str]]:
    named = str(entry.body.get("element") or entry.table.document.get("slaDefaultElement") or "")
    return [_element(element.strip(), entry.table.tables) for element in named.split(",")]


def _element(element: str, tables: list[str]) -> tuple[str, str]:
    """The table and the column of an SLA's element; either may be empty."""
    if element in tables:
        return element, ""
    for name in tables:
        if element.startswith(f"{name}."):
            return name, element[len(name) + 1 :]
    owner, _, column = element.rpartition(".")
    return owner, column


def _pair(entry: Entry) -> tuple[str, str] | str:
    """The columns of the event and of its load (that of the freshness SLA when just one is named), or why not."""
    table = entry.table
    columns = [name for owner, name in _elements(entry) if owner in ("", table.name)]
    if len(columns) == 1:
        for level in table.levels:
            if _property(level) == "freshness":
                owner, column = _elements(level)[0]
                columns += [column] if (owner or table.tables[0]) == table.name else []
    types = {prop["name"]: str(prop.get("physicalType") or "").lower() for prop in table.properties}
    if len(columns) != 2 or len(set(columns)) != 2 or not set(columns) <= set(types):
        return "it names no two columns, of the event and of its load"
    text = next((name for name in columns if not types[name].startswith(("timestamp", "date"))), None)
    return f"{text} is not stored as a time" if text else (columns[0], columns[1])


def seconds_or_none(sla: dict[str, Any]) -> int | None:
    """The duration of an SLA that promises one, where it can be read as one."""
    if str(sla.get("property")).lower() not in DURATIONS:
        return None
    try:
        return seconds(Path(), sla.get("value"), str(sla.get("unit") or "d"))
    except Breach:
        return None


def seconds_of(path: Path, span: str) -> int:
    """A span such as `1 h` in seconds; a bare number is seconds."""
    number, unit = _DURATION.fullmatch(span).groups()  # type: ignore[union-attr]  # it matches every text
    return seconds(path, number, unit or "s")


def seconds(path: Path, value: Any, unit: str) -> int:
    """A duration in seconds, from a number and a unit (d, day, days, h, hr, month, q, ms, …), or as ISO 8601 has it."""
    written = _ISO.fullmatch(value.strip()) if isinstance(value, str) else None
    if written:
        total = sum(float(number) * size for number, size in zip(written.groups(), _ISO_SIZES, strict=True) if number)
        return _whole(path, value, total)
    if isinstance(value, str) and (spelt := _DURATION.fullmatch(value.strip())) and spelt[2]:
        value, unit = spelt.groups()
    if (short := unit.strip().lower()) not in UNITS:
        short = UNIT_NAMES.get(short.rstrip("s"), short)
    if short not in UNITS:
        raise Breach(f"{path}: the unit {unit!r} of an SLA is unknown.", "Use d, h, m, s, w, month, quarter or y.")
    try:
        return _whole(path, value, float(value) * UNITS[short])
    except (OverflowError, TypeError, ValueError) as error:
        raise Breach(f"{path}: the SLA value {value!r} is not a number.", "Write a number.") from error


def _whole(path: Path, value: Any, total: float) -> int:
    """What is less than a second is one, and not none."""
    if not math.isfinite(total):
        raise Breach(f"{path}: the SLA value {value!r} is not a finite number.", "Write a number.")
    return 1 if 0 < total < 1 else round(total)
