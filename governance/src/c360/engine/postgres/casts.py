"""Casts of delivered text to the contract's types, in the forms that senders write: see c360.clause.postgres."""

import re
from collections.abc import Iterator
from itertools import product

from c360.clause.dialect import POSTGRES, canonical_type, unsized
from c360.clause.predicates import read_format
from c360.clause.types import TEXTS
from c360.delivery.form import Form
from c360.delivery.shapes import Spelling
from c360.engine.written import NUMBERS, TIMESTAMPS

SILENT = Form()

_WHOLE = {"smallint": 4, "integer": 9, "bigint": 18}
"""Types, and how many digits every number of theirs may have."""
_LEAP = r"(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29"
_DAYS = (
    r"(?!0000)(?:\d{4}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
    rf"|{_LEAP})"
)
"""All days of four-digit years."""
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d"
_CLOCK = rf"[ T]{_TIME}(?:\.\d{{1,6}})?"
_UUID = "[{0}]{{8}}-[{0}]{{4}}-[{0}]{{4}}-[{0}]{{4}}-[{0}]{{12}}"
_SURE = {
    "uuid": _UUID.format("0-9a-fA-F"),
    **{kind: rf"[+-]?\d{{1,{digits}}}" for kind, digits in _WHOLE.items()},
    "date": _DAYS,
    "timestamp without time zone": f"{_DAYS}{_CLOCK}Z?",
    "timestamp with time zone": f"{_DAYS}{_CLOCK}Z",
}


def sure(physical_type: str, form: Form) -> str:
    """A regular expression (of bytes, in Python) for text whose plain cast cannot fail and loses nothing.

    It is the common spelling and not every one; empty for a type that has none, as text, or in a form of the sender's:
    one in which such a text stands for null, too.
    """
    shape = _shape(physical_type, form)
    return "" if any(re.fullmatch(shape, null, re.ASCII) for null in form.null_values) else shape


def _shape(physical_type: str, form: Form) -> str:
    kind = canonical_type(physical_type)
    name = unsized(kind)
    if (name in NUMBERS and (form.decimal, form.thousands) != (".", "")) or (
        form.date_format if name == "date" else form.timestamp_format if name in TIMESTAMPS else ""
    ):
        return ""
    digits = re.fullmatch(r"numeric\((\d+),(\d+)\)", kind)
    if digits and int(digits[1]) > int(digits[2]) > 0:
        return rf"[+-]?\d{{1,{int(digits[1]) - int(digits[2])}}}(?:\.\d{{1,{digits[2]}}})?"
    return _SURE.get(kind, "")


def spellings(physical_type: str, form: Form) -> list[Spelling]:
    """Those of text that is `sure`: as the type itself is written, or as programs that export tables write it."""
    kind = canonical_type(physical_type)
    if form.null_values or (unsized(kind) not in TEXTS and not sure(physical_type, form)):
        return []
    return list(_spellings(kind))


def _spellings(kind: str) -> Iterator[Spelling]:
    name = unsized(kind)
    if kind in ("text", "character varying"):
        yield Spelling("", "{}")
    elif name == "character varying":
        yield Spelling(int(kind.partition("(")[2].rstrip(")")), "{}::text")  # as many bytes, of which a letter has some
    elif kind == "uuid":
        yield Spelling(_UUID.format("0-9a-f"), "{}::text")
        yield Spelling(_UUID.format("0-9A-F"), "upper({}::text)")
    elif kind in _WHOLE:
        yield Spelling(rf"0|-?[1-9]\d{{0,{_WHOLE[kind] - 1}}}", "{}::text")
    elif name == "numeric":
        size, scale = map(int, re.findall(r"\d+", kind))
        whole, some = rf"[1-9]\d{{0,{size - scale - 1}}}", rf"\.\d{{0,{scale - 1}}}[1-9]"
        yield Spelling(rf"(?:-?{whole}|0|-(?=0\.0*[1-9])0)\.\d{{{scale}}}", "{}::text")
        yield Spelling(rf"-?{whole}(?:{some})?|0(?:{some})?|-0{some}", "trim_scale({})::text")
    elif kind == "date":
        yield Spelling(_DAYS, "to_char({}, 'YYYY-MM-DD')")
    elif kind in TIMESTAMPS:
        at, zones = ("{} at time zone 'UTC'", ["Z"]) if kind == "timestamp with time zone" else ("{}", ["", "Z"])
        for between, digits, zone in product(" T", (0, 3, 6), zones):
            exact = rf"\.\d{{{digits}}}" if digits else ""
            mask = POSTGRES.mask_of(f"0000-00-00{between}00:00:00{'.' * bool(digits)}{'0' * digits}{zone}")
            yield Spelling(f"{_DAYS}{between}{_TIME}{exact}{zone}", f"to_char({at}, '{mask}')")


def cast(column: str, physical_type: str, form: Form = SILENT) -> str:
    """SQL: the value of the text `column` in the type, or null where it has none. `column` is quoted already."""
    kind = canonical_type(physical_type)
    written = form.date_format if kind == "date" else form.timestamp_format if unsized(kind) in TIMESTAMPS else ""
    return _written(column, kind, written) if written else POSTGRES.cast(column, physical_type)


def _written(column: str, kind: str, form: str) -> str:
    """A date or timestamp in a JDK format of the sender's; times are UTC."""
    shape, iso, clocks = read_format(form, column)
    day = "date" if kind == "date" and not clocks else "timestamp"
    shaped = f"translate({column}, '123456789', '000000000') = {POSTGRES.literal(shape)}"
    times = "".join(f" and substr({column}, {start}, 2) <= '{last}'" for start, last in clocks)
    value = f"({iso})::timestamp" + (" at time zone 'UTC'" if "with time zone" in kind else "")
    exact = f"({value})::{kind} = {value} and ({iso}) !~ '[.]\\d{{6}}\\d*[1-9]'" if clocks else "true"
    valid = f"case when {shaped}{times} then pg_input_is_valid({iso}, '{day}') else false end"
    return f"case when {valid} then case when {exact} then ({value})::{kind} end end"
