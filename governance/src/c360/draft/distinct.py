"""Whether no two values are alike, in bounded memory: exact until the budget is spent, then not known."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

MOST_HASHES = 16_000_000
"""Of all columns that may be keys together; 8 bytes each."""


class Distinct:
    """Told of values in blocks, as 64-bit hashes. Two alike by chance cost a proposal, and never make a wrong one."""

    def __init__(self, limit: int = MOST_HASHES) -> None:
        self._limit = limit
        self._seen: Any = None
        self.holds: bool | None = True
        """False: two are alike. None: there were too many to tell."""

    def add(self, hashes: "np.ndarray") -> None:
        import numpy as np

        if not self.holds or not len(hashes):
            return
        merged = np.sort(hashes if self._seen is None else np.concatenate([self._seen, hashes]), kind="stable")
        self._seen = None
        if (merged[1:] == merged[:-1]).any():
            self.holds = False
        elif len(merged) > self._limit:
            self.holds = None
        else:
            self._seen = merged

    def all_in(self, hashes: Iterable["np.ndarray"]) -> bool:
        """Whether all of these are among what was told."""
        import numpy as np

        return self._seen is not None and all(bool(np.isin(block, self._seen).all()) for block in hashes)


def hashed(values: Any, kind: str = "text") -> "np.ndarray":
    """Of an Arrow array of text without nulls, one hash for all spellings of a value of the Postgres type `kind`."""
    import numpy as np

    read: dict[str, Callable[[str], Any]] = {
        "uuid": str.lower, "timestamp": datetime.fromisoformat, "timestamptz": datetime.fromisoformat,
    }  # fmt: skip
    texts = values.to_pylist()
    return np.fromiter(
        (hash(value) for value in (map(read[kind], texts) if kind in read else texts)), np.int64, len(texts)
    )
