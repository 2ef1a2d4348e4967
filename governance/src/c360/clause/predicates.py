"""One SQL condition a row clause: true where the row breaks it, false or null where it holds.

The gate's split, the Soda checks and the dbt tests all use these, so they cannot disagree on a row.
Nulls break `required` only, as in SQL's own constraints and in ODCS.
"""

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime

from c360.clause.arguments import Rule, Scalar
from c360.clause.dialect import Dialect, canonical_type
from c360.clause.formats import DAYS, LONGEST, TEXTS, integers
from c360.errors import Breach
from c360.model import Clause, Column, Dataset, Row

_FLOATING = ("numeric", "real", "double")
Bound = int | float | str
"""A number, a date or a time as text."""


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
    textual = canonical_type(row.column(clause).physical_type or "text").startswith(("text", "character"))
    listed = (str(value) if textual else value for value in clause.argument if value is not None)
    return f"{row.name(clause)} not in ({', '.join(map(row.dialect.literal, listed))})"


def pattern(clause: Clause[str], row: Row) -> str:
    wanted = row.dialect.literal(pattern_for(clause.argument, row.dialect))
    return f"not ({row.dialect.matches(row.name(clause), wanted)})"


def length(outside: str) -> Callable[[Clause[int], Row], str]:
    """Of a text that has fewer (`<`) or more (`>`) characters than the argument."""
    return lambda clause, row: f"char_length({row.name(clause)}) {outside} {clause.argument}"


def bound(outside: str) -> Callable[[Clause[Bound], Row], str]:
    """Of a number or time that lies beyond the argument, e.g. `<`."""
    return lambda clause, row: _bound(clause, row, outside)


def multiple_of(clause: Clause[Bound], row: Row) -> str:
    return _multiple(row.name(clause), clause.argument, row.column(clause).physical_type, row.dialect)


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
    if canonical.startswith("date"):
        bound = f"date {bound}"
    elif canonical.startswith("timestamp"):
        bound = _instant(clause, canonical, dialect)
    elif isinstance(clause.argument, float) and not math.isfinite(clause.argument):
        raise Breach(f"The bound of {clause.id} is {clause.argument}.", "Write a finite number.")
    elif canonical == "real":  # else 0.1 as a real is compared with 0.1 as a double, and is larger
        bound = f"cast({bound} as {dialect.type_of('real')})"
    outside = f"{name} {beyond} {bound}"
    if canonical.startswith(_FLOATING):
        # Postgres and Spark sort NaN above every number, so a minimum alone would let it through.
        nan = "'NaN'" if dialect.name == "postgres" else "double('NaN')"
        if dialect.name == "postgres":
            return f"({outside} or {name} = {nan})"
        if not canonical.startswith("numeric"):
            return f"({outside} or {name} = {nan})"
    return outside


def _instant(clause: Clause[Bound], canonical: str, dialect: Dialect) -> str:
    """A timestamp as a literal: in UTC, which it is when it names no zone, whatever the zone of the session."""
    try:
        moment = datetime.fromisoformat(str(clause.argument))
    except ValueError as error:
        raise Breach(
            f"The bound {clause.argument!r} of {clause.id} is no ISO 8601 time.",
            "Write 2026-01-31T12:00:00Z.",
        ) from error
    if moment.tzinfo:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    text = moment.isoformat(" ")
    if dialect.name == "postgres" and "with time zone" not in canonical:
        return f"timestamp '{text}'"
    return f"{'timestamptz' if dialect.name == 'postgres' else 'timestamp'} '{text}+00:00'"


def _multiple(name: str, step: object, physical_type: str, dialect: Dialect) -> str:
    exact = "numeric" if dialect.name == "postgres" else "decimal(38,10)"
    if dialect.name != "postgres" and canonical_type(physical_type or "text") in ("real", "double precision"):
        # NaN and infinity have no decimal, and are no multiple
        rest = f"mod(try_cast({name} as {exact}), cast({dialect.literal(str(step))} as {exact}))"
        return f"({name} is not null and coalesce({rest}, 1) <> 0)"
    return f"mod(cast({name} as {exact}), cast({dialect.literal(str(step))} as {exact})) <> 0"


def _known_format(name: str, form: str, dialect: Dialect) -> str:
    pattern = dialect.literal(pattern_for(f"^({TEXTS[form]})$", dialect))
    wrong = f"not ({dialect.matches(name, pattern)})"
    if form in LONGEST:
        wrong += f" or char_length({name}) > {LONGEST[form]}"
    if form in DAYS:
        wrong += f" or not ({_exists(f'substr({name}, 1, 10)', 'date', dialect)})"
    return f"({name} is not null and ({wrong}))"


def _exists(text: str, kind: str, dialect: Dialect) -> str:
    """SQL: there is such a date or timestamp."""
    if dialect.name == "postgres":
        return f"pg_input_is_valid({text}, '{kind}')"
    return f"try_cast({text} as {kind}) is not null"


def _format(clause: Clause[str], name: str, logical_type: str, dialect: Dialect) -> str:
    """Text that is not a date or time in the contract's (JDK) format, or not one that exists (30 February).

    The shape is told by `translate`, which both engines have and which is ten times as fast as a regular expression.
    """
    shape, iso, clocks = read_format(clause.argument, name)
    kind = "date" if logical_type == "date" and not clocks else "timestamp"
    wrong = f"translate({name}, '123456789', '000000000') <> {dialect.literal(shape)}"
    exists = _exists(iso, kind, dialect)
    # Postgres takes 24:00 and a 60th second, Spark does not, and neither is a time of its day
    beyond = "".join(f" or substr({name}, {start}, 2) > '{last}'" for start, last in clocks)
    return f"({name} is not null and ({wrong}{beyond} or not ({exists})))"


def in_future(clause: Clause[int], row: Row) -> str:
    """A time beyond the clock and the tolerance. Text that is no time in its format breaks another clause."""
    column, dialect, now = row.column(clause), row.dialect, row.now
    limit = f"{now} + interval '{clause.argument}' second"
    kind = canonical_type(column.physical_type or "text")
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
    if dialect.name == "postgres":
        valid = f"{shaped}{beyond} and pg_input_is_valid({iso}, 'timestamp')"
        return f"case when {valid} then cast({iso} as timestamp) > {limit} else false end"
    return f"({shaped}{beyond} and try_cast({iso} || '{'' if clocks else ' 00:00:00'}+00:00' as timestamp) > {limit})"


def in_utc(column: Column, dialect: Dialect) -> str:
    """The column as a timestamp without zone, in UTC, whatever the zone of the session."""
    name = dialect.quote(column.physical_name)
    kind = canonical_type(column.physical_type or "text")
    if dialect.name == "postgres" and "with time zone" in kind:
        return f"({name} at time zone 'UTC')"
    return name if kind.startswith("timestamp") else f"cast({name} as timestamp)"


def read_format(form: str, name: str) -> tuple[str, str, list[tuple[int, str]]]:
    """A JDK format as (its shape with every digit 0, SQL that puts `name` in ISO order, [(start, last value)]).

    >>> read_format("dd/MM/yyyy", "d")[:2]
    ('00/00/0000', "substr(d, 7, 4) || '-' || substr(d, 4, 2) || '-' || substr(d, 1, 2)")
    """
    places: dict[str, int] = {}
    shape = ""
    for piece in re.findall(r"yyyy|MM|dd|HH|mm|ss|S+|'[TZ]'|.", form):
        if piece in ("yyyy", "MM", "dd", "HH", "mm", "ss") or set(piece) == {"S"}:
            places[piece[0] + piece[-1]] = len(shape) + 1
            shape += "0" * len(piece)
        elif piece.strip("'") in tuple("TZ-/:. "):
            shape += piece.strip("'")
        else:
            raise Breach(f"The format {form!r} has the unknown part {piece!r}.", "Use yyyy MM dd HH mm ss SSS.")
    if not {"yy", "MM", "dd"} <= set(places):
        raise Breach(f"The format {form!r} lacks a year, a month or a day.", "Use yyyy MM dd HH mm ss SSS.")
    clocks = [(places[part], last) for part, last in (("HH", "23"), ("mm", "59"), ("ss", "59")) if part in places]
    if shape.startswith("0000-00-00"):
        return shape, name, clocks
    day = " || '-' || ".join(f"substr({name}, {places[p]}, {4 if p == 'yy' else 2})" for p in ("yy", "MM", "dd"))
    time = " || ':' || ".join(f"substr({name}, {places[p]}, 2)" for p in ("HH", "mm", "ss") if p in places)
    return shape, f"{day} || ' ' || {time}" if time else day, clocks


def pattern_for(pattern: str, dialect: Dialect) -> str:
    """An ECMA-262 pattern in the engine's own spelling.

    Postgres' `\\d` and `\\w` know the digits and letters of every script and its `\\y` is a word boundary; Java's `$`
    matches before a last line break too.
    """
    bracket = False
    pieces = []
    for piece in re.findall(r"\\.|[^\\]|\\$", pattern, re.DOTALL):
        if piece == "[":
            bracket = True
        elif piece == "]":
            bracket = False
        elif dialect.name == "postgres":
            piece = (_IN_BRACKETS if bracket else _OUTSIDE).get(piece, piece)
        elif piece == "$" and not bracket:
            piece = "\\z"
        pieces.append(piece)
    return "".join(pieces)


_IN_BRACKETS = {r"\d": "0-9", r"\w": "A-Za-z0-9_"}
_OUTSIDE = {
    r"\d": "[0-9]", r"\D": "[^0-9]", r"\w": "[A-Za-z0-9_]", r"\W": "[^A-Za-z0-9_]", r"\b": r"\y", r"\B": r"\Y",
}  # fmt: skip
