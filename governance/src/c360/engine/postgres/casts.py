"""Casts of delivered text to the contract's types, which lose nothing: what would be changed is not cast.

Postgres by itself reads 1.2345 into numeric(12,2) as 1.23, drops a time zone, takes 'infinity', 'tomorrow' and 1_000.
"""

import re

from c360.clause.dialect import POSTGRES, canonical_type
from c360.clause.predicates import read_format
from c360.gate.form import Form

SILENT = Form()

_TIME = r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6}0*)?)?"
_DAY = r"\d{4}-\d{2}-\d{2}"
_NUMBER = r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?"
_MIDNIGHT = rf"^{_DAY}[ T]00:00(:00(\.0+)?)?(Z| ?UTC|\+00(:?00)?)?$"
_TEXTS = ("text", "character varying", "character")
_TIMESTAMPS = ("timestamp without time zone", "timestamp with time zone")
_WHOLE = ("smallint", "integer", "bigint")
_NUMBERS = (*_WHOLE, "numeric", "real", "double precision")
_SHAPES = {
    **dict.fromkeys(_WHOLE, r"[+-]?\d+"),
    "numeric": rf"{_NUMBER}|[nN][aA][nN]",
    "real": rf"{_NUMBER}|[nN][aA][nN]",
    "double precision": rf"{_NUMBER}|[nN][aA][nN]",
    "boolean": "[tT][rR][uU][eE]|[fF][aA][lL][sS][eE]|[tTfF10]",
    "timestamp without time zone": rf"{_DAY}([ T]{_TIME}(Z| ?UTC|\+00(:?00)?)?)?",
    "timestamp with time zone": rf"{_DAY}[ T]{_TIME}(Z| ?UTC|[+-]\d{{2}}(:?\d{{2}})?)",
    "time without time zone": _TIME,
    "bytea": r"\\x([0-9a-fA-F]{2})*",
}
"""What a value may look like when it is not already spelled as Postgres spells it."""


_DAYS = r"(?!0000)\d{4}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
"""All that there are but the leap days."""
_CLOCK = r"[ T](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?"
_SURE = {
    "uuid": "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    "smallint": r"[+-]?\d{1,4}",
    "integer": r"[+-]?\d{1,9}",
    "bigint": r"[+-]?\d{1,18}",
    "date": _DAYS,
    "timestamp without time zone": f"{_DAYS}{_CLOCK}Z?",
    "timestamp with time zone": f"{_DAYS}{_CLOCK}Z",
}


def sure(physical_type: str, form: Form) -> str:
    """A regular expression (of bytes, in Python) for text whose plain cast cannot fail and loses nothing.

    It is the common spelling and not every one; empty for a type that has none, as text, or in a form of the sender's.
    """
    kind = canonical_type(physical_type)
    name = re.sub(r"\(.*?\)", "", kind)
    if (name in _NUMBERS and (form.decimal, form.thousands) != (".", "")) or (
        form.date_format if name == "date" else form.timestamp_format if name in _TIMESTAMPS else ""
    ):
        return ""
    digits = re.fullmatch(r"numeric\((\d+),(\d+)\)", kind)
    if digits and int(digits[1]) > int(digits[2]) > 0:
        return rf"[+-]?\d{{1,{int(digits[1]) - int(digits[2])}}}(?:\.\d{{1,{digits[2]}}})?"
    return _SURE.get(kind, "")


def plain(column: str, physical_type: str, form: Form = SILENT) -> str:
    """SQL: the text `column` as its sender means it: null where it stands for none, numbers with a decimal point.

    An empty text is a value of a text column only. `column` is quoted already.
    """
    kind = re.sub(r"\(.*?\)", "", canonical_type(physical_type))
    if kind in _NUMBERS and (form.decimal, form.thousands) != (".", ""):
        literal = POSTGRES.literal
        if form.thousands:
            column = f"replace({column}, {literal(form.thousands)}, '')"
        if form.decimal != ".":  # a point is then no part of a number
            column = f"translate({column}, {literal(form.decimal + '.')}, '.,')"
    nulls = [*form.null_values, *([] if kind in _TEXTS else [""])]
    if not nulls:
        return column
    if nulls == [""]:
        return f"nullif({column}, '')"
    return f"case when {column} not in ({', '.join(map(POSTGRES.literal, nulls))}) then {column} end"


def cast(column: str, physical_type: str, form: Form = SILENT) -> str:
    """SQL: the value of the text `column` in the type, or null where it has none. `column` is quoted already."""
    kind = canonical_type(physical_type)
    plain = re.sub(r"\(.*?\)", "", kind)
    if plain == "text":
        return column
    if plain in ("character varying", "character"):
        size = re.search(r"\((\d+)\)", kind)
        fits = f"char_length({column}) <= {size[1]}" if size else "true"
        return f"case when {fits} then {column}::{kind} end"
    valid = f"pg_input_is_valid({column}, '{kind}')"
    if plain in ("json", "jsonb"):
        return f"case when {valid} then {column}::{kind} end"
    if plain == "uuid":  # Postgres takes braces too, and hyphens elsewhere
        return f"case when {column} like '________-____-____-____-____________' and {valid} then {column}::{kind} end"
    written = form.date_format if plain == "date" else form.timestamp_format if plain in _TIMESTAMPS else ""
    if written:
        return _written(column, kind, written)
    if plain == "date":  # at midnight, a timestamp is no more than a date
        day = f"translate({column}, '123456789', '000000000') = '0000-00-00'"
        return f"case when ({day} or {column} ~ '{_MIDNIGHT}') and {valid} then {column}::{kind} end"
    if kind.startswith("numeric("):
        return _exact(column, kind)
    shape = _SHAPES[plain]
    same = f"{column}::{kind}::text = {column} and {column} not in ('infinity', '-infinity')"
    if plain == "timestamp without time zone":  # Postgres spells a fraction without zeros at its end
        spaced = f"replace(rtrim({column}, 'Z'), 'T', ' ')"
        either = f"({spaced}, rtrim(rtrim({spaced}, '0'), '.'))"
        same = f"substr({column}, 5, 1) = '-' and {column}::{kind}::text in {either}"
    if plain == "boolean":
        same = "false"
    # the cheap comparison decides nearly every row; the regular expression only what it leaves open
    return f"case when {valid} then case when ({same}) or {column} ~ '^({shape})$' then {column}::{kind} end end"


def _exact(column: str, kind: str) -> str:
    """A decimal whose value, however it is written (1.50, 15e-1), has a place in the type to the last digit.

    The cheap comparison decides nearly every row.
    """
    value, scale = f"{column}::numeric", int(kind.rpartition(",")[2].rstrip(")"))
    exact = f"case when {column} ~ '^({_NUMBER})$' then {value} = round({value}, {scale}) end"
    same = f"{column}::{kind}::text = {column} or lower({column}) = 'nan'"
    valid = f"pg_input_is_valid({column}, '{kind}')"
    return f"case when {valid} then case when {same} or {exact} then {column}::{kind} end end"


def _written(column: str, kind: str, form: str) -> str:
    """A date or timestamp in a JDK format of the sender's; times are UTC."""
    shape, iso, clocks = read_format(form, column)
    day = "date" if kind == "date" and not clocks else "timestamp"
    shaped = f"translate({column}, '123456789', '000000000') = {POSTGRES.literal(shape)}"
    times = "".join(f" and substr({column}, {start}, 2) <= '{last}'" for start, last in clocks)
    whole = f" and ({iso})::timestamp = date_trunc('day', ({iso})::timestamp)" if kind == "date" and clocks else ""
    value = f"({iso})::timestamp" + (" at time zone 'UTC'" if "with time zone" in kind else "")
    valid = f"case when {shaped}{times} then pg_input_is_valid({iso}, '{day}') else false end"
    return f"case when {valid} then case when true{whole} then ({value})::{kind} end end"
