"""How Postgres and Databricks write the same thing: names, literals, patterns, types."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from c360.errors import Breach

_PLAIN = re.compile(r"^[a-z_][a-z0-9_]*$")
_RESERVED = frozenset(
    [
        "all",
        "analyse",
        "analyze",
        "and",
        "any",
        "anti",
        "array",
        "as",
        "asc",
        "asymmetric",
        "authorization",
        "between",
        "binary",
        "both",
        "by",
        "case",
        "cast",
        "check",
        "collate",
        "collation",
        "column",
        "concurrently",
        "constraint",
        "create",
        "cross",
        "cube",
        "current",
        "current_catalog",
        "current_date",
        "current_role",
        "current_schema",
        "current_time",
        "current_timestamp",
        "current_user",
        "date",
        "day",
        "default",
        "deferrable",
        "delete",
        "desc",
        "describe",
        "distinct",
        "do",
        "drop",
        "else",
        "end",
        "escape",
        "except",
        "exists",
        "false",
        "fetch",
        "filter",
        "for",
        "foreign",
        "freeze",
        "from",
        "full",
        "function",
        "global",
        "grant",
        "group",
        "grouping",
        "having",
        "hour",
        "ilike",
        "in",
        "initially",
        "inner",
        "insert",
        "intersect",
        "interval",
        "into",
        "is",
        "isnull",
        "join",
        "lateral",
        "leading",
        "left",
        "like",
        "limit",
        "local",
        "localtime",
        "localtimestamp",
        "minus",
        "minute",
        "month",
        "natural",
        "no",
        "not",
        "notnull",
        "null",
        "of",
        "offset",
        "on",
        "only",
        "or",
        "order",
        "out",
        "outer",
        "overlaps",
        "percent",
        "placing",
        "primary",
        "range",
        "references",
        "returning",
        "right",
        "rollup",
        "row",
        "rows",
        "second",
        "select",
        "semi",
        "session_user",
        "set",
        "similar",
        "some",
        "start",
        "symmetric",
        "system_user",
        "table",
        "tablesample",
        "then",
        "time",
        "timestamp",
        "to",
        "trailing",
        "true",
        "truncate",
        "union",
        "unique",
        "unknown",
        "update",
        "user",
        "using",
        "values",
        "variadic",
        "verbose",
        "view",
        "when",
        "where",
        "window",
        "with",
        "year",
    ]
)
TEMPLATE_OPENERS = ("${", "{{", "{%", "{#", "__relation__", "__now__")
"""What dbt, Soda and our own dbt tests would fill in: cut in two inside literals, so no text of a contract is run."""
_TEMPLATE_CUT = re.compile(r"(?<=\$)(?=\{)|(?<=\{)(?=[{%#])|(?<=__)(?=(?:relation|now)__)")

_PG_TYPES = {
    "int": "integer", "int4": "integer", "integer": "integer", "int8": "bigint", "bigint": "bigint",
    "long": "bigint", "int2": "smallint", "smallint": "smallint", "text": "text", "string": "text",
    "uuid": "uuid", "date": "date", "bool": "boolean", "boolean": "boolean",
    "real": "real", "float4": "real", "float": "double precision", "float8": "double precision",
    "double": "double precision", "double precision": "double precision",
    "timestamp": "timestamp without time zone", "timestamp_ntz": "timestamp without time zone",
    "timestamp without time zone": "timestamp without time zone",
    "timestamptz": "timestamp with time zone", "timestamp with time zone": "timestamp with time zone",
    "time": "time without time zone", "time without time zone": "time without time zone",
    "json": "json", "jsonb": "jsonb", "bytea": "bytea",
    "numeric": "numeric", "decimal": "numeric", "varchar": "character varying",
    "character varying": "character varying", "char varying": "character varying",
    "char": "character(1)", "character": "character(1)",
}  # fmt: skip
_PG_SIZED = {
    "numeric": "numeric", "decimal": "numeric", "varchar": "character varying",
    "character varying": "character varying", "char varying": "character varying",
    "char": "character", "character": "character", "time": "time{} without time zone",
    "timestamp": "timestamp{} without time zone", "timestamptz": "timestamp{} with time zone",
}  # fmt: skip
_OPEN = frozenset(form.format("") if "{}" in form else form for form in _PG_SIZED.values()) - {"character"}
"""Types that may have a size and promise none without it; a bare char is char(1)."""
_SPARK_TYPES = {
    "text": "string", "character varying": "string", "character": "string", "uuid": "string",
    "integer": "int", "bigint": "bigint", "smallint": "smallint", "date": "date", "boolean": "boolean",
    "real": "float", "double precision": "double", "json": "string", "jsonb": "string", "bytea": "binary",
    "timestamp without time zone": "timestamp", "timestamp with time zone": "timestamp",
    "time without time zone": "string", "numeric": "decimal(38,18)",
}  # fmt: skip
_SIZED = re.compile(r"^([a-z ]+?)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)\s*(.*)$")


def canonical_type(written: str) -> str:
    """A type of a contract as Postgres' `format_type` spells it: `varchar(10)` -> `character varying(10)`.

    Raises Breach for a type that is not known: such text never gets into SQL.
    """
    text = " ".join(written.lower().split())
    if text in _PG_TYPES:
        return _PG_TYPES[text]
    sized = _SIZED.match(text)
    if sized:
        name, first, second, rest = sized.groups()
        zone = {"": "", "without time zone": "", "with time zone": "tz"}.get(rest)
        form = _PG_SIZED.get(name + (zone or "")) if zone is not None else None
        if form:
            size = f"({int(first)},{int(second or 0)})" if form == "numeric" else f"({int(first)})"
            if form == "numeric" and int(first) == 0:
                raise Breach(f"The physical type {written!r} has no digits.", "Write numeric(12,2).")
            return form.format(size) if "{}" in form else f"{form}{size}"
    raise Breach(f"The physical type {written!r} is unknown.", "Use a Postgres type, such as numeric(12,2).")


def is_open(written: str) -> bool:
    """Whether a type promises no size: a bare numeric, varchar or timestamp may have any precision or length."""
    return canonical_type(written) in _OPEN


def same_type(promised: str, actual: str) -> bool:
    """Whether a column of the type `actual`, as `format_type` spells it, is what a contract promises.

    A promise without a size is kept by every size (`numeric` by numeric(12,2)); char is char(1), as in SQL.
    Raises Breach for a promised type that is not known.
    """
    return unsized(actual) == canonical_type(promised) if is_open(promised) else actual == canonical_type(promised)


def unsized(spelled: str) -> str:
    """A type without its precision or length: `timestamp(3) without time zone` -> `timestamp without time zone`."""
    return re.sub(r"\([^)]*\)", "", spelled)


def spark_type(written: str) -> str:
    """The Databricks type that holds the same values."""
    canonical = canonical_type(written)
    if canonical.startswith("numeric("):
        return canonical.replace("numeric", "decimal")
    return _SPARK_TYPES[re.sub(r"\(.*?\)", "", canonical)]


@dataclass(frozen=True)
class Dialect:
    """One SQL dialect; everything that the two write differently is here."""

    name: str
    identifier_quote: str
    type_of: Callable[[str], str]
    string: Callable[[str], str]
    matches: Callable[[str, str], str]
    """(column, literal of the pattern) -> true where the pattern is found."""

    def quote(self, name: str) -> str:
        """An identifier; bare where that is safe, so that generated text stays readable."""
        if _PLAIN.match(name) and name not in _RESERVED:
            return name
        if "\x00" in name or not name:
            raise Breach(f"{name!r} is no column or table name.", "Rename it.")
        for opener in TEMPLATE_OPENERS:
            if opener in name:
                raise Breach(f"The name {name!r} holds {opener}, which templates would run.", "Rename it.")
        mark = self.identifier_quote
        return mark + name.replace(mark, mark * 2) + mark

    def literal(self, value: Any) -> str:
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


def _pg_string(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _spark_string(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


POSTGRES = Dialect(
    name="postgres",
    identifier_quote='"',
    type_of=canonical_type,
    string=_pg_string,
    matches=lambda column, pattern: f"{column} ~ {pattern}",
)
DATABRICKS = Dialect(
    name="databricks",
    identifier_quote="`",
    type_of=spark_type,
    string=_spark_string,
    matches=lambda column, pattern: f"{column} rlike {pattern}",
)
