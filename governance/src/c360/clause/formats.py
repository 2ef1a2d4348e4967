"""Formats that ODCS names for text and integers: each as a pattern (ECMA-262) or a range, alike on every engine."""

from c360.clause.dialect import canonical_type
from c360.errors import Breach

_DAY = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_TIME = r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)"
_BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = rf"({_BYTE}\.){{3}}{_BYTE}"
_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_GROUP = "[0-9A-Fa-f]{1,4}"
_LAST = f"({_GROUP}:{_GROUP}|{_IPV4})"
_IPV6 = "|".join(
    [
        f"({_GROUP}:){{6}}{_LAST}",
        f"::({_GROUP}:){{5}}{_LAST}",
        *(f"(({_GROUP}:){{0,{n}}}{_GROUP})?::({_GROUP}:){{{4 - n}}}{_LAST}" for n in range(4)),
        f"(({_GROUP}:){{0,4}}{_GROUP})?::{_LAST}",
        f"(({_GROUP}:){{0,5}}{_GROUP})?::{_GROUP}",
        f"(({_GROUP}:){{0,6}}{_GROUP})?::",
    ]
)
"""RFC 3986, IPv6address."""

TEXTS = {
    "uuid": "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}",
    # as HTML has it for <input type=email>
    "email": rf"[A-Za-z0-9.!#$%&'*+/=?^_`|~{{}}-]+@{_LABEL}(\.{_LABEL})*",
    "hostname": rf"{_LABEL}(\.{_LABEL})*",
    "ipv4": _IPV4,
    "ipv6": _IPV6,
    "uri": r"[A-Za-z][A-Za-z0-9+.-]*:([A-Za-z0-9._~:/?#@!$&'()*+,;=\[\]-]|%[0-9A-Fa-f]{2})*",
    "byte": "([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
    "date": _DAY,
    "time": _TIME,
    "date-time": f"{_DAY}[Tt]{_TIME}",
}
"""Formats of text; `byte` is base64, and dates and times are those of RFC 3339."""
DAYS = ("date", "date-time")
"""Of these the first ten characters have to be a day of the calendar, too."""
LONGEST = {"hostname": 253}
"""In characters."""

_BITS = {"smallint": 16, "integer": 32, "bigint": 64}


def integers(form: str) -> tuple[int, int] | None:
    """The least and the greatest of an integer format such as i32 or u8; None for another word."""
    if form not in {f"{sign}{bits}" for sign in "iu" for bits in (8, 16, 32, 64, 128)}:
        return None
    bits = int(form[1:])
    return (0, 2**bits - 1) if form[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def narrower(form: str, physical_type: str) -> bool:
    """Whether an integer of the physical type can be out of the format's range."""
    span = integers(form)
    try:
        kind = canonical_type(physical_type)
    except Breach:  # lint tells of it
        return False
    if span is None or not (kind in _BITS or kind.startswith("numeric")):
        return False
    bits = _BITS.get(kind)
    return bits is None or span[0] > -(2 ** (bits - 1)) or span[1] < 2 ** (bits - 1) - 1
