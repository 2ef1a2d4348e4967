"""Shapes: how text looks that needs no care when it is cast. A delivery that is in shape goes the fast way."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from c360.delivery.form import Form

Shape = str | int
"""A regular expression (of bytes, in Python) for the values of a column, or the bytes of the longest one; empty for any
text at all. A value may always be empty."""
_SAMPLE = 100
"""So many records tell in which spelling each column is written."""


@dataclass(frozen=True)
class Spelling:
    """A way to write values that an engine takes as they stand, and gives back in the same words."""

    shape: Shape
    back: str
    """The engine's SQL for the text of the value that stands at {}."""

    def fits(self, value: str) -> bool:
        raw = value.encode()
        if isinstance(self.shape, int):
            return len(raw) <= self.shape
        return not raw or not self.shape or bool(re.fullmatch(self.shape.encode(), raw))


class Shapes(Protocol):
    """What an engine knows of text in its types."""

    def sure(self, physical_type: str, form: Form) -> str:
        """The shape of text whose plain cast cannot fail and loses nothing but the spelling; empty for a type or a form
        of the sender's that has none."""

    def spellings(self, physical_type: str, form: Form) -> Sequence[Spelling]:
        """All that there are; none for a type or form without one."""


class Unknown:
    """The `Shapes` of an engine that casts all values with care."""

    def sure(self, physical_type: str, form: Form) -> str:
        return ""

    def spellings(self, physical_type: str, form: Form) -> Sequence[Spelling]:
        return ()


def spelled(text: str, form: Form, known: Sequence[Sequence[Spelling]]) -> list[Spelling]:
    """For each column the first of its `known` spellings that fits the records with which a delivery begins; nothing
    where a column has none, or the text has no record."""
    try:
        records = list(islice(form.fields_of(text[: text.rfind("\n") + 1]), _SAMPLE))
    except csv.Error:
        return []
    records = [record for record in records if len(record) == len(known)]
    found = [
        next((one for one in options if all(one.fits(record[i]) for record in records)), None)
        for i, options in enumerate(known)
    ]
    return [one for one in found if one] if records and None not in found else []
