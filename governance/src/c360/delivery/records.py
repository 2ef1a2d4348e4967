"""Records: what a line of CSV is, decided once, by the grammar of RFC 4180 (plus LF and CR as line ends).

Text goes through in blocks. The longest run of records that are well-formed and have as many fields as the header is
passed on as it stands. A line with another number of fields is set aside by itself. Where quotes break the grammar, all
lines are set aside up to where every way to read them agrees (`c360.delivery.readings`).
"""

import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass

from c360.delivery.readings import Doubt, Readings, TwoReadings
from c360.delivery.shapes import Shape

MAX_RECORD = 16 << 20
"""Bytes of one record, and of text that can be read in two ways."""
RAGGED = "it has another number of fields than the header"
STRAY = "a quote stands where none may, or is never closed"
UNSURE = "it may be the rest of a field that a line before it begins"
NO_TEXT = "it holds a character that no text has"
ENCODING = "its bytes are no text in the encoding"

_LINE = re.compile(rb"[^\r\n]*+(?:\r\n|\n|\r)")
_ESCAPED_END = re.compile(rb"(?<!\\)(?:\\\\)*+\\(?:\r\n|\n|\r)\Z")
"""The end of a line as databases write one inside a field."""
_END_OF_LINE = re.compile(rb"[\r\n]")
_EMPTY = re.compile(rb"[\r\n]++")
_END = rb"(?:\r\n|\n|\r)"


@dataclass(frozen=True)
class Block:
    """Well-formed records, each ended by LF."""

    text: bytes
    records: int


@dataclass(frozen=True)
class NoRecord:
    """A line that is no record. Its number in the file, and that of the record that it would be, count from 1."""

    line: int
    record: int
    why: str
    text: bytes


class Grammar:
    """RFC 4180 for one delimiter and quote (without a quote, that character is one like any other).

    The expressions are possessive: what was matched is not tried in another way, so time is linear in the text.
    """

    def __init__(self, delimiter: str = ",", quote: str = '"') -> None:
        self.delimiter, self.quote = delimiter.encode(), quote.encode()
        self.forbidden = b"\0" if quote else b"\0\x01"  # the latter is what COPY takes for the quote then
        d, q = re.escape(self.delimiter), re.escape(self.quote)
        plain = rb"[^\r\n" + d + q + rb"]*+"
        inside = rb"(?:[^" + q + rb"]++|" + q + q + rb")*+"
        field = rb"(?:" + q + inside + q + rb"|" + plain + rb")" if q else plain
        begun = rb"(?:" + q + inside + rb"|" + field + rb")" if q else plain
        self._delimiter, self._field, self._more = d, field, rb"(?:" + d + field + rb")"
        self.record = re.compile(field + self._more + rb"*+" + _END)
        self.beginning = re.compile(rb"(?:" + field + d + rb")*+" + begun + rb"\Z")
        """The first part of a record whose end is not there yet."""

    def run_of(self, fields: int) -> "re.Pattern[bytes]":
        """As many records of so many fields as there are; of one field, a record may be an empty line."""
        return re.compile(rb"(?:" + self._field + self._more + rb"{%d}+" % (fields - 1) + _END + rb")*+")

    def run_in(self, shapes: Sequence[Shape]) -> "re.Pattern[bytes]":
        """The same of records whose fields, in or without quotes, have these shapes or are empty."""
        fields = (self._in_shape(shape) if shape != "" else self._field for shape in shapes)
        return re.compile(rb"(?:" + self._delimiter.join(fields) + _END + rb")*+")

    def _in_shape(self, shape: Shape) -> bytes:
        q = re.escape(self.quote)
        if isinstance(shape, str):
            return rb"(?:%b|%b(?:%b)%b|)" % (shape.encode(), q, shape.encode(), q)
        plain = rb"[^\r\n%b%b]{0,%d}+" % (self._delimiter, q, shape)
        return rb"(?:%b(?:[^%b]|%b){0,%d}+%b|%b)" % (q, q, q + q, shape, q, plain) if q else plain


class Records:
    """Splits text, UTF-8 as far as it is text at all, into records and what is none; counts as it goes."""

    def __init__(
        self,
        grammar: Grammar,
        fields: int,
        line: int = 1,
        limit: int = MAX_RECORD,
        shapes: Sequence[Sequence[Shape]] = (),
    ) -> None:
        """`fields` a record has; `line` is the number of the first line; `shapes` are some that records may have, one
        for each field, the closest first."""
        self._grammar, self._limit = grammar, limit
        self._runs = [*map(grammar.run_in, shapes), grammar.run_of(fields)]
        self.shape = 0
        """Which of the `shapes` all records so far have; their number when it is none of them."""
        self._line, self._number = line, 1
        self._readings = Readings(grammar.delimiter, grammar.quote)
        self._doubt = Doubt(grammar.delimiter, grammar.quote) if grammar.quote else None
        self._doubtful_line = 0
        self._goes_on = False
        """Whether the line before was none by itself, and escapes its end."""
        self._blocks: Iterator[bytes] = iter(())
        self._text, self._whole, self._ended = b"", 0, False

    def of(self, blocks: Iterable[bytes]) -> Iterator[Block | NoRecord]:
        """Everything in the order of the text. Between records of several fields, empty lines say nothing.

        Raises TwoReadings when a record is too long, or when records that were passed on are none in another reading.
        """
        self._blocks = iter(blocks)
        place = 0
        while not self._ended:
            self._text = self._text[place:]
            self._more()
            place = yield from self._split()

    def _more(self) -> None:
        """Take in the next block of text, which is `_whole` but for a CR at its end: LF may follow."""
        block = next(self._blocks, None)
        self._ended = block is None
        self._text += block or b""
        if self._ended and self._text and self._text[-1:] not in b"\r\n":
            self._text += b"\n"
        self._whole = len(self._text) - (not self._ended and self._text.endswith(b"\r"))

    def _split(self) -> Generator[Block | NoRecord, None, int]:
        """Split the text; returns where the beginning of a record stands that has not ended there."""
        place = 0
        while place < self._whole:
            text, whole = self._text, self._whole
            rest = self._grammar.record.match(text, place, whole) if self._goes_on else None
            if rest:
                place = yield from self._pass_over(UNSURE, rest[0], place)
                continue
            end = self._end_of_run(place)
            if end > place:
                yield from self._well_formed(text[place:end])
                place = end
                continue
            if not self._ended and self._may_go_on(place):
                break
            place = yield from self._set_aside(place)
        return place

    def _end_of_run(self, place: int) -> int:
        """Where the records end that have the shape of those before, or else a further one; `place` where none has."""
        for shape in range(self.shape, len(self._runs)):
            end = self._runs[shape].match(self._text, place, self._whole).end()  # type: ignore[union-attr]
            if end > place:
                self.shape = shape
                return end
        return place

    def _well_formed(self, text: bytes) -> Iterator[Block | NoRecord]:
        """Records that look right are still none where their bytes are no text."""
        self._look_for_doubt(text)
        if not text or self._why_not(text) is None:
            if text:
                yield self._block(text)
            self._line += _lines(text)
            return
        for record in (match[0] for match in self._grammar.record.finditer(text)):
            why = self._why_not(record)
            yield self._block(record) if why is None else self._no_record(why, record)
            self._line += _lines(record)

    def _look_for_doubt(self, text: bytes) -> None:
        if self._doubt and self._grammar.quote in text:
            self._doubt.follow(text)
            if (self._doubt.since or -1) > 0:
                self._doubtful_line = self._line + _lines(text[: self._doubt.since])

    def _why_not(self, text: bytes) -> str | None:
        """Why this is no text; None when it is."""
        if any(mark in text for mark in self._grammar.forbidden):
            return NO_TEXT
        try:
            text.isascii() or text.decode("utf-8")
            return None
        except UnicodeDecodeError:
            return ENCODING

    def _may_go_on(self, place: int) -> bool:
        """Whether the rest of the text may begin a record that ends in what is still to come."""
        text, whole = self._text, self._whole
        if not self._grammar.beginning.match(text, place, whole) and _END_OF_LINE.search(text, place, whole):
            return False
        self._require_length(place)
        return True

    def _require_length(self, place: int) -> None:
        if self._whole - place >= self._limit:
            raise TwoReadings(
                f"what begins in line {self._line} ends nowhere in {self._limit >> 20} MiB",
                "A quote is open there, or the file has other line ends or another delimiter: see docs/deliveries.md.",
            )

    def _set_aside(self, place: int) -> Generator[NoRecord, None, int]:
        """Pass over what is no record; returns where it ends. Empty lines are nothing at all."""
        text = self._text
        if blank := _EMPTY.match(text, place, self._whole):
            self._line += _lines(blank[0])
            return blank.end()
        if ragged := self._grammar.record.match(text, place, self._whole):
            return (yield from self._pass_over(RAGGED, ragged[0], place))
        self._goes_on = False
        end = self._end_of_readings(place)
        for number, line in enumerate(_LINE.findall(self._text, place, end)):
            if line.strip(b"\r\n"):
                yield self._no_record(UNSURE if number else STRAY, line)
            self._line += _lines(line)
        return end

    def _pass_over(self, why: str, record: bytes, place: int) -> Generator[NoRecord, None, int]:
        """Set one record aside that stands at `place`; returns where it ends."""
        self._look_for_doubt(record)
        if record.strip(b"\r\n"):
            yield self._no_record(why, record)
        self._line += _lines(record)
        self._goes_on = bool(_ESCAPED_END.search(record))
        return place + len(record)

    def _end_of_readings(self, place: int) -> int:
        """Where all ways to read the text, whose quotes break the grammar, are between two records again."""
        if self._doubt and self._doubt.outlasts(self._text, place):
            raise TwoReadings(
                f"line {self._line} has a quote where none may stand, so that from line {self._doubtful_line} on it "
                "can be read in two ways",
                "Deliver it with each quote inside a field doubled, as RFC 4180 says.",
            )
        followed = place
        self._readings.begin()
        while (end := self._readings.follow(self._text, followed, self._whole)) is None:
            if self._ended:
                return self._readings.agreed() or self._whole
            self._require_length(place)
            followed = self._whole
            self._more()
        return end

    def _block(self, text: bytes) -> Block:
        block = Block(*_with_line_feeds(text, self._grammar.quote))
        self._number += block.records
        return block

    def _no_record(self, why: str, text: bytes) -> NoRecord:
        self._number += 1
        return NoRecord(self._line, self._number - 1, why, text.rstrip(b"\r\n"))


def _lines(text: bytes) -> int:
    """How many lines end in the text."""
    return text.count(b"\n") + (text.count(b"\r") - text.count(b"\r\n") if b"\r" in text else 0)


def _with_line_feeds(text: bytes, quote: bytes) -> tuple[bytes, int]:
    """Well-formed records with LF for whatever ends them, and how many they are; inside quotes nothing changes."""
    if not quote or quote not in text:
        text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in text else text
        return text, text.count(b"\n")
    import numpy as np

    letters = np.frombuffer(text, np.uint8)
    quotes = np.flatnonzero(letters == quote[0])

    def ends(letter: int) -> "np.ndarray":
        found = np.flatnonzero(letters == letter)
        inside = np.searchsorted(quotes, found) % 2  # an odd number of quotes before it
        return np.asarray(found[inside == 0])

    feeds = ends(10)
    if b"\r" not in text:
        return text, len(feeds)
    returns = ends(13)
    before_feed = np.isin(returns + 1, feeds, assume_unique=True)
    changed = letters.copy()
    changed[returns] = 10
    return np.delete(changed, returns[before_feed]).tobytes(), len(feeds) + int((~before_feed).sum())
