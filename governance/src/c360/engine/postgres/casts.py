"""Casts of delivered text to the contract's types, in the forms that senders write: see c360.clause.postgres."""

import re
from collections.abc import Iterator
from itertools import product

from c360.clause.dialect import POSTGRES, canonical_type, unsized
from c360.clause.predicates import read_format
from c360.clause.types import TEXTS
from c360.delivery.form import Form
from c360.delivery.shapes import Spelling
from c360.engine.sure import DAYS, TIME, UUID, WHOLE, sure
from c360.engine.written import TIMESTAMPS

SILENT = Form()


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
        yield Spelling(UUID.format("0-9a-f"), "{}::text")
        yield Spelling(UUID.format("0-9A-F"), "upper({}::text)")
    elif kind in WHOLE:
        yield Spelling(rf"0|-?[1-9]\d{{0,{WHOLE[kind] - 1}}}", "{}::text")
    elif name == "numeric":
        size, scale = map(int, re.findall(r"\d+", kind))
        whole, some = rf"[1-9]\d{{0,{size - scale - 1}}}", rf"\.\d{{0,{scale - 1}}}[1-9]"
        yield Spelling(rf"(?:-?{whole}|0|-(?=0\.0*[1-9])0)\.\d{{{scale}}}", "{}::text")
        yield Spelling(rf"-?{whole}(?:{some})?|0(?:{some})?|-0{some}", "trim_scale({})::text")
    elif kind == "date":
        yield Spelling(DAYS, "to_char({}, 'YYYY-MM-DD')")
    elif kind in TIMESTAMPS:
        at, zones = ("{} at time zone 'UTC'", ["Z"]) if kind == "timestamp with time zone" else ("{}", ["", "Z"])
        for between, digits, zone in product(" T", (0, 3, 6), zones):
            exact = rf"\.\d{{{digits}}}" if digits else ""
            mask = POSTGRES.mask_of(f"0000-00-00{between}00:00:00{'.' * bool(digits)}{'0' * digits}{zone}")
            yield Spelling(f"{DAYS}{between}{TIME}{exact}{zone}", f"to_char({at}, '{mask}')")


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
