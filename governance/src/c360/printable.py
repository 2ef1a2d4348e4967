"""Text of others on one line: of a terminal, a log, a comment or an error, where it can neither act nor hide."""

import unicodedata
from typing import Any

_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Unicode categories of what nobody sees: controls, marks of direction and width, half characters, line ends."""


def one_line(text: Any) -> str:
    """The text, with an escape such as `\\x1b` for each character that would break the line, move, colour or hide."""
    text = str(text)
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(ch) if unicodedata.category(ch) in _UNSEEN else ch for ch in text)


def shown(name: Any) -> str:
    """A name in a message: in quotes, and not too much of it."""
    text = one_line(name)
    return f"'{text[:60]}…'" if len(text) > 60 else f"'{text}'"


def _escaped(ch: str) -> str:
    return ch.encode("unicode_escape").decode()
