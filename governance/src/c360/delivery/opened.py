"""The file of a delivery: opened once, hashed while it is read, unpacked; the byte where it is damaged."""

import errno
import gzip
import hashlib
import os
import shutil
import stat
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

CHUNK = 1 << 20
STANDARD_INPUT = Path("-")
MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
_BOMB = 1 << 30
"""Bytes from which on a compressed file that holds more than 1000 times its own size is none of ours."""
_AHEAD = 256 << 10
"""Bytes that the libraries read at most before they use them."""
_HEADER = 16
"""Bytes that the parts of a header of gzip have at most."""
_DAMAGED = (OSError, EOFError, zlib.error)


class Damaged(Exception):
    """What was packed cannot be unpacked; the text says why, and at which byte of the file."""


class Opened:
    """An open file that is hashed while it is read from start to end."""

    def __init__(self, path: Path, progress: Callable[[int], None]) -> None:
        """Raises OSError when it cannot be opened, or is neither a file nor a pipe."""
        self.raw, self._progress = _open(path), progress
        self.digest = hashlib.sha256()
        self.size = os.fstat(self.raw.fileno()).st_size
        self.closed = False

    def peek(self) -> bytes:
        first = self.raw.read(4096)
        self.raw.seek(0)
        return first

    def read(self, size: int = -1) -> bytes:
        chunk = self.raw.read(CHUNK if size < 0 else size)
        self.digest.update(chunk)
        self._progress(len(chunk))
        return chunk

    def close(self) -> None:
        """For libraries that close what they have read; its owner reads on."""

    def drain(self) -> None:
        while self.read(CHUNK):
            pass

    def unpacked(self, how: str) -> Iterator[bytes]:
        """The contents, in blocks; `how` is gzip, zstd or none. Raises Damaged."""
        stream: Any = _unpacking(self, how)
        size = 0
        try:
            while block := stream.read(CHUNK):
                size += len(block)
                if how != "none" and size > _BOMB and size > 1000 * self.size:
                    raise Damaged("it unpacks to more than a thousand times its size")
                yield block
        except _DAMAGED as error:
            if how == "none" or getattr(error, "errno", None):  # the system's word, not that of the unpacker
                raise
            at = self._damaged_at(how)
            cut = isinstance(error, EOFError) or "runcated" in str(error)
            why = f"it is cut short: its {how} data ends too early" if cut else f"its {how} data is damaged"
            raise Damaged(f"{why}, at byte {at}") from None

    def _damaged_at(self, how: str) -> int:
        """The byte that the unpacker did not take: all is unpacked once more, the last part byte by byte."""
        reader = _Reader(self.raw, self.raw.tell() - _AHEAD)
        with suppress(*_DAMAGED):
            stream = _unpacking(reader, how)
            while stream.read(CHUNK):
                pass
        return reader.at


class _Reader:
    """Reads a file from its start, from `slow` on one byte at a time; `at` is how many bytes it gave."""

    closed = False

    def __init__(self, raw: IO[bytes], slow: int) -> None:
        self._raw, self._slow, self.at = raw, slow, 0
        raw.seek(0)

    def read(self, size: int) -> bytes:
        left = self._slow - self.at
        few = size <= _HEADER  # which gzip wants at once
        chunk = self._raw.read(size if few else max(1, min(size, left)))
        self.at += len(chunk)
        return chunk

    def close(self) -> None:
        """Its owner closes the file."""


def _unpacking(file: Any, how: str) -> Any:
    if how == "gzip":
        return gzip.GzipFile(fileobj=file)
    if how == "zstd":
        import pyarrow as pa

        return pa.CompressedInputStream(pa.PythonFile(file, mode="r"), "zstd")
    return file


def _open(path: Path) -> IO[bytes]:
    """A file to seek in: itself, or what a pipe gave, kept in a file that nobody else can open."""
    if path == STANDARD_INPUT:
        return _spooled(sys.stdin.buffer)
    opened = path.open("rb")
    mode = os.fstat(opened.fileno()).st_mode
    if stat.S_ISREG(mode):
        return opened
    if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
        with opened:
            return _spooled(opened)
    raise OSError(errno.EINVAL, "it is neither a file nor a pipe")


def _spooled(pipe: IO[bytes]) -> IO[bytes]:
    kept = tempfile.TemporaryFile()  # noqa: SIM115 (the delivery is read after this)
    shutil.copyfileobj(pipe, kept, CHUNK)
    kept.seek(0)
    return kept
