"""Texts that a pattern matches, many at once.

A text is a row of code points in a matrix, where 0 is no character: so that a repetition is columns side by side.
"""

import re
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from c360.clause.spelling import pieces

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_CATEGORIES = {
    "CATEGORY_DIGIT": "0123456789", "CATEGORY_WORD": _LETTERS + "0123456789", "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_DIGIT": _LETTERS, "CATEGORY_NOT_WORD": "-", "CATEGORY_NOT_SPACE": _LETTERS,
}  # fmt: skip
_OTHERS = (_LETTERS, _LETTERS.upper() + "0123456789", "-_ .,:;/+*", "".join(map(chr, range(0xE0, 0x180))))
"""Where a character is taken from that is not one of some, by preference."""
_AT_ONCE = 65_536
_WIDEST = 4_000
"""Characters of the longest text."""


@cache
def compiled(ecma: str) -> re.Pattern[str] | None:
    """A pattern (ECMA-262) for Python, in which it means what engines take it for; None where Python cannot read it."""
    ends = (r"\Z" if piece == "$" and not inside else piece for piece, inside in pieces(ecma))
    try:
        return re.compile("".join(ends), re.ASCII)
    except re.error:
        return None


def texts(ecma: str, rng: np.random.Generator, count: int, more: int = 8) -> pa.Array:
    """`count` texts made as the pattern says; a repetition without an end has up to `more` beyond its least.

    What looks ahead or behind is left out, so a text need not match. None at all where the pattern cannot be read.
    """
    from re import _parser  # type: ignore[attr-defined]  # the one reader of patterns that gives a tree

    found = compiled(ecma)
    if found is None:
        return pa.array([], pa.string())
    tree, parts = _parser.parse(found.pattern, found.flags), []
    for start in range(0, count, _AT_ONCE):
        codes = _Maker(rng, min(_AT_ONCE, count - start), more).of(tree)
        order = np.argsort(codes == 0, axis=1, kind="stable")
        codes = np.ascontiguousarray(np.take_along_axis(codes, order, axis=1))
        parts.append(pa.array(codes.view(f"U{codes.shape[1]}")[:, 0] if codes.shape[1] else [""] * len(codes)))
    return pa.chunked_array(parts, pa.string()).combine_chunks()


def distinct(ecma: str, rng: np.random.Generator, count: int, more: int = 8) -> pa.Array:
    """Up to `count` different ones: fewer only where the pattern seems to have no more."""
    found, idle = pa.array([], pa.string()), 0
    while len(found) < count and idle < 4:
        before = len(found)
        drawn = texts(ecma, rng, max(64, count + count // 8), more)
        found = pc.unique(pa.concat_arrays([found, drawn]))
        idle = 0 if len(found) > before * 1.05 else idle + 1
        more = min(2 * more, 64)
    return found[:count]


def uuids(rng: np.random.Generator, count: int) -> pa.Array:
    """`count` random (version 4) UUIDs as lower-case text."""
    raw = rng.integers(0, 256, (count, 16), dtype=np.uint8)
    raw[:, 6] = raw[:, 6] & 0x0F | 0x40
    raw[:, 8] = raw[:, 8] & 0x3F | 0x80
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)
    text = np.full((count, 36), ord("-"), np.uint8)
    places = [place for place in range(36) if place not in (8, 13, 18, 23)]
    text[:, places[0::2]] = digits[raw >> 4]
    text[:, places[1::2]] = digits[raw & 0x0F]
    ends = np.arange(0, 36 * (count + 1), 36, dtype=np.int32)
    return pa.Array.from_buffers(pa.string(), count, [None, pa.py_buffer(ends), pa.py_buffer(text)])


class _Maker:
    """Makes `count` texts of the parts of a tree, as Python's `re` reads a pattern."""

    def __init__(self, rng: np.random.Generator, count: int, more: int) -> None:
        self._rng, self._count, self._more = rng, count, more
        self._groups: dict[int, np.ndarray] = {}

    def of(self, nodes: Any) -> np.ndarray:
        found = [self._node(str(op), value) for op, value in nodes]
        return np.hstack([np.zeros((self._count, 0), np.uint32), *found])[:, :_WIDEST]

    def _node(self, op: str, value: Any) -> np.ndarray:
        if op == "LITERAL":
            return np.full((self._count, 1), value, np.uint32)
        if op in ("IN", "NOT_LITERAL", "ANY"):
            listed = value if op == "IN" else [("NEGATE", None), ("LITERAL", value or 10)]
            chars = np.array([ord(char) for char in _members(listed)], np.uint32)
            return chars[self._rng.integers(0, len(chars), (self._count, 1))]
        if op in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            return self._repeated(*value)
        if op == "BRANCH":
            return self._one_of([self.of(branch) for branch in value[1]])
        if op in ("SUBPATTERN", "ATOMIC_GROUP"):
            found = self.of(value[-1] if op == "SUBPATTERN" else value)
            if op == "SUBPATTERN" and value[0]:
                self._groups[value[0]] = found
            return found
        if op == "GROUPREF" and value in self._groups:
            return self._groups[value]
        return np.zeros((self._count, 0), np.uint32)  # a place, or what looks ahead or behind

    def _repeated(self, least: Any, most: Any, nodes: Any) -> np.ndarray:
        least = min(int(least), _WIDEST)
        most = min(int(most), least + self._more)
        times = self._rng.integers(least, most, self._count, endpoint=True)
        copies = [np.where((times > n)[:, None], self.of(nodes), 0) for n in range(most)]
        return np.hstack([np.zeros((self._count, 0), np.uint32), *copies]).astype(np.uint32)

    def _one_of(self, branches: list[np.ndarray]) -> np.ndarray:
        chosen = self._rng.integers(0, len(branches), self._count)
        found = np.zeros((self._count, max(branch.shape[1] for branch in branches)), np.uint32)
        for number, branch in enumerate(branches):
            found[chosen == number, : branch.shape[1]] = branch[chosen == number]
        return found


def _members(listed: Any) -> str:
    """The characters of a set; of a negated one some that are not in it."""
    chars, negated = "", False
    for op, value in listed:
        if str(op) == "NEGATE":
            negated = True
        elif str(op) == "LITERAL":
            chars += chr(value)
        elif str(op) == "RANGE":
            chars += "".join(map(chr, range(value[0], min(value[1], value[0] + 2_000) + 1)))
        else:
            chars += _CATEGORIES[str(value)]
    if not negated:
        return chars
    if set("0123456789") <= set(chars) and any(str(op) == "CATEGORY" for op, _ in listed):
        chars += _LETTERS.upper() if set(_LETTERS) <= set(chars) else ""  # \w has capitals, too
    return next((kept for some in _OTHERS if (kept := "".join(c for c in some if c not in chars))), "~")
