"""Types of any SQL dialect as ODCS properties that Postgres can store, never of a narrower range.

What Postgres has no type for becomes text, and the note says so.
"""

import re
from collections.abc import Callable
from typing import Any

from sqlglot import exp
from sqlglot.errors import SqlglotError

from c360.clause.types import is_known
from c360.draft.types import LONGEST_TEXT, logical_type

_WORDS = {
    "smallint": "TINYINT UTINYINT SMALLINT YEAR SMALLSERIAL",
    "integer": "USMALLINT MEDIUMINT UMEDIUMINT INT SERIAL",
    "bigint": "UINT BIGINT BIGSERIAL",
    "numeric(20,0)": "UBIGINT",
    "numeric(39,0)": "INT128 UINT128",
    "numeric(78,0)": "INT256 UINT256",
    "numeric": "BIGDECIMAL BIGNUM DECFLOAT",
    "numeric(19,4)": "MONEY",
    "numeric(10,4)": "SMALLMONEY",
    "double precision": "FLOAT DOUBLE UDOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE DATE32",
    "timestamp": "TIMESTAMP TIMESTAMPNTZ DATETIME DATETIME2 DATETIME64 SMALLDATETIME TIMESTAMP_S TIMESTAMP_MS "
    "TIMESTAMP_NS",
    "timestamptz": "TIMESTAMPTZ TIMESTAMPLTZ",
    "time": "TIME TIME_NS",
    "timetz": "TIMETZ",
    "interval": "INTERVAL",
    "uuid": "UUID",
    "jsonb": "JSON JSONB VARIANT OBJECT SUPER ARRAY LIST NESTED",
    "bytea": "BINARY VARBINARY BLOB TINYBLOB MEDIUMBLOB LONGBLOB IMAGE ROWVERSION",
    "text": "TEXT LONGTEXT MEDIUMTEXT TINYTEXT",
}
_TYPES = {word: physical for physical, words in _WORDS.items() for word in words.split()}
_NAMED = {"raw": "bytea", "long raw": "bytea", "bfile": "bytea", "varbit": "varbit", "sysname": "varchar(128)"}
"""Types that sqlglot does not know."""
_DECIMALS = ("DECIMAL", "UDECIMAL", "DECIMAL32", "DECIMAL64", "DECIMAL128", "DECIMAL256")
_TEXTS = {"VARCHAR": "varchar", "NVARCHAR": "varchar", "CHAR": "char", "NCHAR": "char", "BPCHAR": "char"}
_BY_DIALECT = {
    ("oracle", "DATE"): "timestamp", ("oracle", "FLOAT"): "numeric", ("mysql", "TIMESTAMPTZ"): "timestamp",
    ("mysql", "TIME"): "interval", ("sqlite", "INT"): "bigint", ("postgres", "JSON"): "json",
    ("postgres", "FLOAT"): "real", ("postgres", "MONEY"): "money",
}  # fmt: skip
"""Where a word means something of its own: Oracle's day has a time, MySQL's time may be 838 hours."""
_BYTES = r"Bytes: a CSV holds them as \x and hexadecimal digits; where it holds another text, the type is text."
Part = dict[str, Any]
Note = Callable[[str], None]


def described_type(kind: Any, dialect: str, note: Note) -> Part:
    """Physical and logical type of an ODCS property, with `enum`, `properties`, `items` or `map` where the type names
    them. `note` is called with what the type says and the property does not."""
    dialect = "mysql" if dialect in ("mariadb", "singlestore", "doris", "starrocks", "tidb") else dialect
    word = kind.this.name if isinstance(kind, exp.DataType) else ""
    if word in ("NULLABLE", "LOWCARDINALITY") and kind.expressions:
        return described_type(kind.expressions[0], dialect, note)
    if word in ("ENUM", "ENUM8", "ENUM16"):
        labels = [one.this.name if isinstance(one, exp.EQ) else one.name for one in kind.expressions]
        return {"physicalType": "text", "logicalType": "string", "enum": [{"value": label} for label in labels]}
    if word == "STRUCT" and kind.expressions:
        members = [_member(one, at, dialect, note) for at, one in enumerate(kind.expressions, start=1)]
        return {"physicalType": "jsonb", "logicalType": "object", "properties": members}
    if word == "MAP" and len(kind.expressions) == 2:
        key, value = (described_type(one, dialect, note) for one in kind.expressions)
        return {"physicalType": "jsonb", "logicalType": "map", "map": {"key": key, "value": value}}
    if word in ("ARRAY", "LIST", "NESTED"):
        return _array(kind, dialect, note)
    physical = _physical(kind, word, dialect)
    if not physical or not is_known(physical):
        note(f"Its type there is {_shown(kind, dialect)}, which Postgres does not have: text here.")
        physical = "text"
    if physical == "bytea" and dialect != "postgres":
        note(_BYTES)
    if (dialect, word, _sizes(kind)) == ("mysql", "TINYINT", [1]):
        note("If it holds 0 and 1 only, its type is boolean.")
    return {"physicalType": physical, "logicalType": logical_type(physical)}


def described_text(written: str, note: Note) -> Part:
    """The same for a type that is written in a dialect which is not known."""
    for dialect in ("", "snowflake", "bigquery", "tsql", "oracle"):
        try:
            kind = exp.DataType.build(written, dialect=dialect)
        except (SqlglotError, RecursionError, AttributeError, ValueError):
            continue
        if kind.this != exp.DType.USERDEFINED:
            return described_type(kind, dialect, note)
    note(f"Its type there is {written}, which Postgres does not have: text here.")
    return {"physicalType": "text", "logicalType": "string"}


def _physical(kind: Any, word: str, dialect: str) -> str:
    sizes = _sizes(kind)
    if word in _DECIMALS:
        return _numeric(sizes)
    if word in _TEXTS:
        return _sized_text(_TEXTS[word], word, sizes, dialect)
    if word in ("TEXT", "FIXEDSTRING", "NAME") and sizes:
        return f"varchar({sizes[0]})" if sizes[0] <= LONGEST_TEXT else "text"
    if word == "BIT":
        return (
            "boolean" if dialect == "tsql" or (dialect == "mysql" and sizes in ([], [1])) else _as_sized("bit", sizes)
        )
    if word == "BIGINT" and dialect == "oracle":
        return "text"  # LONG
    if word == "DOUBLE" and dialect == "postgres" and sizes and sizes[0] <= 24:
        return "real"
    found = _BY_DIALECT.get((dialect, word)) or _TYPES.get(word)
    if found and dialect == "postgres" and found in ("timestamp", "timestamptz", "time", "timetz"):
        return _as_sized(found, sizes)
    if found:
        return found
    name = _shown(kind, dialect).lower()
    bare = re.sub(r"\(.*?\)", "", name).strip()
    return _as_sized(_NAMED[bare], sizes) if bare == "varbit" else _NAMED.get(bare, name)


def _numeric(sizes: list[int]) -> str:
    """Digits before the point stay as many where a scale is negative or larger than the precision."""
    if not sizes or (sizes[0] == 0):
        return "numeric"
    precision, scale = sizes[0], sizes[1] if len(sizes) > 1 else 0
    return f"numeric({max(precision, scale) - min(scale, 0)},{max(scale, 0)})"


def _sized_text(short: str, word: str, sizes: list[int], dialect: str) -> str:
    if sizes and 0 < sizes[0] <= LONGEST_TEXT:
        return f"{short}({sizes[0]})"
    if dialect == "postgres" and not sizes:
        return "bpchar" if word == "BPCHAR" else short
    return "char(1)" if short == "char" and dialect in ("mysql", "oracle", "tsql", "snowflake") else "text"


def _as_sized(name: str, sizes: list[int]) -> str:
    return f"{name}({sizes[0]})" if sizes else name


def _sizes(kind: Any) -> list[int]:
    """The numbers in the parentheses of a type; MAX counts as none."""
    found = [one.this for one in getattr(kind, "expressions", None) or [] if isinstance(one, exp.DataTypeParam)]
    texts = [one.sql() for one in found]
    return [int(text) for text in texts] if all(re.fullmatch(r"-?\d+", text) for text in texts) else []


def _array(kind: Any, dialect: str, note: Note) -> Part:
    inner = [one for one in kind.expressions if isinstance(one, exp.DataType)]
    items = described_type(inner[0], dialect, note) if inner else {}
    if dialect == "postgres" and inner and not {"properties", "map"} & set(items):
        return {"physicalType": f"{items['physicalType'].removesuffix('[]')}[]", "logicalType": "array"}
    return {"physicalType": "jsonb", "logicalType": "array"} | ({"items": items} if items else {})


def _member(one: Any, at: int, dialect: str, note: Note) -> Part:
    """A member of a structure; one without a name is called by its number."""
    if not isinstance(one, exp.ColumnDef):
        return {"name": f"_{at}", **described_type(one, dialect, note)}
    part = {"name": one.name, **described_type(one.kind, dialect, note)}
    said = next((c.kind.this.name for c in one.constraints if isinstance(c.kind, exp.CommentColumnConstraint)), "")
    return part | ({"description": said} if said else {})


def _shown(kind: Any, dialect: str) -> str:
    return kind if isinstance(kind, str) else kind.sql(dialect or None)
