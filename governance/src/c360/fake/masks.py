"""Times in the format of a sender, such as dd.MM.yyyy HH:mm, many at once."""

import re

import pyarrow as pa
import pyarrow.compute as pc

_PLACES = {"yyyy": (0, 4), "MM": (5, 7), "dd": (8, 10), "HH": (11, 13), "mm": (14, 16), "ss": (17, 19)}
"""Where each part stands in `2026-01-31 12:00:00.000000`."""
_SIZES = {"SSSSSS": 1, "SSS": 1_000, "ss": 1_000_000, "mm": 60_000_000, "HH": 3_600_000_000}
DAY = 86_400_000_000
"""Microseconds."""


def step(mask: str) -> int:
    """The least difference, in microseconds, of two times that a JDK format tells apart."""
    fraction = max((len(found) for found in re.findall("S+", mask)), default=0)
    if fraction:
        return 10 ** max(0, 6 - fraction)
    return next((size for part, size in _SIZES.items() if part in mask), DAY)


def written(moments: pa.Array, mask: str) -> pa.Array:
    """Texts of timestamps (microseconds, no zone) in a JDK format, as c360.clause.predicates.read_format knows it."""
    iso = pc.cast(moments, pa.string())
    parts = []
    for piece in re.findall(r"yyyy|MM|dd|HH|mm|ss|S+|'[TZ]'|.", mask):
        if piece in _PLACES:
            parts.append(pc.utf8_slice_codeunits(iso, *_PLACES[piece]))
        elif piece[0] == "S":
            digits = pc.utf8_slice_codeunits(iso, 20, 20 + min(len(piece), 6))
            parts.append(pc.utf8_rpad(digits, len(piece), "0"))
        else:
            parts.append(piece.strip("'"))
    return pc.binary_join_element_wise(*parts, "")
