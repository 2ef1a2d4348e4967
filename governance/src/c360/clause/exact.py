"""Postgres: casts of text that lose nothing.

By itself Postgres reads 1.2345 into numeric(12,2) as 1.23 and 9007199254740993 into a double as ...992, drops a time
zone, keeps the last of two equal keys, and takes 'tomorrow', 24:00:00 and 1_000. Here a text has a value only if the
value says all that the text says. The rule of each type is in docs/deliveries.md; a type that is not named there has
the texts that Postgres itself writes.
"""

import re

from c360.clause.types import canonical_type, unsized

_DAY = r"\d{4}-\d{2}-\d{2}"
_UTC = r"(Z| ?UTC|\+00(:?00)?)"
_ZONE = r"(Z| ?UTC|[+-]\d{2}(:?\d{2})?)"
_MIDNIGHT = rf"{_DAY}[ T]00:00(:00(\.0+)?)?{_UTC}?"
_NUMBER = r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?"
_UNIT = r"[+-]?\d+ (year|mon|month|week|day|hour|min|minute|sec|second)s?"
_SECONDS = r"\d+(\.\d{1,6}0*)?"
_INTERVAL = (
    rf"P([+-]?\d+[YMWD])*(T([+-]?\d+[HM])*([+-]?{_SECONDS}S)?)?|"
    rf"({_UNIT}( {_UNIT})*)?( ?[+-]?\d+:[0-5]\d(:[0-5]\d(\.\d{{1,6}}0*)?)?)?"
)
_HEX = r"\\x([0-9a-fA-F]{2})*"
_BOUND = r'("[^"]*"|[^",]*)'
_PAIR = r"\(? *([^(), ]+) *, *([^(), ]+) *\)?"
_RANGES = {
    "int4range": "integer", "int8range": "bigint", "numrange": "numeric", "daterange": "date", "tsrange": "timestamp",
    "tstzrange": "timestamptz",
}  # fmt: skip
_AS_IT_STANDS = ("macaddr", "xml")
"""Types of which Postgres takes no text that it would change."""
_PART = "c360__part"


def exact(column: str, physical_type: str) -> str:
    """SQL: the value of the text `column` in a type, or null where it has none that says the same."""
    kind = canonical_type(physical_type)
    plain = unsized(kind)
    if plain == "text":
        return column
    if plain in ("character varying", "character"):
        size = re.search(r"\((\d+)\)", kind)
        fits = f"char_length({column}) <= {size[1]}" if size else "true"
        return f"case when {fits} then {column}::{kind} end"
    value, valid = f"{column}::{kind}", f"pg_input_is_valid({column}, '{kind}')"
    if plain == "uuid":  # Postgres takes braces too, and hyphens elsewhere
        return f"case when {column} like '________-____-____-____-____________' and {valid} then {value} end"
    if plain == "date":  # at midnight, a timestamp is no more than a date
        day = f"translate({column}, '123456789', '000000000') = '0000-00-00'"
        return f"case when ({day} or {_is(column, _MIDNIGHT)}) and {valid} then {value} end"
    same = "true" if plain in _AS_IT_STANDS else _same(column, kind, plain)
    return f"case when {valid} then case when {same} then {value} end end"


def _same(column: str, kind: str, plain: str) -> str:
    """Whether the value says what the text says, which is valid in the type.

    Where there are two conditions, the cheap one decides nearly every row, and the other only what it leaves open.
    """
    value = f"{column}::{kind}"
    spelled, size = f"{value}::text = {column}", re.search(r"\((\d+)", kind)
    if kind.endswith("[]"):
        return _hold(f"unnest({column}::text[])", kind.removesuffix("[]"))
    if plain in _RANGES:
        bounds = rf"[[(]{_BOUND},{_BOUND}[])]"
        parts = f"unnest(regexp_match({column}, '^{bounds}$'))"
        held = _hold(f"(select nullif(btrim(bound, '\"'), '') from {parts} as read (bound))", _RANGES[plain])
        return f"({column} = 'empty' or {_is(column, bounds)} and {held})"
    match plain:
        case "smallint" | "integer" | "bigint":
            return f"({spelled} or {_is(column, '[+-]?[0-9]+')})"
        case "numeric":
            finite = f"{column} not in ('NaN', 'Infinity', '-Infinity')"
            rounded = f"{column}::numeric = {value}" if size else "true"
            return f"({spelled} and {finite} or case when {_is(column, _NUMBER)} then {rounded} end)"
        case "real" | "double precision":  # the shortest text that reads as the same float, or its exact value
            number, shortest = f"{column}::numeric", f"{value}::text::numeric"
            exactly = f"case when abs({value}) < 9e18 then {number} = {value}::bigint end"
            # so few digits come back whatever the float is: IEEE 754, FLT_DIG and DBL_DIG of C
            digits, least = ("6", "1.2e-38") if plain == "real" else ("15", "2.3e-308")
            mantissa = f"regexp_replace({column}, '[eE].*$|[^0-9]', '', 'g')"
            few = f"length(trim(both '0' from {mantissa})) <= {digits} and abs({value}) > {least}"
            held = f"case when {_is(column, _NUMBER)} then {number} = {shortest} or {exactly} or {few} end"
            return f"({spelled} or lower({column}) = 'nan' or {held})"
        case "boolean":
            return _is(column, "[tT][rR][uU][eE]|[fF][aA][lL][sS][eE]|[tTfF10]")
        case "timestamp without time zone":  # Postgres spells a fraction without zeros at its end
            spaced = f"replace(rtrim({column}, 'Z'), 'T', ' ')"
            either = f"({spaced}, rtrim(rtrim({spaced}, '0'), '.'))"
            common = f"substr({column}, 5, 1) = '-' and right({column}, 2) <> 'BC' and {value}::text in {either}"
            return f"({common} or {_is(column, f'{_DAY}([ T]{_clock(size)}{_UTC}?)?')})"
        case "timestamp with time zone":  # near the ends of what four digits say, another zone may be beyond them
            reach = "'0001-01-01 00:00:00+00' and '9999-12-31 23:59:59.999999+00'"
            return f"{value} between {reach} and ({spelled} or {_is(column, f'{_DAY}[ T]{_clock(size)}{_ZONE}')})"
        case "time without time zone":
            return _is(column, _clock(size))
        case "time with time zone":
            return _is(column, f"{_clock(size)}{_ZONE}")
        case "interval":
            return _is(column, _INTERVAL)
        case "bytea":
            return f"({spelled} or {_is(column, _HEX)})"
        case "json":  # unlike jsonb it holds U+0000, for which the comparison of keys has no place
            return rf"replace({column}, '\u0000', '\u0001') is json with unique keys"
        case "jsonb":
            return f"{column} is json with unique keys"
        case "money":
            return f"({spelled} or case when {_is(column, _NUMBER)} then {value}::numeric = {column}::numeric end)"
        case "inet" | "cidr":  # of IPv6, every spelling is one address
            return f"(family({value}) = 6 or {value}::text in ({column}, {column} || '/32'))"
        case "oid":
            return _is(column, "[0-9]+")
        case "point":
            return f"{_is(column, _PAIR)} and " + _hold(f"unnest(regexp_match({column}, '^{_PAIR}$'))", "float8")
    return spelled


def _clock(size: "re.Match[str] | None") -> str:
    """A time of day of which a type with so many digits of a second (six where it is silent) loses none."""
    digits = min(int(size[1]), 6) if size else 6
    fraction = rf"\.\d{{1,{digits}}}0*" if digits else r"\.0+"
    return rf"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d({fraction})?)?"


def _hold(parts: str, physical_type: str) -> str:
    """Whether each of the texts that a set gives has a value in a type, or is null."""
    lost = f"{_PART} is not null and ({exact(_PART, physical_type)}) is null"
    return f"not exists (select from {parts} as parts ({_PART}) where {lost})"


def _is(column: str, shape: str) -> str:
    return f"{column} ~ '^({shape})$'"
