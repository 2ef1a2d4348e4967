"""What the texts of a column may be: each shape a type or format of contracts, held only when every value has it."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from c360.clause.formats import TEXTS

if TYPE_CHECKING:
    import pyarrow as pa

Holds = Callable[["pa.Array"], bool]

_DAY = r"[1-9]\d{3}-[01]\d-[0-3]\d"
_CLOCK = r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?"
_ZONE = r"(Z|[+-](0\d|1[0-4])(:?[0-5]\d)?)"
_WHOLE = r"0|-?[1-9]\d{0,%d}"
_POINT = r"-?(0|[1-9]\d{0,17})(\.\d{1,6})?"
_NOT_FINITE = "NaN|Infinity|-Infinity"
_SURE_DIGITS = 15
"""So many significant digits a double keeps, whatever they are."""


def matching(values: "pa.Array", pattern: str) -> int:
    """How many of the texts the pattern (RE2) matches from end to end."""
    import pyarrow.compute as pc

    return pc.sum(pc.match_substring_regex(values, rf"^(?:{pattern})$")).as_py() or 0


def _every(pattern: str) -> Holds:
    return lambda values: matching(values, pattern) == len(values)


def _days(pattern: str) -> Holds:
    """Texts of the pattern whose first ten characters are a day of the calendar."""

    def hold(values: "pa.Array") -> bool:
        import pyarrow as pa
        import pyarrow.compute as pc

        if matching(values, pattern) < len(values):
            return False
        try:
            pc.utf8_slice_codeunits(values, 0, 10).cast(pa.date32())
            return True
        except pa.ArrowInvalid:
            return False

    return hold


def _floats(pattern: str) -> Holds:
    """Numbers of the pattern that a double says whole: with few digits, or as the shortest text of one."""

    def hold(values: "pa.Array") -> bool:
        import pyarrow.compute as pc

        if matching(values, pattern) < len(values):
            return False
        digits = pc.replace_substring_regex(values, "[eE].*$|[^0-9]", "")
        long = values.filter(pc.greater(pc.utf8_length(digits), _SURE_DIGITS))
        return all(Decimal(text) == Decimal(repr(float(text))) for text in long.to_pylist())

    return hold


_JSON = json.JSONDecoder(parse_constant=int)
"""Of RFC 8259, which has no NaN: int takes none of its kind."""


def _json(values: "pa.Array") -> bool:
    """Texts of JSON objects and arrays. No number is parsed to find that it is none."""
    import pyarrow.compute as pc

    if not pc.all(pc.match_substring_regex(values, r"^[{\[]")).as_py():
        return False
    try:
        for text in values.to_pylist():
            _JSON.decode(text)
    except (ValueError, RecursionError):
        return False
    return True


SHAPES: dict[str, Holds] = {
    "uuid": _every("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    "boolean": _every("(?i)true|false"),
    "bigint": _every(_WHOLE % 17),
    "whole": _every(_WHOLE % 37),
    "decimal": _every(_POINT),
    "float": _floats(rf"-?\d{{1,40}}(\.\d{{1,40}})?([eE][+-]?\d{{1,2}})?|{_NOT_FINITE}"),
    "finite": _every(r"[^NI]*"),
    "leading": _every(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?|" + _NOT_FINITE),
    "comma": _every(r"-?(0|[1-9]\d{0,17})(,\d{1,6})?"),
    "date": _days(_DAY),
    "timestamp": _days(rf"{_DAY}[ T]{_CLOCK}"),
    "timestamptz": _days(rf"{_DAY}[ T]{_CLOCK}{_ZONE}"),
    "time": _every(_CLOCK),
    "dotted": _every(r"[0-3]?\d\.[01]?\d\.[12]\d{3}"),
    "slashed": _every(r"[0-3]?\d/[0-3]?\d/[12]\d{3}"),
    "json": _json,
    **{name: _every(TEXTS[name]) for name in ("email", "ipv4", "ipv6", "uri")},
}
"""By name. `finite`: no number is NaN; `leading`: none begins with zeros, as codes do; `comma`: a decimal comma;
`dotted`, `slashed`: days as 31.12.2024 and 12/31/2024."""

LIKELY = {
    "e-mail": r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}",
    "iban": r"[A-Z]{2}\d{2}[ ]?([A-Z0-9]{4}[ ]?){2,7}[A-Z0-9]{1,4}",
    "ip": rf"{TEXTS['ipv4']}",
    "card": r"[3-6]\d{3}[ -]?\d{4}[ -]?\d{4}[ -]?\d{1,4}",
    "national id": r"\d{3}-\d{2}-\d{4}|[XYZ]?\d{7,8}[A-HJ-NP-TV-Z]"
    r"|[12] ?\d{2} ?(0[1-9]|1[0-2]) ?\d{2} ?\d{3} ?\d{3} ?\d{2}",
    "phone": r"\+\d[\d /().-]{6,18}\d|0\d{1,5}[ /-][\d /-]{4,14}\d",
}
"""What personal data looks like, whatever its column is called; here half of the values are enough."""
