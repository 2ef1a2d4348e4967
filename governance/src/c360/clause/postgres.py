"""Postgres: how it writes what dialects write differently, and casts that lose nothing.

By itself it reads 1.2345 into numeric(12,2) as 1.23, drops a time zone, takes 'infinity', 'tomorrow' and 1_000.
"""

import re

from c360.clause.jsonb import Jsonb
from c360.clause.regex import check_postgres
from c360.clause.spelling import Dialect, pieces
from c360.clause.types import canonical_type, unsized

_TIME = r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6}0*)?)?"
_DAY = r"\d{4}-\d{2}-\d{2}"
_NUMBER = r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?"
_MIDNIGHT = rf"^{_DAY}[ T]00:00(:00(\.0+)?)?(Z| ?UTC|\+00(:?00)?)?$"
_WHOLE = ("smallint", "integer", "bigint")
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
_IN_BRACKETS = {r"\d": "0-9", r"\w": "A-Za-z0-9_"}
_OUTSIDE = {
    r"\d": "[0-9]", r"\D": "[^0-9]", r"\w": "[A-Za-z0-9_]", r"\W": "[^A-Za-z0-9_]", r"\b": r"\y", r"\B": r"\Y",
}  # fmt: skip


class Postgres(Dialect):
    name = "postgres"
    mark = '"'

    @property
    def json(self) -> Jsonb:
        return Jsonb(self)

    def string(self, text: str) -> str:
        return "'" + text.replace("'", "''") + "'"

    def type_of(self, written: str) -> str:
        return canonical_type(written)

    def matches(self, column: str, pattern: str) -> str:
        return f"{column} ~ {pattern}"

    def pattern(self, ecma: str) -> str:
        """`\\d` and `\\w` know the digits and letters of every script here, and `\\y` is a word boundary."""
        return "".join((_IN_BRACKETS if inside else _OUTSIDE).get(piece, piece) for piece, inside in pieces(ecma))

    def check_pattern(self, pattern: str) -> None:
        check_postgres(pattern)

    def not_a_number(self, canonical: str) -> str:
        return "'NaN'" if canonical.startswith(("numeric", "real", "double")) else ""

    def instant(self, moment: str, zoned: bool) -> str:
        return f"timestamptz '{moment}+00:00'" if zoned else f"timestamp '{moment}'"

    def is_no_multiple(self, name: str, step: str, canonical: str) -> str:
        return f"mod(cast({name} as numeric), cast({step} as numeric)) <> 0"

    def is_valid(self, text: str, canonical: str) -> str:
        return f"pg_input_is_valid({text}, '{canonical}')"

    def is_later(self, shaped: str, iso: str, clocked: bool, limit: str) -> str:
        valid = f"{shaped} and {self.is_valid(iso, 'timestamp')}"
        return f"case when {valid} then cast({iso} as timestamp) > {limit} else false end"

    def in_utc(self, name: str, canonical: str) -> str:
        if "with time zone" in canonical:
            return f"({name} at time zone 'UTC')"
        return name if canonical.startswith("timestamp") else f"cast({name} as timestamp)"

    def first_day(self, name: str, canonical: str, unit: str) -> str:
        return f"cast(date_trunc('{unit}', {self.in_utc(name, canonical)}) as date)"

    def first_group(self, text: str, pattern: str) -> str:
        return f"substring({text} from {pattern})"

    def utf8(self, text: str) -> str:
        return f"convert_to({text}, 'UTF8')"

    def hmac(self, inner: str, outer: str, message: str) -> str:
        return f"encode(sha256({outer} || sha256({inner} || {message})), 'hex')"

    def seconds_between(self, earlier: str, later: str) -> str:
        return f"extract(epoch from {later} - {earlier})"

    def one_number(self, query: str) -> str:
        number = "nullif(cast(sum(measured) as double precision), 'NaN')"
        one = f"case count(*) when 1 then {number} else 1 / (count(*) - count(*)) end"
        return f"select {one} from ({query}) as result(measured)"

    def cast(self, column: str, physical_type: str) -> str:
        kind = canonical_type(physical_type)
        plain = unsized(kind)
        if plain == "text":
            return column
        if plain in ("character varying", "character"):
            size = re.search(r"\((\d+)\)", kind)
            fits = f"char_length({column}) <= {size[1]}" if size else "true"
            return f"case when {fits} then {column}::{kind} end"
        valid = f"pg_input_is_valid({column}, '{kind}')"
        if plain not in _SHAPES and plain not in ("uuid", "date"):  # such as json: as Postgres itself reads it
            return f"case when {valid} then {column}::{kind} end"
        if plain == "uuid":  # Postgres takes braces too, and hyphens elsewhere
            shape = "________-____-____-____-____________"
            return f"case when {column} like '{shape}' and {valid} then {column}::{kind} end"
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

    def as_delivered(self, name: str, form: str) -> str:
        text = f"cast({name} as text)"
        moment = f"to_char(cast({text} as timestamp), {self.literal(_pg_format(form))})"
        return f"case when pg_typeof({name}) = cast('timestamp' as regtype) then {moment} else {text} end"


def _exact(column: str, kind: str) -> str:
    """A decimal whose value, however it is written (1.50, 15e-1), has a place in the type to the last digit.

    The cheap comparison decides nearly every row.
    """
    value, scale = f"{column}::numeric", int(kind.rpartition(",")[2].rstrip(")"))
    exact = f"case when {column} ~ '^({_NUMBER})$' then {value} = round({value}, {scale}) end"
    same = f"{column}::{kind}::text = {column} or lower({column}) = 'nan'"
    valid = f"pg_input_is_valid({column}, '{kind}')"
    return f"case when {valid} then case when {same} or {exact} then {column}::{kind} end end"


def _pg_format(form: str) -> str:
    """A JDK format as Postgres' to_char has it."""
    parts = {"yyyy": "YYYY", "MM": "MM", "dd": "DD", "HH": "HH24", "mm": "MI", "ss": "SS"}
    pieces = re.findall(r"yyyy|MM|dd|HH|mm|ss|S{1,6}|'[TZ]'|.", form)
    quoted = {"'T'": '"T"', "'Z'": '"Z"'}
    return "".join(parts.get(p) or quoted.get(p) or (f"FF{len(p)}" if set(p) == {"S"} else p) for p in pieces)


POSTGRES = Postgres()
