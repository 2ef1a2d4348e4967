"""Physical types and logical ones: each from the other."""

import re

from c360.clause.dialect import canonical_type
from c360.clause.types import is_known
from c360.errors import Breach

LONGEST_TEXT = 10_485_760
"""Characters of a sized text in Postgres, at most."""
_LOGICAL = (
    (r"(small|big)?int(eger)?|(small|big)?serial", "integer"), (r"numeric|real|double precision", "number"),
    (r"boolean", "boolean"), (r"date", "date"), (r"timestamp.*", "timestamp"), (r"time .*|time", "time"),
    (r"jsonb?", "object"), (r".*\[\]", "array"),
)  # fmt: skip
_PHYSICAL = {
    "string": "text", "integer": "bigint", "number": "numeric", "boolean": "boolean", "date": "date",
    "timestamp": "timestamp", "time": "time", "object": "jsonb", "array": "jsonb", "map": "jsonb",
}  # fmt: skip
_CALLED = {"record": "object", "struct": "object", "variant": "object", "list": "array", "enum": "string"}


def logical_named(word: str) -> str:
    """The logical type that another list calls so, or that a physical type of that name has; empty for none."""
    plain = word.strip().casefold()
    if plain in (*_PHYSICAL, "vector"):
        return plain
    return _CALLED.get(plain) or (logical_type(plain) if is_known(plain) else "")


def logical_type(physical: str) -> str:
    """The logical type of a physical one; text where it is not known."""
    try:
        kind = re.sub(r"\(.*?\)", "", canonical_type(physical))
    except Breach:
        kind = re.sub(r"\(.*?\)", "", physical.lower())
    return next((logical for pattern, logical in _LOGICAL if re.fullmatch(pattern, kind)), "string")


def physical_type(logical: str) -> str:
    """The physical type that a column of a logical one likely has."""
    return _PHYSICAL.get(logical, "text")


def is_text(physical: str) -> bool:
    """Whether an empty text is a value of the type."""
    return physical.startswith(("text", "varchar", "char"))


def beyond_postgres(physical: str) -> bool:
    """Whether Postgres cannot store a type that contracts can write."""
    size = re.search(r"(?i)char[a-z0-9 ]*\(\s*(\d+)", physical)
    return not is_known(physical) or bool(size and int(size[1]) > LONGEST_TEXT)
