"""What is read ahead is what is in the file, errors come where the file has them, and nothing reads on afterwards."""

import threading
from typing import Any

import pytest

from c360.delivery.ahead import Ahead


class File:
    """Gives these blocks, or raises where one is an error; then is at its end. The first of them are `spelled`."""

    def __init__(self, *blocks: Any, spelled: int = 0) -> None:
        self.blocks, self.spelled, self.taken = list(blocks), spelled, 0

    @property
    def is_spelled(self) -> bool:
        return self.taken <= self.spelled

    def read(self, size: int = -1) -> bytes:
        self.taken += 1
        block = self.blocks.pop(0) if self.blocks else b""
        if isinstance(block, BaseException):
            raise block
        return block


def readers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "c360 reads ahead"]


def test_all_of_it_in_order() -> None:
    with Ahead(File(*[b"%03d" % n for n in range(50)])) as ahead:  # type: ignore[arg-type]
        parts = list(ahead.blocks())
        assert list(ahead.blocks()) == [], "the end stays the end"
    assert b"".join(parts) == b"".join(b"%03d" % n for n in range(50))
    assert readers() == []


@pytest.mark.parametrize("spelled", [0, 1, 2, 3])
@pytest.mark.parametrize("looked", [True, False])
def test_the_end_of_the_spelling_is_one(spelled: int, looked: bool) -> None:
    with Ahead(File(b"a", b"b", b"c", spelled=spelled)) as ahead:  # type: ignore[arg-type]
        assert not looked or ahead.is_spelled() == bool(spelled)
        assert list(ahead.blocks()) == [b"a", b"b", b"c"][: spelled or 3]
        assert spelled == 0 or list(ahead.blocks()) == [b"a", b"b", b"c"][spelled:]


@pytest.mark.parametrize("error", [ValueError("cut"), KeyboardInterrupt()])
def test_an_error_comes_where_it_is(error: BaseException) -> None:
    with pytest.raises(type(error)), Ahead(File(b"a", error, b"b")) as ahead:  # type: ignore[arg-type]
        blocks = ahead.blocks()
        assert next(blocks) == b"a"
        next(blocks)
    assert readers() == []


def test_nobody_reads_on_when_the_database_stops_taking() -> None:
    file = File(*[b"x"] * 1000)
    with pytest.raises(OSError, match="gone"), Ahead(file) as ahead:  # type: ignore[arg-type]
        next(ahead.blocks())
        raise OSError("gone")
    assert readers() == [] and file.taken < 10
