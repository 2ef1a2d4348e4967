"""Casts of delivered text to the contract's types, which lose nothing: what would be changed is not cast.

Postgres by itself reads 1.2345 into numeric(12,2) as 1.23, drops a time zone, takes 'infinity', 'tomorrow' and 1_000.
"""

import re

from c360.sql.dialect import canonical_type

_TIME = r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6}0*)?)?"
_DAY = r"\d{4}-\d{2}-\d{2}"
_SHAPES = {
    "smallint": r"[+-]?\d+",
    "integer": r"[+-]?\d+",
    "bigint": r"[+-]?\d+",
    "numeric": r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?",
    "real": r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?",
    "double precision": r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?",
    "boolean": "[tT][rR][uU][eE]|[fF][aA][lL][sS][eE]|[tTfF10]",
    "timestamp without time zone": rf"{_DAY}([ T]{_TIME}(Z| ?UTC|\+00(:?00)?)?)?",
    "timestamp with time zone": rf"{_DAY}[ T]{_TIME}(Z| ?UTC|[+-]\d{{2}}(:?\d{{2}})?)",
    "time without time zone": _TIME,
    "bytea": r"\\x([0-9a-fA-F]{2})*",
}
"""What a value may look like when it is not already spelled as Postgres spells it."""


def cast(column: str, physical_type: str) -> str:
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
    if plain == "date":
        shaped = f"translate({column}, '123456789', '000000000') = '0000-00-00'"
        return f"case when {shaped} and {valid} then {column}::{kind} end"
    shape = _numeric(kind) if kind.startswith("numeric(") else _SHAPES[plain]
    same = f"{column}::{kind}::text = {column} and {column} not in ('infinity', '-infinity')"
    if plain == "timestamp without time zone":  # the usual spellings; midnight as 24:00 and a 60th second are none
        usual = ", ".join(f"'0000-00-00 00:00:00{rest}'" for rest in ("", ".000", ".000000", "Z", ".000Z", ".000000Z"))
        same = (
            f"translate({column}, '123456789T', '000000000 ') in ({usual}) "
            f"and substr({column}, 12, 2) <= '23' and substr({column}, 18, 2) <= '59'"
        )
    if plain == "boolean":
        same = "false"
    # the cheap comparison decides nearly every row; the regular expression only what it leaves open
    return f"case when {valid} then case when ({same}) or {column} ~ '^({shape})$' then {column}::{kind} end end"


def _numeric(kind: str) -> str:
    precision, scale = map(int, re.findall(r"\d+", kind))
    whole = rf"0*\d{{0,{precision - scale}}}" if precision > scale else "0*"
    return rf"[+-]?{whole}(\.\d{{0,{scale}}}0*)?"
