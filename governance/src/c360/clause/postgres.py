"""Postgres: how it writes what dialects write differently."""

import re

from c360.clause.exact import exact
from c360.clause.jsonb import Jsonb
from c360.clause.regex import check_postgres
from c360.clause.spelling import Dialect, pieces
from c360.clause.types import canonical_type

_IN_BRACKETS = {r"\d": "0-9", r"\w": "A-Za-z0-9_"}
_OUTSIDE = {
    r"\d": "[0-9]", r"\D": "[^0-9]", r"\w": "[A-Za-z0-9_]", r"\W": "[^A-Za-z0-9_]", r"\b": r"\y", r"\B": r"\Y",
}  # fmt: skip

_MOMENT = re.compile(r"0{4}-00-00(?:([ T])00:00(:00(?:\.(0{1,6}))?)?(Z)?)?")


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

    def is_written_so(self, text: str, shape: str) -> str:
        """It is one that Postgres itself writes so, which takes half the time of a look at each digit."""
        mask = self.mask_of(shape)
        if not mask:
            return ""
        same = f"to_char(cast({text} as timestamp), '{mask}') is not distinct from {text}"  # null of infinity
        valid = f"char_length({text}) = {len(shape)} and {self.is_valid(text, 'timestamp')}"
        return f"case when {valid} then {same} else false end"

    def mask_of(self, shape: str) -> str:
        """How to_char writes a time of this shape, whose digits are all 0; empty where it cannot."""
        found = _MOMENT.fullmatch(shape)
        if not found:
            return ""
        between, seconds, fraction, zone = found.groups(default="")
        mask = "YYYY-MM-DD" + (f'"{between}"HH24:MI' if between else "") + (":SS" if seconds else "")
        return mask + (f".FF{len(fraction)}" if fraction else "") + (f'"{zone}"' if zone else "")

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
        return exact(column, physical_type)

    def as_delivered(self, name: str, form: str) -> str:
        text = f"cast({name} as text)"
        moment = f"to_char(cast({text} as timestamp), {self.literal(_pg_format(form))})"
        return f"case when pg_typeof({name}) = cast('timestamp' as regtype) then {moment} else {text} end"


def _pg_format(form: str) -> str:
    """A JDK format as Postgres' to_char has it."""
    parts = {"yyyy": "YYYY", "MM": "MM", "dd": "DD", "HH": "HH24", "mm": "MI", "ss": "SS"}
    pieces = re.findall(r"yyyy|MM|dd|HH|mm|ss|S{1,6}|'[TZ]'|.", form)
    quoted = {"'T'": '"T"', "'Z'": '"Z"'}
    return "".join(parts.get(p) or quoted.get(p) or (f"FF{len(p)}" if set(p) == {"S"} else p) for p in pieces)


POSTGRES = Postgres()
