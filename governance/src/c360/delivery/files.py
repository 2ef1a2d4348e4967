"""Reads a delivery (CSV or Parquet; a file, a pipe or standard input) once, as CSV for COPY; hashes and counts."""

import codecs
import csv
import tempfile
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import IO, Any

from c360.delivery import parquet
from c360.delivery.diagnosis import container, looks_like
from c360.delivery.form import Form
from c360.delivery.opened import CHUNK, MAGIC, Damaged, Opened
from c360.delivery.records import NO_TEXT, Block, Grammar, NoRecord, Records
from c360.delivery.shapes import Shape, Shapes, Spelling, Unknown, spelled
from c360.errors import CouldNotTell
from c360.model import Dataset
from c360.printable import shown

_NO_PROGRESS: Callable[[int], None] = lambda size: None  # noqa: E731
_DAMAGED = (OSError, ValueError, Damaged)
"""How files, archives and encodings say that they cannot be read."""
_AGAIN = "Deliver it again: it was damaged on its way."


class Delivery:
    """A file on its way in. `read` serves COPY; after the last byte, `sha256` is that of the whole file."""

    def __init__(
        self,
        path: Path,
        form: Form,
        dataset: Dataset,
        progress: Callable[[int], None] = _NO_PROGRESS,
        engine: Shapes | None = None,
    ) -> None:
        """Open the file and read its header, and look in which spelling of the engine's it is written.

        Raises CouldNotTell for a file that is missing, empty, no text in its encoding or not Parquet; never with
        anything of what it holds.
        """
        self.path, self.form, self._dataset, self._engine = path, form, dataset, engine or Unknown()
        self.records, self.set_aside = 0, 0
        """How many records it holds, and how many lines that are none, as far as it was read."""
        self.unreadable: IO[str] = tempfile.SpooledTemporaryFile(CHUNK, "w+", newline="", encoding="utf-8")  # noqa: SIM115
        """Those lines, as CSV: how many records come before it, number of record, number of line (Parquet has none),
        why, text."""
        self._aside = csv.writer(self.unreadable, lineterminator="\n", quoting=csv.QUOTE_ALL)
        self._rest, self._sha256 = b"", ""
        self._told: bool | None = None
        self._is_packed = False
        self._records: Records | None = None
        self.landed: list[str] = []
        """Under which names `read` gives the columns."""
        self.spelling: list[Spelling] = []
        """How each of these is written, when all of them are written in a way that the engine gives back."""
        self._shapes: list[list[Shape]] = []
        self.first = self._beginning = b""
        """The first bytes of the file, and those of its text: unpacked, and none of Parquet."""
        try:
            self._file = Opened(path, progress)
            self.first = self._file.peek()
            is_parquet = self.first.startswith(b"PAR1")
            self.form = form.of_parquet() if is_parquet else form
            self._chunks = self._parquet() if is_parquet else self._csv()
        except _DAMAGED as error:
            raise self._damaged(error, "it cannot be opened") from error

    @property
    def is_spelled(self) -> bool:
        """Whether what `read` gave last is written so. What follows on something that is not, is not."""
        return bool(self.spelling) and self._records is not None and not self._records.shape

    @property
    def in_shape(self) -> bool:
        """Whether every value read so far looks like one of its type (`Shapes.sure`)."""
        if self._told is not None:
            return self._told
        return self._records is not None and self._records.shape < len(self._shapes)

    @property
    def absent(self) -> list[str]:
        """The contract's columns that the file does not have, by physical name: each is null in every row."""
        return [name for column in self._dataset.columns if (name := column.physical_name) not in self.columns]

    @property
    def sha256(self) -> str:
        return self._sha256 or self._file.digest.hexdigest()

    def was_read(self, records: int, set_aside: int, sha256: str, in_shape: bool) -> None:
        """Somebody else read the file to its end, a worker of the engine's, and says this of it."""
        self.records, self.set_aside, self._sha256, self._told = records, set_aside, sha256, in_shape

    def read(self, size: int = -1) -> bytes:
        try:
            while not self._rest:
                chunk = next(self._chunks, None)
                if chunk is None:
                    self._file.drain()
                    return b""
                self._rest = chunk
        except _DAMAGED as error:
            raise self._damaged(error, "it cannot be read to its end") from error
        size = len(self._rest) if size < 0 else size
        part, self._rest = self._rest[:size], self._rest[size:]
        return part

    def drain(self) -> None:
        """Read what is left, to know the delivery by its content."""
        self._file.drain()

    def looks(self) -> tuple[str, str] | None:
        """What the text looks like where it does not look like its form, and the options that say so."""
        return looks_like(self._beginning, self.form, [column.physical_name for column in self._dataset.columns])

    def require_some_column(self) -> None:
        """Raises CouldNotTell when the header has no column of the contract, in this form or one that it looks like:
        then the file is no delivery of the dataset."""
        looks = self.looks()
        if any(self.columns) or (looks and {"--delimiter", "--ignore-case"} & set(looks[1].split())):
            return
        found = container(self._beginning)
        what = f"; it is {found[0]}" if found else f"; it looks like {looks[0]}" if looks else ""
        names = [column.physical_name for column in self._dataset.columns]
        raise CouldNotTell(
            f"{self.path} is no delivery of {self._dataset.name}: its header names no column of the contract{what}.",
            found[1] if found else f"Check the file and the dataset. Expected are {', '.join(names[:4])}"
            f"{' …' if len(names) > 4 else ''}.",
        )  # fmt: skip

    def _name(self, header: list[str]) -> None:
        """Find the contract's columns in the header."""
        self.header = header
        folded = {column.physical_name.casefold(): column.physical_name for column in self._dataset.columns}
        self.columns = [self.form.name_of(name, folded) for name in header]
        """For each column of the file the contract's that it is, by physical name; None: one it does not know."""
        for name in self.columns:
            if name is not None and self.columns.count(name) > 1:
                raise self._unreadable(f"its header names {name!r} twice", "Deliver each column once.")

    def _unreadable(self, why: str, remedy: str = "") -> CouldNotTell:
        found = None if remedy else container(self._beginning)
        looks = None if remedy or found else self.looks()
        if found:
            why, remedy = f"it is {found[0]}" + " inside it" * self._is_packed, found[1]
        elif looks:
            why, remedy = f"{why}; it looks like {looks[0]}", self.say_so(looks[1])
        return CouldNotTell(
            f"Cannot read {self.path}: {why}.", remedy or "Deliver UTF-8 CSV with a header line, or Parquet."
        )

    def _damaged(self, error: Exception, otherwise: str) -> CouldNotTell:
        if isinstance(error, Damaged):
            return self._unreadable(str(error), _AGAIN)
        remedy = "Check the path, and that you may read it." if isinstance(error, OSError) else ""
        return self._unreadable(getattr(error, "strerror", None) or otherwise, remedy)

    def say_so(self, options: str) -> str:
        """The next command to type for a file that looks like something else."""
        if not options:
            return "Deliver CSV or Parquet."
        return f"Say so in the contract's custom property delivery, or: c360 ingest {self._dataset.name} FILE {options}"

    def _csv(self) -> Iterator[bytes]:
        """Read the header; gives the records after it."""
        grammar = Grammar(self.form.delimiter, self.form.quote)
        blocks, text, header = self._text(), b"", None
        for block in blocks:
            text += block
            whole = len(text) - text.endswith(b"\r")
            header = grammar.record.match(text, 0, whole)
            if header or len(text) > CHUNK:
                break
        else:
            text += b"\n"
            header = grammar.record.match(text)
        if not text.strip(b"\r\n"):
            raise self._unreadable("it has no header line" if self.first else "it is empty")
        if header is None or b"\0" in header[0]:
            raise self._unreadable("it is not text" if b"\0" in text[:CHUNK] else "its first line is no header")
        try:
            line = header[0].rstrip(b"\r\n").decode("utf-8")
        except UnicodeDecodeError as error:
            raise self._unreadable(f"it is not {self.form.encoding.upper()}") from error
        if not line:
            raise self._unreadable("it has no header line")
        try:
            names = next(self.form.fields_of(line))
        except csv.Error as error:
            raise self._unreadable("its first line is no header") from error
        self._name(names)
        self.landed = [name or f"c360__extra_{i}" for i, name in enumerate(self.columns)]
        rest = text[header.end() :]
        self._look_for_shapes(rest)
        self._records = Records(grammar, len(names), line=2 + line.count("\n"), shapes=self._shapes)
        return self._taken(self._records.of(chain([rest], blocks)))

    def _look_for_shapes(self, beginning: bytes) -> None:
        """How the values look that are sure to have one in their type; never where the marks of the form could be a
        part of such a value."""
        if not set(self.form.delimiter + self.form.quote) <= set(",;|\t\"'"):
            return
        types = {column.physical_name: column.physical_type for column in self._dataset.columns}
        kinds = [types.get(name or "") for name in self.columns]
        if all(kinds):
            known = [self._engine.spellings(kind or "", self.form) for kind in kinds]
            self.spelling = spelled(beginning[:CHUNK].decode("utf-8", errors="replace"), self.form, known)
            if self.spelling:
                self._shapes.append([one.shape for one in self.spelling])
        self._shapes.append([self._engine.sure(kind, self.form) if kind else "" for kind in kinds])

    def _taken(self, parts: Iterator[Block | NoRecord]) -> Iterator[bytes]:
        for part in parts:
            if isinstance(part, Block):
                self.records += part.records
                yield part.text
            else:
                self.set_aside += 1
                text = part.text.decode("utf-8", errors="replace").replace("\0", "\ufffd")
                self._aside.writerow((self.records, part.record, part.line, part.why, text))

    def _text(self) -> Iterator[bytes]:
        """The file's text as UTF-8; what is none in its encoding comes through as what is no UTF-8 either."""
        encoding = codecs.lookup(self.form.encoding).name
        blocks = self._uncompressed()
        if encoding in ("utf-8", "utf-8-sig"):
            first = next(blocks, b"")
            yield first.removeprefix(codecs.BOM_UTF8)
            yield from blocks
            return
        decoder = codecs.getincrementaldecoder(encoding)(errors="surrogateescape")
        start = True
        for block in chain(blocks, [b""]):
            text = decoder.decode(block, final=not block)
            yield (text.removeprefix("\ufeff") if start else text).encode("utf-8", errors="surrogatepass")
            start = start and not text

    def _uncompressed(self) -> Iterator[bytes]:
        found = next((name for magic, name in MAGIC.items() if self.first.startswith(magic)), "none")
        wanted = self.form.compression or found
        if wanted != found and wanted != "none":
            raise self._unreadable(f"it is not compressed by {wanted}", "Leave compression out: the file tells it.")
        self._is_packed = wanted != "none"
        for block in self._file.unpacked(wanted):
            self._beginning = self._beginning or block
            yield block

    def _parquet(self) -> Iterator[bytes]:
        """Read the schema; gives the rows. The same open file is hashed and read."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._file.drain()
        try:
            table = pq.ParquetFile(self._file.raw, page_checksum_verification=True)
        except (pa.ArrowException, OSError) as error:
            raise self._unreadable(parquet.footer(self._file.raw), _AGAIN) from error
        header = list(table.schema_arrow.names)
        self._name(header)
        types = {column.physical_name: column.physical_type for column in self._dataset.columns}
        wanted = {name: types[known] for name, known in zip(header, self.columns, strict=True) if known}
        odd = parquet.without_text(table.schema_arrow, wanted)
        if odd is not None:
            kind = shown(table.schema_arrow.field(odd).type)
            raise self._unreadable(
                f"its column {odd!r} is {kind}, and that of the contract {wanted[odd]}", parquet.remedy(wanted[odd])
            )
        self.landed = [known for known in self.columns if known]
        return self._batches(table, wanted)

    def _batches(self, table: Any, wanted: dict[str, str]) -> Iterator[bytes]:
        import pyarrow as pa

        try:
            for batch in parquet.as_csv(table, wanted):
                start = self.records + self.set_aside
                for nth, (at, text) in enumerate(batch.unreadable):
                    self._aside.writerow((self.records + at - nth, start + at + 1, "", NO_TEXT, text))
                self.records += batch.rows
                self.set_aside += len(batch.unreadable)
                if batch.text:
                    yield batch.text
        except (pa.ArrowException, OSError) as error:
            raise self._unreadable(parquet.damage(table, wanted), _AGAIN) from error
