"""What a share shows for an exact value, by the words of its contract: not by the code that is under attack."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

Value = int | Decimal | datetime | None


def label(words: str, value: Value) -> str | None:
    """`bands of 10` makes 30-39 of 34, and 30-40 of 34.50. Raises ValueError for words that are none of these."""
    if value is None:
        return None
    how, _, last = words.rpartition(" ")
    if isinstance(value, datetime) and how == "the first day of the":
        month = {"quarter": (value.month - 1) // 3 * 3 + 1, "year": 1}[last]
        return f"{value.year:04}-{month:02}-01"
    if not isinstance(value, datetime) and how == "bands of":
        low = int(value // int(last)) * int(last)
        return f"{low}-{low + int(last) - isinstance(value, int)}"
    if not isinstance(value, datetime) and how == "rounded to":
        return str((Decimal(value) / int(last)).quantize(Decimal(1), ROUND_HALF_UP) * int(last))
    raise ValueError(f"There is no attack on {words!r}.")
