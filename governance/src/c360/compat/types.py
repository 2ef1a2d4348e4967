"""Types: whether every value of one is a value of the other, and means the same."""

import re

from c360.clause.dialect import canonical_type
from c360.errors import Breach

_INTEGERS = {"smallint": 5, "integer": 10, "bigint": 19}
"""Digits that hold every value."""
_FLOATS = {"real": ("smallint",), "double precision": ("smallint", "integer", "real")}
"""What each holds without rounding."""
_ELSEWHERE = {
    "int64": "bigint", "int32": "integer", "tinyint": "smallint", "number": "numeric", "bignumeric": "numeric",
    "decimal": "numeric", "float64": "double precision", "nvarchar": "character varying",
    "varchar": "character varying", "string": "character varying", "text": "character varying",
    "varchar2": "character varying", "clob": "character varying", "datetime": "timestamp without time zone",
    "timestamp_ntz": "timestamp without time zone",
}  # fmt: skip
"""Types of other databases, by what they are called in Postgres."""
_TEXT = "character varying"
_LENGTHS = frozenset([
    _TEXT, "character", "bit varying", "binary", "bytea", "time without time zone", "time with time zone",
    "timestamp without time zone", "timestamp with time zone", "interval", "datetime", "bytes", "varbinary", "float",
])  # fmt: skip
"""Types of which a larger size holds what a smaller one does."""
_SIZED = re.compile(r"^([^()]+?)\s*\(\s*(\d{1,9})\s*(?:,\s*(\d{1,9})\s*)?\)\s*(.*)$")


def compared(old: str, new: str) -> str:
    """`same`, `widened`, `narrowed` or `changed`: from the physical type `old` to `new`, as contracts write them."""
    before, after = _parsed(old), _parsed(new)
    wider, narrower = _fits(before, after), _fits(after, before)
    if (wider and narrower) or before == after:
        return "same"
    return "widened" if wider else "narrowed" if narrower else "changed"


def compared_logically(old: str, new: str) -> str:
    """The same of logical types."""
    if (old, new) == ("integer", "number"):
        return "widened"
    return "narrowed" if (old, new) == ("number", "integer") else "same" if old == new else "changed"


def _parsed(written: str) -> tuple[str, tuple[int, ...]]:
    """A type's name and sizes. Text is varchar without a size; `timestamp` has the six digits that it has in fact."""
    text = " ".join(written.lower().split())
    try:
        text = canonical_type(text)
    except Breach:  # a type of another database, that nobody enforces here
        text = _ELSEWHERE.get(text, text)
    sized = _SIZED.match(text)
    name = " ".join(filter(None, (sized[1], sized[4]))) if sized else text
    sizes = tuple(int(size) for size in sized.groups()[1:3] if size is not None) if sized else ()
    name = _ELSEWHERE.get(name, name)
    if name == "numeric" and len(sizes) == 1:
        sizes = (*sizes, 0)
    if name.startswith("time") and not sizes:
        sizes = (6,)
    return (_TEXT if name == "text" else name), sizes


def _fits(inner: tuple[str, tuple[int, ...]], outer: tuple[str, tuple[int, ...]]) -> bool:
    (name, sizes), (other, others) = inner, outer
    if name in _INTEGERS and other == "numeric":
        return not others or others[0] - others[1] >= _INTEGERS[name]
    if name in _INTEGERS and other in _INTEGERS:
        return _INTEGERS[name] <= _INTEGERS[other]
    if name in _FLOATS.get(other, ()):
        return True
    if name == "character" and other == _TEXT:
        return not others or sizes <= others
    if name != other:
        return False
    if not others or not sizes:
        return not others
    if name not in _LENGTHS and name != "numeric":
        return sizes == others  # vector(3) is no vector(4)
    if name == "numeric":
        return sizes[0] - sizes[1] <= others[0] - others[1] and sizes[1] <= others[1]
    return len(sizes) == len(others) and all(a <= b for a, b in zip(sizes, others, strict=True))
