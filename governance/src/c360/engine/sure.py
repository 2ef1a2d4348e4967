"""Sure: how text looks whose plain cast cannot fail, whatever the engine, and loses nothing but the spelling."""

import re
from collections.abc import Sequence

from c360.clause.dialect import canonical_type, unsized
from c360.delivery.form import Form
from c360.delivery.shapes import Spelling
from c360.engine.written import NUMBERS, TIMESTAMPS

WHOLE = {"smallint": 4, "integer": 9, "bigint": 18}
"""Types, and how many digits every number of theirs may have."""
_LEAP = r"(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29"
DAYS = (
    r"(?!0000)(?:\d{4}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
    rf"|{_LEAP})"
)
"""All days of four-digit years."""
TIME = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d"
_CLOCK = rf"[ T]{TIME}(?:\.\d{{1,6}})?"
UUID = "[{0}]{{8}}-[{0}]{{4}}-[{0}]{{4}}-[{0}]{{4}}-[{0}]{{12}}"
_SURE = {
    "uuid": UUID.format("0-9a-fA-F"),
    **{kind: rf"[+-]?\d{{1,{digits}}}" for kind, digits in WHOLE.items()},
    "date": DAYS,
    "timestamp without time zone": f"{DAYS}{_CLOCK}Z?",
    "timestamp with time zone": f"{DAYS}{_CLOCK}Z",
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


class Sure:
    """The `Shapes` of an engine that takes no other spelling as it stands."""

    def sure(self, physical_type: str, form: Form) -> str:
        return sure(physical_type, form)

    def spellings(self, physical_type: str, form: Form) -> Sequence[Spelling]:
        return ()
