"""Types as contracts write them, and as Postgres and Databricks spell them."""

import re

from c360.errors import Breach

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
    **{name: name for name in (
        "interval", "inet", "cidr", "macaddr", "xml", "money", "int4range", "int8range", "numrange", "tsrange",
        "tstzrange", "daterange", "tsvector", "bpchar", "oid", "point",
    )},
    "serial": "integer", "serial4": "integer", "bigserial": "bigint", "serial8": "bigint", "smallserial": "smallint",
    "serial2": "smallint", "timetz": "time with time zone", "time with time zone": "time with time zone",
    "bit": "bit(1)", "varbit": "bit varying", "bit varying": "bit varying",
    # of Databricks, Snowflake, BigQuery and others, where Postgres holds the same values
    "tinyint": "smallint", "byteint": "smallint", "int64": "bigint", "float64": "double precision",
    "number": "numeric", "bignumeric": "numeric", "bigdecimal": "numeric", "binary": "bytea", "bytes": "bytea",
    "varbinary": "bytea", "blob": "bytea", "datetime": "timestamp without time zone", "str": "text", "clob": "text",
    "nvarchar": "character varying", "varchar2": "character varying", "timestamp_ltz": "timestamp with time zone",
    "timestamp_tz": "timestamp with time zone", "uniqueidentifier": "uuid",
}  # fmt: skip
TEXTS = ("text", "character varying", "character")
"""Types, without a size, of which every text is a value, an empty one too."""
_BY_LOGICAL = {
    "integer": "bigint", "number": "numeric", "date": "timestamp", "timestamp": "timestamp", "time": "time",
    "boolean": "boolean",
}  # fmt: skip
"""For a type that no engine here knows, one that holds all values of its logical type; a date may have a time."""
_PG_SIZED = {
    "numeric": "numeric", "decimal": "numeric", "varchar": "character varying",
    "character varying": "character varying", "char varying": "character varying",
    "char": "character", "character": "character", "time": "time{} without time zone",
    "timestamp": "timestamp{} without time zone", "timestamptz": "timestamp{} with time zone",
    "number": "numeric", "nvarchar": "character varying", "varchar2": "character varying", "bpchar": "character",
    "bit": "bit", "varbit": "bit varying", "bit varying": "bit varying", "timetz": "time{} with time zone",
}  # fmt: skip
_LARGEST = {
    "numeric": 1_000, "character": 10_485_760, "character varying": 10_485_760, "bit": 83_886_080,
    "bit varying": 83_886_080,
}  # fmt: skip
_DIGITS_OF_A_SECOND = 6
"""So many Postgres keeps; a type of other databases that has nine is that, and what has more digits is quarantined."""
_OPEN = frozenset(form.format("") if "{}" in form else form for form in _PG_SIZED.values()) - {"character", "bit"}
"""Types that may have a size and promise none without it; a bare char is char(1)."""
_SPARK_TYPES = {
    "text": "string", "character varying": "string", "character": "string", "uuid": "string",
    "integer": "int", "bigint": "bigint", "smallint": "smallint", "date": "date", "boolean": "boolean",
    "real": "float", "double precision": "double", "json": "string", "jsonb": "string", "bytea": "binary",
    "timestamp without time zone": "timestamp", "timestamp with time zone": "timestamp",
    "time without time zone": "string", "numeric": "decimal(38,18)",
}  # fmt: skip
_OWN = re.compile(r"citext|[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*")
_EXTENSIONS = frozenset([
    "citext", "hstore", "ltree", "lquery", "ltxtquery", "cube", "seg", "vector", "halfvec", "sparsevec", "geometry",
    "geography", "raster", "name", '"char"', "box", "circle", "line", "lseg", "path", "polygon", "macaddr8", "tsquery",
    "jsonpath", "pg_lsn", "xid", "xid8", "txid_snapshot", "pg_snapshot", "regclass", "regtype", "regproc", "refcursor",
    "int4multirange", "int8multirange", "nummultirange", "datemultirange", "tsmultirange", "tstzmultirange", "isbn",
    "float",
])  # fmt: skip
_SIZED = re.compile(r"^([a-z][a-z0-9 ]*?)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)\s*(.*)$")


def canonical_type(written: str) -> str:
    """A type of a contract as Postgres' `format_type` spells it: `varchar(10)` -> `character varying(10)`.

    Raises Breach for a type that is not known: such text never gets into SQL.
    """
    text = " ".join(written.lower().split())
    if text in _PG_TYPES:
        return _PG_TYPES[text]
    if text.endswith("[]"):
        return canonical_type(text.rstrip("[]")) + "[]"
    sized = _SIZED.match(text)
    if sized:
        name, first, second, rest = sized.groups()
        zone = {"": "", "without time zone": "", "with time zone": "tz"}.get(rest)
        form = _PG_SIZED.get(name + (zone or "")) if zone is not None else None
        if form:
            size = f"({int(first)},{int(second or 0)})" if form == "numeric" else f"({int(first)})"
            if form == "numeric" and int(first) == 0:
                raise Breach(f"The physical type {written!r} has no digits.", "Write numeric(12,2).")
            if "time" in form:
                return form.format(f"({min(int(first), _DIGITS_OF_A_SECOND)})")
            most = _LARGEST[form]
            if not 1 <= int(first) <= most or int(second or 0) > int(first):
                raise Breach(f"No column has the size of {written!r}.", f"Write one from 1 to {most}, or none.")
            return f"{form}{size}"
    if is_of_the_database(text):
        raise Breach(
            f"The physical type {written!r} is one of the database's own, or of an extension.",
            "Its values are stored as text; nobody compares the type.",
        )
    raise Breach(f"The physical type {written!r} is unknown.", "Use a type that is known, such as numeric(12,2).")


def is_of_the_database(written: str) -> bool:
    """Whether a type is one that Postgres, or an extension of it, may have, and that no clause is read from."""
    name = " ".join(written.lower().split()).replace("[]", "").partition("(")[0].strip()
    return name in _EXTENSIONS or _OWN.fullmatch(name) is not None


def is_known(written: str) -> bool:
    """Whether an engine here knows a type of a contract."""
    try:
        canonical_type(written)
    except Breach:
        return False
    return True


def stored_type(written: str, logical: str) -> str:
    """The type in which a property is stored: its own where it is known, else one that holds what it is logically."""
    return written if is_known(written) else _BY_LOGICAL.get(logical, "text")


def own_type(written: str) -> str:
    """A type that the database has of its own (`app.mood`, `citext`), safe to write into SQL; else empty."""
    return written if not is_known(written) and _OWN.fullmatch(written) else ""


def is_narrow(logical: str) -> bool:
    """Whether values of a logical type are stored as something else than text where no type of an engine is named."""
    return logical in _BY_LOGICAL


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
    return _SPARK_TYPES.get(re.sub(r"\(.*?\)", "", canonical), "string")
