"""Reads ahead: a delivery is read and judged by a thread of its own while the database takes what was read before."""

import queue
import threading
from types import TracebackType
from typing import IO

from c360.gate.files import Delivery

_BLOCKS = 4
"""So many blocks of about a megabyte wait at most."""
_LOOK_UP = 0.1
"""Seconds after which a full queue is looked at again: perhaps nobody takes from it any more."""


class Ahead:
    """The text of a delivery for COPY, as `Delivery.read` gives it. What that raises, `read` raises here.

    After the block nothing reads the delivery any more, wherever it stopped.
    """

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery
        self._blocks: queue.Queue[bytes | BaseException] = queue.Queue(_BLOCKS)
        self._rest, self._is_read = b"", False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="c360 reads ahead", daemon=True)

    def __enter__(self) -> "IO[bytes]":
        self._thread.start()
        return self  # type: ignore[return-value]  # COPY reads, and asks for nothing else

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def read(self, size: int = -1) -> bytes:
        if not self._rest and not self._is_read:
            block = self._blocks.get()
            if isinstance(block, BaseException):
                raise block
            self._rest, self._is_read = block, not block
        size = len(self._rest) if size < 0 else size
        part, self._rest = self._rest[:size], self._rest[size:]
        return part

    def _run(self) -> None:
        block: bytes | BaseException = b"-"
        while block and not isinstance(block, BaseException) and not self._ended.is_set():
            try:
                block = self._delivery.read()
            except BaseException as error:
                block = error
            self._put(block)

    def _put(self, block: bytes | BaseException) -> None:
        while not self._ended.is_set():
            try:
                return self._blocks.put(block, timeout=_LOOK_UP)
            except queue.Full:
                continue
