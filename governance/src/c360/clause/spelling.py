"""How SQL is spelled: what a dialect says in its own way, and how names and values of contracts get into it."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from decimal import Decimal

from c360.clause.jsonb import Jsonb
from c360.errors import Breach

_PLAIN = re.compile(r"^[a-z_][a-z0-9_]*$")
_RESERVED = frozenset({
    "all", "analyse", "analyze", "and", "any", "anti", "array", "as", "asc", "asymmetric", "authorization", "between",
    "binary", "both", "by", "case", "cast", "check", "collate", "collation", "column", "concurrently", "constraint",
    "create", "cross", "cube", "current", "current_catalog", "current_date", "current_role", "current_schema",
    "current_time", "current_timestamp", "current_user", "date", "day", "default", "deferrable", "delete", "desc",
    "describe", "distinct", "do", "drop", "else", "end", "escape", "except", "exists", "false", "fetch", "filter",
    "for", "foreign", "freeze", "from", "full", "function", "global", "grant", "group", "grouping", "having", "hour",
    "ilike", "in", "initially", "inner", "insert", "intersect", "interval", "into", "is", "isnull", "join", "lateral",
    "leading", "left", "like", "limit", "local", "localtime", "localtimestamp", "minus", "minute", "month", "natural",
    "no", "not", "notnull", "null", "of", "offset", "on", "only", "or", "order", "out", "outer", "overlaps",
    "percent", "placing", "primary", "range", "references", "returning", "right", "rollup", "row", "rows", "second",
    "select", "semi", "session_user", "set", "similar", "some", "start", "symmetric", "system_user", "table",
    "tablesample", "then", "time", "timestamp", "to", "trailing", "true", "truncate", "union", "unique", "unknown",
    "update", "user", "using", "values", "variadic", "verbose", "view", "when", "where", "window", "with", "year",
})  # fmt: skip
"""Of either, since a generated text may stand in both. sqlglot lists none of Postgres and knows not all of them; nobody
asks a database when generating, so a test asks it whether one is missing."""
TEMPLATE_OPENERS = ("${", "{{", "{%", "{#", "__relation__", "__now__")
"""What dbt, Soda and our own dbt tests would fill in: cut in two inside literals, so no text of a contract is run."""
_TEMPLATE_CUT = re.compile(r"(?<=\$)(?=\{)|(?<=\{)(?=[{%#])|(?<=__)(?=(?:relation|now)__)")


def pieces(ecma: str) -> Iterator[tuple[str, bool]]:
    """The characters and escapes of a pattern, and whether each stands in brackets."""
    inside = False
    for piece in re.findall(r"\\.|[^\\]|\\$", ecma, re.DOTALL):
        inside = (inside or piece == "[") and piece != "]"
        yield piece, inside


class Dialect(ABC):
    """One SQL dialect; everything that two of them write differently is a method of it.

    Columns, times and texts are given as SQL, canonical types as `canonical_type` spells them.
    """

    name: str
    """As sqlglot calls it."""
    mark: str
    """What quotes an identifier."""

    @property
    def json(self) -> Jsonb | None:
        """How it looks inside a column; None where nobody has tried to."""
        return None

    def quote(self, name: str) -> str:
        """An identifier; bare where that is safe, so that generated text stays readable."""
        if _PLAIN.match(name) and name not in _RESERVED:
            return name
        if "\x00" in name or not name:
            raise Breach(f"{name!r} is no column or table name.", "Rename it.")
        for opener in TEMPLATE_OPENERS:
            if opener in name:
                raise Breach(f"The name {name!r} holds {opener}, which templates would run.", "Rename it.")
        mark = self.mark
        return mark + name.replace(mark, mark * 2) + mark

    def literal(self, value: object) -> str:
        """A value of the contract as a literal; text in it can neither end the literal nor start a template."""
        if value is None:
            return "null"
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float | Decimal):
            return str(value)
        text = str(value)
        if "\x00" in text:
            raise Breach("A contract value holds a NUL character.", "Remove it.")
        parts = _TEMPLATE_CUT.split(text)
        literals = [self.string(part) for part in parts]
        return literals[0] if len(literals) == 1 else "(" + " || ".join(literals) + ")"

    @abstractmethod
    def string(self, text: str) -> str:
        """A text as a literal."""

    @abstractmethod
    def type_of(self, written: str) -> str:
        """The type that holds the values of a contract's. Raises Breach for one that is not known."""

    @abstractmethod
    def matches(self, column: str, pattern: str) -> str:
        """True where the pattern, a literal, is found."""

    @abstractmethod
    def pattern(self, ecma: str) -> str:
        """An ECMA-262 pattern in the engine's own spelling."""

    @abstractmethod
    def check_pattern(self, pattern: str) -> None:
        """Raises Fault where the engine cannot compile a pattern in its own spelling."""

    @abstractmethod
    def not_a_number(self, canonical: str) -> str:
        """NaN of a type that has it, and sorts it above every number; else empty."""

    @abstractmethod
    def instant(self, moment: str, zoned: bool) -> str:
        """A time in UTC (`2026-01-31 12:00:00`) as a literal, whatever the zone of the session."""

    @abstractmethod
    def is_no_multiple(self, name: str, step: str, canonical: str) -> str:
        """True where a number is no multiple of `step`, exactly."""

    @abstractmethod
    def is_valid(self, text: str, canonical: str) -> str:
        """True where there is such a date or timestamp."""

    def is_written_so(self, text: str, shape: str) -> str:
        """True where a text, which is not null, is a time in ISO order of this shape, whose digits are all 0; empty for
        a dialect or shape in which it is told digit by digit."""
        return ""

    @abstractmethod
    def is_later(self, shaped: str, iso: str, clocked: bool, limit: str) -> str:
        """True where a text that is `shaped` as a date (with a clock if `clocked`), put in ISO order, is a time after
        `limit`; false where it is none."""

    @abstractmethod
    def in_utc(self, name: str, canonical: str) -> str:
        """A column as a timestamp without zone, in UTC, whatever the zone of the session."""

    @abstractmethod
    def first_day(self, name: str, canonical: str, unit: str) -> str:
        """The first day, in UTC, of the day, week (from Monday), month, quarter or year of a column that is a time."""

    @abstractmethod
    def first_group(self, text: str, pattern: str) -> str:
        """What the group of a pattern, a literal, holds where it is found first; null where it is not."""

    @abstractmethod
    def utf8(self, text: str) -> str:
        """The bytes of a text."""

    @abstractmethod
    def hmac(self, inner: str, outer: str, message: str) -> str:
        """HMAC-SHA-256 (RFC 2104) of bytes, by the two pads of a key, as hexadecimal text."""

    @abstractmethod
    def seconds_between(self, earlier: str, later: str) -> str: ...

    @abstractmethod
    def one_number(self, query: str) -> str:
        """The number of a query of one column; it fails unless there is exactly one row with a number (or null) in it.

        NaN, which some engines sort above every number and some below, becomes null, and null keeps no bound.
        """

    @abstractmethod
    def cast(self, column: str, physical_type: str) -> str:
        """The value of a text column in the type, or null where it has none: what would be changed is not cast."""

    @abstractmethod
    def as_delivered(self, name: str, form: str) -> str:
        """The text of a column that may have been loaded as a timestamp, written in the JDK format `form`."""
