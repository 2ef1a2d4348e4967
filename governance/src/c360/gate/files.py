"""Reads a delivery (CSV or Parquet) once, as CSV bytes for COPY, hashing and counting as it goes."""

import csv
import hashlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from c360.errors import CouldNotTell

CHUNK = 1 << 20
_NO_PROGRESS: Callable[[int], None] = lambda size: None  # noqa: E731


class Delivery:
    """A file on its way in. `read` serves COPY; after the last byte, `sha256` is that of the whole file."""

    def __init__(self, path: Path, progress: Callable[[int], None] = _NO_PROGRESS) -> None:
        """Open the file and read its header.

        Raises CouldNotTell for a file that is missing, empty, not UTF-8 or not Parquet.
        """
        self.path = path
        self._progress = progress
        self._hash = hashlib.sha256()
        try:
            if path.suffix.lower() in (".parquet", ".pq"):
                self.columns, self._chunks = _parquet(path, self._hash, progress)
            else:
                self.columns, self._chunks = _csv(path, self._hash, progress)
        except OSError as error:
            raise _unreadable(path, error.strerror or "it cannot be opened") from error
        repeated = {name for name in self.columns if self.columns.count(name) > 1}
        if repeated:
            raise _unreadable(path, f"its header names {sorted(repeated)[0]!r} twice")
        self._rest = b""
        self.failure: CouldNotTell | None = None
        """What stopped the reading half-way; COPY only says that something did."""

    def read(self, size: int = -1) -> bytes:
        while not self._rest:
            try:
                chunk = next(self._chunks, None)
            except OSError as error:
                self.failure = _unreadable(self.path, error.strerror or "it cannot be read to its end")
                raise
            except CouldNotTell as error:
                self.failure = error
                raise
            if chunk is None:
                return b""
            self._rest = chunk
        if size < 0:
            size = len(self._rest)
        part, self._rest = self._rest[:size], self._rest[size:]
        return part

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


def _unreadable(path: Path, why: str) -> CouldNotTell:
    return CouldNotTell(f"Cannot read {path}: {why}.", "Deliver UTF-8 CSV with a header line, or Parquet.")


def _csv(path: Path, digest: Any, progress: Callable[[int], None]) -> tuple[list[str], Iterator[bytes]]:
    opened = path.open("rb")
    first = opened.read(CHUNK)
    digest.update(first)
    progress(len(first))
    if not first:
        raise _unreadable(path, "it is empty")
    body = first.removeprefix(b"\xef\xbb\xbf")
    line, end, rest = body.partition(b"\n")
    while line.count(b'"') % 2 and end:  # a quoted column name may hold a line break
        more, end, rest = rest.partition(b"\n")
        line += b"\n" + more
    try:
        header = next(csv.reader(io.StringIO(line.decode("utf-8").rstrip("\r"), newline="")), [])
    except UnicodeDecodeError as error:
        raise _unreadable(path, "it is not UTF-8") from error
    except csv.Error as error:
        raise _unreadable(path, "its first line is no header") from error
    if b"\x00" in line:
        raise _unreadable(path, "it is not text")
    if not header:
        raise _unreadable(path, "it has no header line")
    chunks = _rest_of(opened, rest, digest, progress)
    return header, _without_blank_end(chunks) if len(header) > 1 else chunks


def _rest_of(opened: IO[bytes], first: bytes, digest: Any, progress: Callable[[int], None]) -> Iterator[bytes]:
    with opened:
        if first:
            yield first
        while chunk := opened.read(CHUNK):
            digest.update(chunk)
            progress(len(chunk))
            yield chunk


def _without_blank_end(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Many tools end a file with blank lines, which COPY takes for rows that lack their columns."""
    ends = b""
    for chunk in chunks:
        body = chunk.rstrip(b"\r\n")
        if body:
            yield ends + body
            ends = b""
        ends += chunk[len(body) :]


def _parquet(path: Path, digest: Any, progress: Callable[[int], None]) -> tuple[list[str], Iterator[bytes]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with path.open("rb") as opened:
        while chunk := opened.read(CHUNK):
            digest.update(chunk)
            progress(len(chunk))
    try:
        table = pq.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise _unreadable(path, "it is not a Parquet file") from error
    for field in table.schema_arrow:
        if not _is_plain(field.type):
            raise _unreadable(path, f"its column {field.name!r} is {field.type}, which no contract column holds")
    return list(table.schema_arrow.names), _parquet_as_csv(table, path)


def _is_plain(kind: Any) -> bool:
    """Whether a value of this Arrow type is one text."""
    from pyarrow import types as t

    if t.is_dictionary(kind):
        return _is_plain(kind.value_type)
    tests = (t.is_null, t.is_boolean, t.is_integer, t.is_floating, t.is_decimal, t.is_date, t.is_time, t.is_timestamp)
    return any(test(kind) for test in (*tests, t.is_string, t.is_large_string, t.is_string_view))


def _parquet_as_csv(table: Any, path: Path) -> Iterator[bytes]:
    """Timestamps with a zone become UTC without one, as all of ours are; nulls are unquoted, texts quoted."""
    import pyarrow as pa
    import pyarrow.csv as pcsv

    try:
        for batch in table.iter_batches(batch_size=65_536):
            arrays = []
            for field, column in zip(batch.schema, batch.columns, strict=True):
                if pa.types.is_timestamp(field.type) and field.type.tz:
                    column = column.cast(pa.timestamp(field.type.unit))
                if pa.types.is_dictionary(field.type):
                    column = column.dictionary_decode()
                arrays.append(column)
            sink = io.BytesIO()
            plain = pa.table(arrays, names=batch.schema.names)
            pcsv.write_csv(plain, sink, pcsv.WriteOptions(include_header=False, quoting_style="needed"))
            yield sink.getvalue()
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(path, "its Parquet pages are damaged") from error
