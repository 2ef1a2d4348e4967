"""What a delivered text is worth: whether its type takes it, and which promises about one value it breaks.

The gate says the same in SQL. This is a second reading of the contract, in Python, that invented values are tried by.
"""

import json
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from typing import Any

from c360.clause import kinds
from c360.clause.dialect import canonical_type, unsized
from c360.clause.formats import DAYS, LONGEST, TEXTS, integers
from c360.clause.predicates import read_format
from c360.clause.types import TEXTS as TEXT_TYPES
from c360.fake.patterns import compiled
from c360.model import Clause, Column

WHOLE = {"smallint": 2**15, "integer": 2**31, "bigint": 2**63}
NUMBERS = (*WHOLE, "numeric", "real", "double precision", "money", "oid")
TIMES = ("date", "timestamp without time zone", "timestamp with time zone")
_EPOCH = datetime(1970, 1, 1)


def read(text: str, physical_type: str) -> Any:
    """The value of a text in a type: a Decimal, a datetime (UTC, no zone), else a text. Raises ValueError for none."""
    name, size = type_of(physical_type)
    if name in WHOLE:
        if not re.fullmatch(r"[+-]?\d+", text) or not -WHOLE[name] <= int(text) < WHOLE[name]:
            raise ValueError
        return Decimal(text)
    if name in NUMBERS:
        return _number(text, size if name == "numeric" else ())
    if name in TIMES:
        return moment(text, name)
    if name == "boolean" and text.lower() not in ("true", "false", "t", "f", "1", "0"):
        raise ValueError
    if name == "uuid" and not re.fullmatch(TEXTS["uuid"], text):
        raise ValueError
    if name == "time without time zone" and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?", text):
        raise ValueError
    if name in ("json", "jsonb"):
        json.loads(text)
    if name.endswith("[]") and not (text.startswith("{") and text.endswith("}")):
        raise ValueError
    if name.startswith("character") and size and len(text.rstrip() if name == "character" else text) > size[0]:
        raise ValueError
    if name not in (*TEXT_TYPES, "boolean", "json", "jsonb") and text.startswith("no "):  # as breakers write
        raise ValueError
    return text


@cache
def type_of(physical_type: str) -> tuple[str, tuple[int, ...]]:
    """A type without its size, as c360.clause.types spells it, and the numbers of its size."""
    kind = canonical_type(physical_type)
    return unsized(kind), tuple(int(digits) for digits in re.findall(r"\d+", kind.partition("(")[2].partition(")")[0]))


def _number(text: str, size: tuple[int, ...]) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError from None
    if not value.is_finite() or not re.fullmatch(r"[+-]?[\d.]+([eE][+-]?\d+)?", text):
        raise ValueError
    if size and (abs(value) >= Decimal(10) ** (size[0] - size[1]) or value % Decimal(1).scaleb(-size[1])):
        raise ValueError
    return value


def moment(text: str, name: str = "") -> datetime:
    """A day or time in ISO 8601, in UTC, without zone. Raises ValueError for what is none of the type `name`."""
    if name == "date":
        return datetime.combine(date.fromisoformat(text), datetime.min.time())
    found = datetime.fromisoformat(text)
    if name and (found.tzinfo is None) == ("with time zone" in name):
        raise ValueError
    return found.replace(tzinfo=None) - (found.utcoffset() or timedelta())


def microseconds(text: str) -> int:
    """A day or time in ISO 8601 since 1970, in UTC. Raises ValueError."""
    return (moment(text) - _EPOCH) // timedelta(microseconds=1)


def casts(column: Column, text: str) -> bool:
    """Whether the column's type takes the text."""
    return _casts(column.physical_type, text)


@lru_cache(200_000)
def _casts(physical_type: str, text: str) -> bool:
    try:
        read(text, physical_type)
    except (ValueError, OverflowError):
        return False
    return True


def breaks(clause: Clause[Any], column: Column, text: str, now: datetime) -> bool:
    """Whether a text that casts breaks a clause about single values; of a kind that is none, never. `now` is UTC."""
    test = _TESTS.get(clause.kind.name)
    return test is not None and bool(test(clause.argument, column, text, now))


def _enum(listed: Any, column: Column, text: str, now: datetime) -> bool:
    value = read(text, column.physical_type)
    return all(value != _as(value, listed_one) for listed_one in listed if listed_one is not None)


def _as(value: Any, said: Any) -> Any:
    """What a contract says, as the kind of value that it is compared with."""
    if isinstance(value, Decimal):
        return Decimal(str(said))
    if isinstance(value, datetime):
        return moment(str(said))
    return str(said).lower() if isinstance(said, bool) else str(said)


def _length(text: str, column: Column) -> int:
    return len(text.rstrip(" ") if type_of(column.physical_type)[0] == "character" else text)


def _beyond(is_out: Callable[[Any, Any], bool]) -> Callable[[Any, Column, str, datetime], bool]:
    def test(bound: Any, column: Column, text: str, now: datetime) -> bool:
        value = read(text, column.physical_type)
        return is_out(value, _as(value, bound))

    return test


def _format(form: str, column: Column, text: str, now: datetime) -> bool:
    span = integers(form)
    if span:
        return not span[0] <= Decimal(text) <= span[1]
    if column.logical_type == "string" and form in TEXTS:
        if not re.fullmatch(TEXTS[form], text, re.ASCII) or len(text) > LONGEST.get(form, len(text)):
            return True
        return form in DAYS and _none(text[:10])
    return in_format(text, form) is None


def _none(text: str) -> bool:
    try:
        moment(text)
    except ValueError:
        return True
    return False


def in_format(text: str, form: str) -> datetime | None:
    """The time that a text says in a JDK format; None where it says none."""
    shape, _, _ = read_format(form, "")
    if len(text) != len(shape) or re.sub("[0-9]", "0", text) != shape:
        return None
    parts, at = {"yyyy": 1, "MM": 1, "dd": 1, "HH": 0, "mm": 0, "ss": 0, "S": 0}, 0
    for piece in re.findall(r"yyyy|MM|dd|HH|mm|ss|S+|'[TZ]'|.", form):
        size = len(piece.strip("'"))
        if piece.strip("S") == "" or piece in parts:
            parts["S" if piece[0] == "S" else piece] = int(text[at : at + size].ljust(6, "0")[:6] if piece[0] == "S"
                                                          else text[at : at + size])  # fmt: skip
        at += size
    try:
        return datetime(*parts.values())  # type: ignore[arg-type]
    except ValueError:
        return None


def _future(tolerance: int, column: Column, text: str, now: datetime) -> bool:
    if type_of(column.physical_type)[0] in TIMES:
        value = read(text, column.physical_type)
    else:
        value = in_format(text, str(column.options.get("format") or "yyyy-MM-dd HH:mm:ss"))
    return value is not None and value > now + timedelta(seconds=tolerance)


_TESTS: dict[str, Callable[[Any, Column, str, datetime], Any]] = {
    kinds.ENUM.name: _enum,
    kinds.MIN_LENGTH.name: lambda least, column, text, now: _length(text, column) < least,
    kinds.MAX_LENGTH.name: lambda most, column, text, now: _length(text, column) > most,
    kinds.PATTERN.name: lambda ecma, column, text, now: (found := compiled(ecma)) and not found.search(text),
    kinds.MINIMUM.name: _beyond(lambda value, bound: value < bound),
    kinds.MAXIMUM.name: _beyond(lambda value, bound: value > bound),
    kinds.EXCLUSIVE_MINIMUM.name: _beyond(lambda value, bound: value <= bound),
    kinds.EXCLUSIVE_MAXIMUM.name: _beyond(lambda value, bound: value >= bound),
    kinds.MULTIPLE_OF.name: lambda step, column, text, now: Decimal(text) % Decimal(str(step)) != 0,
    kinds.FORMAT.name: _format,
    kinds.NOT_IN_FUTURE.name: _future,
}
