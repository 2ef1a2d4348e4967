"""Databricks, and Spark as its stand-in: how it writes what dialects write differently."""

import re

from c360.clause.regex import check_java
from c360.clause.spelling import Dialect, pieces
from c360.clause.types import TEXTS, canonical_type, spark_type, unsized

_NUMBER = "[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?"
_DAY = "(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}"
_UTC = "(Z| ?UTC|[+]00(:?00)?)"
_ZONE = "(Z| ?UTC|[+-][0-9]{2}(:?[0-9]{2})?)"
_FLOAT = f"{_NUMBER}|[nN][aA][nN]|-?Infinity"
_REPEATS = re.compile(r"\{[0-9]+(,[0-9]*)?\}")
_SHAPES = {
    **dict.fromkeys(("smallint", "integer", "bigint"), "[+-]?[0-9]+"),
    "numeric": _NUMBER,
    "real": _FLOAT,
    "double precision": _FLOAT,
    "boolean": "[tT][rR][uU][eE]|[fF][aA][lL][sS][eE]|[tTfF10]",
    "uuid": "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    "date": f"{_DAY}([ T]00:00(:00([.]0+)?)?{_UTC}?)?",
    "bytea": "\\\\x([0-9a-fA-F]{2})*",
}
_REACH = "timestamp'0001-01-01 00:00:00+00:00' and timestamp'9999-12-31 23:59:59.999999+00:00'"


class Databricks(Dialect):
    name = "databricks"
    mark = "`"

    def string(self, text: str) -> str:
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

    def type_of(self, written: str) -> str:
        return spark_type(written)

    def matches(self, column: str, pattern: str) -> str:
        return f"{column} rlike {pattern}"

    def pattern(self, ecma: str) -> str:
        """Java's `$` matches before a last line break too; in its brackets `[` and `&&` are no characters, and outside
        of them a `{` that repeats nothing is an error."""
        written, within, at = "", False, 0
        for piece, inside in pieces(ecma):
            plain_brace = piece == "{" and not inside and not _REPEATS.match(ecma, at)
            bracket = piece == "[" and within and ecma[at + 1 : at + 2] != ":"
            if plain_brace or bracket or (piece == "&" and within and written.endswith("&")):
                written += "\\"
            written += "\\z" if piece == "$" and not inside else piece
            within, at = inside, at + len(piece)
        return written

    def check_pattern(self, pattern: str) -> None:
        check_java(pattern)

    def not_a_number(self, canonical: str) -> str:
        return "double('NaN')" if canonical.startswith(("real", "double")) else ""

    def instant(self, moment: str, zoned: bool) -> str:
        return f"timestamp '{moment}+00:00'"

    def is_no_multiple(self, name: str, step: str, canonical: str) -> str:
        exact = "decimal(38,10)"
        if canonical in ("real", "double precision"):  # NaN and infinity have no decimal, and are no multiple
            rest = f"mod(try_cast({name} as {exact}), cast({step} as {exact}))"
            return f"({name} is not null and coalesce({rest}, 1) <> 0)"
        return f"mod(cast({name} as {exact}), cast({step} as {exact})) <> 0"

    def is_valid(self, text: str, canonical: str) -> str:
        return f"try_cast({text} as {canonical}) is not null"

    def is_later(self, shaped: str, iso: str, clocked: bool, limit: str) -> str:
        rest = "+00:00" if clocked else " 00:00:00+00:00"
        return f"({shaped} and try_cast({iso} || '{rest}' as timestamp) > {limit})"

    def in_utc(self, name: str, canonical: str) -> str:
        return name if canonical.startswith("timestamp") else f"cast({name} as timestamp)"

    def first_day(self, name: str, canonical: str, unit: str) -> str:
        day = name
        if canonical != "date":  # an instant, which date() would show in the zone of the session
            day = f"date_add(date'1970-01-01', cast(floor(unix_micros({name}) / 86400000000) as int))"
        return day if unit == "day" else f"trunc({day}, '{unit}')"

    def first_group(self, text: str, pattern: str) -> str:
        return f"nullif(regexp_extract({text}, {pattern}, 1), '')"

    def utf8(self, text: str) -> str:
        return f"encode({text}, 'UTF-8')"

    def hmac(self, inner: str, outer: str, message: str) -> str:
        return f"sha2(concat({outer}, unhex(sha2(concat({inner}, {message}), 256))), 256)"

    def seconds_between(self, earlier: str, later: str) -> str:
        return f"(unix_micros({later}) - unix_micros({earlier})) / 1000000"

    def one_number(self, query: str) -> str:
        number = "nullif(cast(sum(measured) as double), double('NaN'))"
        one = f"case count(*) when 1 then {number} else raise_error('no single row') end"
        return f"select {one} from ({query}) as result(measured)"

    def cast(self, column: str, physical_type: str) -> str:
        canonical, kind = canonical_type(physical_type), self.type_of(physical_type)
        plain = unsized(canonical)
        if plain == "text":
            return column
        if plain in TEXTS:
            size = re.search(r"\((\d+)\)", canonical)
            return f"case when char_length({column}) <= {size[1]} then {column} end" if size else column
        shape = _shape(canonical, plain)
        if shape is None:
            return f"try_cast({column} as {kind})"
        value = _value(column, plain, kind)
        shaped = f"{column} rlike {self.string(f'^({shape})' + chr(92) + 'z')}"
        same = {
            "numeric": f" and try_cast({column} as decimal(38,18)) = {value}",
            "real": f" and {_is_exact(column, value, 6, '1.2e-38')}",
            "double precision": f" and {_is_exact(column, value, 15, '2.3e-308')}",
            "timestamp with time zone": f" and {value} between {_REACH}",
        }.get(plain, "")
        return f"case when {shaped}{same} then {value} end"

    def as_delivered(self, name: str, form: str) -> str:
        moment = f"to_utc_timestamp(cast({name} as timestamp), current_timezone())"
        moment = f"date_format({moment}, {self.literal(form)})"
        return f"case when typeof({name}) = 'timestamp' then {moment} else cast({name} as string) end"


def _shape(canonical: str, plain: str) -> str | None:
    """How a text of a type looks; None where the type is text here."""
    size = re.search(r"\((\d+)\)", canonical)
    digits = min(int(size[1]), 6) if size else 6
    fraction = f"[.][0-9]{{1,{digits}}}0*" if digits else "[.]0+"
    time = f"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]({fraction})?)?"
    clocks = {
        "time without time zone": time,
        "timestamp without time zone": f"{_DAY}([ T]{time}{_UTC}?)?",
        "timestamp with time zone": f"{_DAY}[ T]{time}{_ZONE}",
    }
    return clocks.get(plain) or _SHAPES.get(plain)


def _value(column: str, plain: str, kind: str) -> str:
    """The value of a text that looks like one."""
    if plain == "timestamp without time zone":
        bare = f"regexp_replace({column}, '(Z| ?UTC|[+]00(:?00)?)$', '')"
        rest = f"case char_length({bare}) when 10 then ' 00:00:00' when 16 then ':00' else '' end"
        return f"try_cast(concat({bare}, {rest}, '+00:00') as timestamp)"
    if plain == "timestamp with time zone":
        zone = f"regexp_extract({column}, '(Z| ?UTC|[+-][0-9]{{2}}(:?[0-9]{{2}})?)$', 1)"
        bare = f"left({column}, char_length({column}) - char_length({zone}))"
        seconds = f"case char_length({bare}) when 16 then ':00' else '' end"
        return f"try_cast(concat({bare}, {seconds}, regexp_replace({zone}, '^(...)([0-9]+)$', '$1:$2')) as timestamp)"
    if plain == "date":
        return f"try_cast(substr({column}, 1, 10) as date)"
    if plain == "bytea":
        return f"unhex(substr({column}, 3))"
    return f"try_cast({column} as {kind})"


def _is_exact(column: str, value: str, few: int, least: str) -> str:
    """Whether a float says what its text says: it has the digits with which Spark writes it, or is that whole number,
    or has so `few` digits that they come back whatever the float is (IEEE 754; FLT_DIG and DBL_DIG of C)."""

    def digits(text: str) -> str:
        return f"regexp_replace(regexp_replace({text}, '[eE].*|[^0-9eE]', ''), '^0+|0+$', '')"

    no_part = f"{column} rlike '^[+-]?[0-9]+([.]0*)?([eE][+]?[0-9]+)?$'"
    whole = f"{no_part} and abs({value}) < 9e18 and try_cast({column} as decimal(38,0)) = cast({value} as bigint)"
    short = f"char_length({digits(column)}) <= {few} and abs({value}) > {least} and abs({value}) < double('Infinity')"
    spelled = f"{digits(column)} = {digits(f'cast({value} as string)')}"
    return f"(not {column} rlike '[0-9]' or {spelled} or ({whole}) or ({short}))"


DATABRICKS = Databricks()
