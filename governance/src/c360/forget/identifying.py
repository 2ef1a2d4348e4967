"""Which texts identify somebody wherever they stand, and how they are found in other text."""

import html
import json
import re
from collections.abc import Iterable

SHORT = 20
"""From so many characters on, a text is found inside of others; a shorter one must stand for itself."""
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}([ T][\d:.]+)?")
_BEFORE, _AFTER = r"(?:(?<![0-9A-Za-z])|(?<=\\[nrtbf]))", r"(?![0-9A-Za-z])"
"""What stands for itself has no letter or digit beside it, but for one that belongs to an escape of JSON."""


def is_identifying(text: str) -> bool:
    """Whether a text is somebody's wherever it stands. A single word, a short number or a date may be anything.

    >>> [is_identifying(text) for text in ("7", "2026-03-01", "customers", "Jo Li", "jane@example.com", "+61 400 000
    000")] [False, False, False, False, True, True]
    """
    if _MOMENT.fullmatch(text):
        return False
    if re.search(r"[^\W\d_]", text):
        return len(text) >= 8 and bool(re.search(r"[\W\d_]", text))
    return len(re.findall(r"\d", text)) >= 10


def in_text(values: Iterable[str]) -> re.Pattern[str]:
    """Finds these values in text, in upper or lower case; none finds nothing."""
    return re.compile("|".join(map(_bounded, _longest_first(values))) or r"(?!)", re.IGNORECASE)


def in_bytes(values: Iterable[str]) -> re.Pattern[bytes]:
    """Finds these values in the bytes of a file: as they are, in JSON, in HTML."""
    spelled = {
        text
        for one in values
        for text in (one, json.dumps(one)[1:-1], json.dumps(one, ensure_ascii=False)[1:-1], html.escape(one))
    }
    found = "|".join(map(_bounded, _longest_first(spelled))) or r"(?!)"
    return re.compile(found.encode("utf-8", errors="replace"), re.IGNORECASE)


def _longest_first(values: Iterable[str]) -> list[str]:
    return sorted(set(values), key=lambda text: (-len(text), text))


def _bounded(text: str) -> str:
    return re.escape(text) if len(text) >= SHORT else f"{_BEFORE}{re.escape(text)}{_AFTER}"
