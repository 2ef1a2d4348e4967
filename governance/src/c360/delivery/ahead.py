"""Reads ahead: a delivery is read and judged by a thread of its own while the database takes what was read before."""

import queue
import threading
from collections.abc import Iterator
from types import TracebackType

from c360.delivery.files import Delivery

_BLOCKS = 4
"""So many blocks of about a megabyte wait at most."""
_LOOK_UP = 0.1
"""Seconds after which a full queue is looked at again: perhaps nobody takes from it any more."""


class Ahead:
    """The text of a delivery for COPY, as `Delivery.read` gives it. What that raises, `blocks` raises here.

    `blocks` ends where the spelling does (`Delivery.is_spelled`), and goes on when it is called again. After the block
    nothing reads the delivery any more, wherever it stopped.
    """

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery
        self._blocks: queue.Queue[tuple[bytes | BaseException, bool]] = queue.Queue(_BLOCKS)
        self._next, self._is_read, self._is_spelled = b"", False, False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="c360 reads ahead", daemon=True)

    def __enter__(self) -> "Ahead":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def is_spelled(self) -> bool:
        """Whether what comes next is."""
        self._look()
        return self._is_spelled

    def _look(self) -> None:
        if not self._next and not self._is_read:
            block, self._is_spelled = self._blocks.get()
            if isinstance(block, BaseException):
                raise block
            self._next, self._is_read = block, not block

    def blocks(self) -> Iterator[bytes]:
        spelled = self.is_spelled()
        while self._next and self._is_spelled == spelled:
            block, self._next = self._next, b""
            yield block
            self._look()

    def _run(self) -> None:
        block: bytes | BaseException = b"-"
        while block and not isinstance(block, BaseException) and not self._ended.is_set():
            try:
                block = self._delivery.read()
                is_spelled = self._delivery.is_spelled and bool(block)
            except BaseException as error:
                block, is_spelled = error, False
            self._put((block, is_spelled))

    def _put(self, block: tuple[bytes | BaseException, bool]) -> None:
        while not self._ended.is_set():
            try:
                return self._blocks.put(block, timeout=_LOOK_UP)
            except queue.Full:
                continue
