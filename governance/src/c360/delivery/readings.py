"""Readings: the ways to read text whose quotes break RFC 4180.

A fault in quoting shows that the sender follows other rules, and the file does not say which. A row is a record only if
it is one under all of them. Each rule is one that a known writer or reader follows:

- Text may follow a closing quote, and belongs to the field (pyarrow).
- If text follows a closing quote, the rest of the line is no record (Python's csv, asked again after an error).
- Blanks may stand before an opening quote (DuckDB).
- Behind a closing quote, the next quote of the field opens again (DuckDB, if it is not strict).
- A quote is a character if no delimiter and no line end follows (writers that escape nothing).
- A quote is a character behind a backslash (MySQL, Spark).
- A quote at the beginning of a field is a character (writers that never quote).

Where only a writer's rule leaves the end of the file inside quotes, that rule is impossible. Where a reader's does, the
file may have been cut.
"""

import re
from itertools import product

from c360.errors import Breach

BETWEEN, LEADING, TEXT, QUOTED, CLOSING, SKIPPED, ESCAPED, REOPENING = (1 << i for i in range(8))
"""Where a reading stands: before a field, behind blanks that begin one, in an unquoted field, inside quotes, behind a
quote inside quotes, in the rest of a line that is passed over, behind a backslash inside quotes, behind a closing quote
that another quote may follow. A set of them is a sum."""
_QUOTE, _DELIMITER, _END, _BACKSLASH, _BLANK, _OTHER = range(6)
_Steps = dict[int, tuple[int, int, int, int, int, int]]
"""From each state, for each kind of character, the states that follow."""
_READERS: _Steps = {
    BETWEEN: (QUOTED, BETWEEN, BETWEEN, TEXT, LEADING, TEXT),
    LEADING: (QUOTED | TEXT, BETWEEN, BETWEEN, TEXT, LEADING, TEXT),
    TEXT: (TEXT, BETWEEN, BETWEEN, TEXT, TEXT, TEXT),
    QUOTED: (CLOSING, QUOTED, QUOTED, QUOTED, QUOTED, QUOTED),
    CLOSING: (QUOTED, BETWEEN, BETWEEN, TEXT | SKIPPED, TEXT | SKIPPED, TEXT | SKIPPED),
    SKIPPED: (SKIPPED, SKIPPED, BETWEEN, SKIPPED, SKIPPED, SKIPPED),
}
_REOPENING: _Steps = _READERS | {
    QUOTED: (REOPENING, QUOTED, QUOTED, QUOTED, QUOTED, QUOTED),
    REOPENING: (QUOTED, BETWEEN, BETWEEN, REOPENING, REOPENING, REOPENING),
}
"""Apart from the others: quotes of theirs would keep it from ever agreeing with them."""
_AFTER = TEXT | SKIPPED | QUOTED
_ALL: _Steps = _READERS | {
    BETWEEN: (QUOTED | TEXT, BETWEEN, BETWEEN, TEXT, LEADING, TEXT),
    QUOTED: (CLOSING, QUOTED, QUOTED, QUOTED | ESCAPED, QUOTED, QUOTED),
    CLOSING: (QUOTED | CLOSING, BETWEEN, BETWEEN, _AFTER | ESCAPED, _AFTER, _AFTER),
    ESCAPED: (QUOTED, QUOTED, QUOTED, QUOTED, QUOTED, QUOTED),
}


class TwoReadings(Breach):
    """A delivery that can be read in two ways, so that nothing of it can be taken."""


def _table(steps: _Steps) -> list[list[int]]:
    """The same for sets of states."""
    table = [[0] * 6 for _ in range(1 << 8)]
    for states, kind in product(range(1 << 8), range(6)):
        for state, nexts in steps.items():
            table[states][kind] |= nexts[kind] if states & state else 0
    return table


def _reversed(steps: _Steps) -> _Steps:
    """From each state, the states before it."""
    before = {
        after: [sum(state for state, nexts in steps.items() if nexts[kind] & after) for kind in range(6)]
        for after in steps
    }
    return {after: tuple(kinds) for after, kinds in before.items()}  # type: ignore[misc]  # of six kinds


_ALL_NEXT, _ALL_BEFORE = _table(_ALL), _table(_reversed(_ALL))
_READERS_NEXT, _REOPENING_NEXT = _table(_READERS), _table(_REOPENING)


class Readings:
    """All readings of a text, from the beginning of a record on."""

    def __init__(self, delimiter: bytes, quote: bytes) -> None:
        kinds = {b"\\": _BACKSLASH, b" ": _BLANK, b"\t": _BLANK, b"\r\n": _END, b"\r": _END, b"\n": _END}
        self._kinds = kinds | {quote: _QUOTE, delimiter: _DELIMITER}
        marks = re.escape(quote + delimiter) + rb"\r\n\\ \t"
        self._token = re.compile(rb"\r\n|[" + marks + rb"]|[^" + marks + rb"]++")
        self.begin()

    def begin(self) -> None:
        """At the beginning of a record."""
        self._all = self._readers = self._reopening = BETWEEN
        self._seen = bytearray()
        self._lines: list[tuple[int, int, int, int]] = []

    def follow(self, text: bytes, begin: int, end: int) -> int | None:
        """Follow the next part of the text, which ends behind a line or anywhere but within CR LF. Returns the end of
        the first line where all readings are between records; None if there is none yet."""
        for token in self._token.finditer(text, begin, end):
            kind = self._kinds.get(token[0], _OTHER)
            self._seen.append(kind)
            self._all, self._readers = _ALL_NEXT[self._all][kind], _READERS_NEXT[self._readers][kind]
            self._reopening = _REOPENING_NEXT[self._reopening][kind]
            if kind == _END:
                if self._all | self._reopening == BETWEEN:
                    return token.end()
                self._lines.append((token.end(), len(self._seen), self._all, self._reopening))
        return None

    def agreed(self) -> int | None:
        """The text has ended: where all readings agreed first that are possible now. None if they never did."""
        if self._readers | self._reopening != BETWEEN:
            return None
        possible, until, found = BETWEEN, len(self._seen), None
        for place, seen, states, reopening in reversed(self._lines):
            for kind in reversed(self._seen[seen:until]):
                possible = _ALL_BEFORE[possible][kind]
            until = seen
            if states & possible == reopening == BETWEEN:
                found = place
        return found


class Doubt:
    """Whether well-formed records might be something else: a quote that closes a field could be one that opens it, or
    one behind a backslash, and all quotes after it the opposite of what they seem.

    The doubt is over with the first quote that is not the opposite. If a fault comes first, both readings are possible.
    """

    def __init__(self, delimiter: bytes, quote: bytes) -> None:
        self._quote = quote
        d, q = re.escape(delimiter), re.escape(quote)
        edge = rb"[" + d + rb"\r\n]"
        self._edges = (delimiter, b"\r", b"\n")
        self._run = re.compile(q + rb"++")
        goes_on = rb"[^" + q + rb"]*+(?:\Z|(?<=\\)|(?:" + q + q + rb")++(?!" + q + rb")|" + q + rb"++" + edge + rb")"
        behind = rb"(?<=[" + d + rb"\r\n\\]" + q + rb")"
        self._begins = re.compile(q + behind + q + rb"*+(?=" + edge + goes_on + rb")")
        """The last quotes of a field that may be the first of one, if the next quotes may be the opposite, too."""
        self.since: int | None = None
        """Where, in the text followed last, the doubt began; below 0 if it was there before. None if there is none."""
        self._inside = False

    def follow(self, text: bytes) -> None:
        """Well-formed records, from the beginning of one to the end of one."""
        place, quotes = 0, 0
        if self.since is not None:
            self.since = -1
            place = self._walk(text, 0)
            quotes = text.count(self._quote, 0, place)
        while self.since is None and (found := self._begins.search(text, place)):
            quotes += text.count(self._quote, place, found.start())
            length, place = found.end() - found.start(), found.end()
            if quotes % 2 == 1 and length % 2 == 1:  # inside quotes, which end here
                self.since, self._inside = found.start(), True
                place = self._walk(text, place)
            quotes += text.count(self._quote, found.start(), place)

    def _walk(self, text: bytes, place: int) -> int:
        """Follow the quotes from `place` on until the doubt is over; returns up to where."""
        for run in self._run.finditer(text, place):
            if not self._weigh(text, run.start(), run.end()):
                self.since = None
                return run.start()
        return len(text)

    def _weigh(self, text: bytes, start: int, end: int) -> bool:
        """Whether the doubt outlasts these quotes."""
        before, after = text[start - 1 : start] or b"\n", text[end : end + 1]
        odd = (end - start) % 2 == 1
        if self._inside:
            holds = not odd or after in self._edges or before == b"\\"
        else:
            holds = before in self._edges and (odd or after in self._edges)
        self._inside ^= odd
        return holds

    def outlasts(self, text: bytes, place: int) -> bool:
        """Whether it is still there at the first quotes of what is no record; over it is in either case."""
        run, since, self.since = self._run.search(text, place), self.since, None
        return since is not None and run is not None and self._weigh(text, run.start(), run.end())
