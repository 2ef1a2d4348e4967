"""One SQL condition a row clause: true where the row breaks it, false or null where it holds.

The gate's split, the Soda checks and the dbt tests all use these, so they cannot disagree on a row.
Nulls break `required` only, as in SQL's own constraints and in ODCS.
"""

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypeVar

from c360.clause.arguments import Bound, Rule, Scalar
from c360.clause.dialect import Dialect, canonical_type
from c360.clause.formats import DAYS, LONGEST, TEXTS, integers
from c360.errors import Breach
from c360.model import Clause, Column, Dataset, Row

T = TypeVar("T")


def violation(clause: Clause[object], dataset: Dataset, dialect: Dialect, now: str) -> str:
    """The condition under which a row breaks `clause`; not for keys and relationships, which need other rows.

    `now` is SQL for the clock, a timestamp without zone, in UTC.

    Raises Breach when the clause cannot be expressed, naming it.
    """
    if clause.kind.violation is None:
        raise Breach(f"The clause {clause.id} ({clause.kind.name}) has no condition on a row.", "Report this as a bug.")
    return clause.kind.violation(clause, Row(dataset, dialect, now))


def required(clause: Clause[bool], row: Row) -> str:
    return f"{row.name(clause)} is null"


def enum(clause: Clause[tuple[Scalar, ...]], row: Row) -> str:
    textual = canonical_type(row.column(clause).physical_type).startswith(("text", "character"))
    listed = (str(value) if textual else value for value in clause.argument if value is not None)
    return f"{row.name(clause)} not in ({', '.join(map(row.dialect.literal, listed))})"


def pattern(clause: Clause[str], row: Row) -> str:
    wanted = row.dialect.literal(row.dialect.pattern(clause.argument))
    return f"not ({row.dialect.matches(row.name(clause), wanted)})"


def length(outside: str) -> Callable[[Clause[int], Row], str]:
    """Of a text that has fewer (`<`) or more (`>`) characters than the argument."""
    return lambda clause, row: f"char_length({row.name(clause)}) {outside} {clause.argument}"


def bound(outside: str) -> Callable[[Clause[Bound], Row], str]:
    """Of a number or time that lies beyond the argument, e.g. `<`."""
    return lambda clause, row: _bound(clause, row, outside)


def multiple_of(clause: Clause[Bound], row: Row) -> str:
    step = row.dialect.literal(str(clause.argument))
    return row.dialect.is_no_multiple(row.name(clause), step, canonical_type(row.column(clause).physical_type))


def form(clause: Clause[str], row: Row) -> str:
    name, column, span = row.name(clause), row.column(clause), integers(clause.argument)
    if span:
        return f"({name} < {span[0]} or {name} > {span[1]})"
    if column.logical_type == "string" and clause.argument in TEXTS:
        return _known_format(name, clause.argument, row.dialect)
    return _format(clause, name, column.logical_type, row.dialect)


def row_rule(clause: Clause[Rule], row: Row) -> str:
    """SQL of the contract's own."""
    from c360.clause import guard

    column = row.name(clause) if clause.column else None
    return f"({guard.condition(clause).text(row.dialect, column=column)})"


def _bound(clause: Clause[Bound], row: Row, beyond: str) -> str:
    name, dialect, canonical = row.name(clause), row.dialect, canonical_type(row.column(clause).physical_type)
    bound = dialect.literal(clause.argument)
    if isinstance(clause.argument, str) and row.column(clause).logical_type in ("integer", "number"):
        _read(clause, _number, "number", "20")
    if canonical == "date":
        bound = f"date {dialect.literal(str(_read(clause, _day, 'day', '2026-01-31')))}"
    elif canonical.startswith("timestamp"):
        bound = _instant(clause, canonical, dialect)
    elif isinstance(clause.argument, float) and not math.isfinite(clause.argument):
        raise Breach(f"The bound of {clause.id} is {clause.argument}.", "Write a finite number.")
    elif canonical == "real":  # else 0.1 as a real is compared with 0.1 as a double, and is larger
        bound = f"cast({bound} as {dialect.type_of('real')})"
    outside = f"{name} {beyond} {bound}"
    nan = dialect.not_a_number(canonical)
    if nan:  # it sorts above every number, so a minimum alone would let it through
        return f"({outside} or {name} = {nan})"
    return outside


def _number(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError(text)
    return number


def _day(text: str) -> date:
    return datetime.fromisoformat(text).date()


def _instant(clause: Clause[Bound], canonical: str, dialect: Dialect) -> str:
    """A timestamp as a literal: in UTC, which it is when it names no zone, whatever the zone of the session."""
    moment = _read(clause, datetime.fromisoformat, "ISO 8601 time", "2026-01-31T12:00:00Z")
    if moment.tzinfo:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return dialect.instant(moment.isoformat(" "), zoned="with time zone" in canonical)


def _read(clause: Clause[Bound], reader: Callable[[str], T], what: str, such_as: str) -> T:
    try:
        return reader(str(clause.argument))
    except (ValueError, ArithmeticError):
        raise Breach(f"The bound {clause.argument!r} of {clause.id} is no {what}.", f"Write {such_as}.") from None


def _known_format(name: str, form: str, dialect: Dialect) -> str:
    pattern = dialect.literal(dialect.pattern(f"^({TEXTS[form]})$"))
    wrong = f"not ({dialect.matches(name, pattern)})"
    if form in LONGEST:
        wrong += f" or char_length({name}) > {LONGEST[form]}"
    if form in DAYS:
        wrong += f" or not ({dialect.is_valid(f'substr({name}, 1, 10)', 'date')})"
    return f"({name} is not null and ({wrong}))"


def _format(clause: Clause[str], name: str, logical_type: str, dialect: Dialect) -> str:
    """Text that is not a date or time in the contract's (JDK) format, or not one that exists (30 February)."""
    shape, iso, clocks = read_format(clause.argument, name)
    same = dialect.is_written_so(name, shape) if iso == name else None
    if same:
        return f"({name} is not null and not ({same}))"
    kind = "date" if logical_type == "date" and not clocks else "timestamp"
    wrong = f"translate({name}, '123456789', '000000000') <> {dialect.literal(shape)}"
    exists = dialect.is_valid(iso, kind)
    # Postgres takes 24:00 and a 60th second, Spark does not, and neither is a time of its day
    beyond = "".join(f" or substr({name}, {start}, 2) > '{last}'" for start, last in clocks)
    return f"({name} is not null and ({wrong}{beyond} or not ({exists})))"


def in_future(clause: Clause[int], row: Row) -> str:
    """A time beyond the clock and the tolerance. Text that is no time in its format breaks another clause."""
    column, dialect, now = row.column(clause), row.dialect, row.now
    limit = f"{now} + interval '{clause.argument}' second"
    kind = canonical_type(column.physical_type)
    if kind.startswith(("date", "timestamp")):
        return f"{in_utc(column, dialect)} > {limit}"
    if not kind.startswith(("text", "character")):
        raise Breach(f"{clause.id}: {column.name} holds no time.", "Ask notInFuture of a date or a timestamp.")
    name = dialect.quote(column.physical_name)
    shape, iso, clocks = read_format(str(column.options.get("format") or "yyyy-MM-dd HH:mm:ss"), name)
    # days compare as text, which spares nearly every row the rest
    shaped = f"substr({iso}, 1, 10) >= cast(cast({now} as date) as {dialect.type_of('text')})"
    shaped += f" and translate({name}, '123456789', '000000000') = {dialect.literal(shape)}"
    beyond = "".join(f" and substr({name}, {start}, 2) <= '{last}'" for start, last in clocks)
    return dialect.is_later(f"{shaped}{beyond}", iso, bool(clocks), limit)


def in_utc(column: Column, dialect: Dialect) -> str:
    """The column as a timestamp without zone, in UTC, whatever the zone of the session."""
    return dialect.in_utc(dialect.quote(column.physical_name), canonical_type(column.physical_type))


_PARTS = ("yyyy", "MM", "dd", "HH", "mm", "ss", "S")
_ISO = re.compile("yyyy-MM-dd([ T]HH:mm(:ss([.]S+)?)?Z?)?")
"""Formats whose texts both engines read as they stand."""


def read_format(form: str, name: str) -> tuple[str, str, list[tuple[int, str]]]:
    """A JDK format as (its shape with every digit 0, SQL that puts `name` in ISO order, [(start, last value)]).

    >>> read_format("dd/MM/yyyy", "d")[:2]
    ('00/00/0000', "substr(d, 7, 4) || '-' || substr(d, 4, 2) || '-' || substr(d, 1, 2)")
    """
    places: dict[str, str] = {}
    starts: dict[str, int] = {}
    shape = ""
    for piece in re.findall(r"yyyy|MM|dd|HH|mm|ss|S+|'[TZ]'|.", form):
        part = "S" if set(piece) == {"S"} else piece
        if part in _PARTS:
            if part in places:
                raise Breach(f"The format {form!r} has {part} twice.", "Write each part once.")
            starts[part] = len(shape) + 1
            places[part] = f"substr({name}, {starts[part]}, {len(piece)})"
            shape += "0" * len(piece)
        elif piece.strip("'") in tuple("TZ-/:. "):
            shape += piece.strip("'")
        else:
            raise Breach(f"The format {form!r} has the unknown part {piece!r}.", "Use yyyy MM dd HH mm ss SSS.")
    if not {"yyyy", "MM", "dd"} <= set(places):
        raise Breach(f"The format {form!r} lacks a year, a month or a day.", "Use yyyy MM dd HH mm ss SSS.")
    time = [part for part in _PARTS[3:] if part in places]
    if time != list(_PARTS[3 : 3 + len(time)]):
        raise Breach(f"The format {form!r} has {time[-1]} without what is larger.", "Use yyyy MM dd HH mm ss SSS.")
    clocks = [(starts[part], last) for part, last in (("HH", "23"), ("mm", "59"), ("ss", "59")) if part in places]
    if _ISO.fullmatch(form.replace("'", "")):
        return shape, name, clocks
    iso = " || '-' || ".join(places[part] for part in ("yyyy", "MM", "dd"))
    for part, before in zip(time, (" ", ":", ":", "."), strict=False):
        iso += f" || '{before}' || {places[part]}"
    return shape, iso + " || ':00'" if time == ["HH"] else iso, clocks
