"""The decisions: who decided what about rows in quarantine, and why."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from c360.database.query import value
from c360.errors import CouldNotTell

if TYPE_CHECKING:
    from psycopg import Connection


@dataclass(frozen=True)
class Decision:
    """Who decides, and why."""

    by: str
    why: str

    def __post_init__(self) -> None:
        if not self.by.strip() or not self.why.strip():
            raise CouldNotTell("A decision needs who takes it and why.", "Add --reason TEXT, and --by NAME.")


def put_down(
    database: "Connection", action: Literal["resolve", "discard", "export"], dataset: str, decision: Decision, rows: int
) -> int:
    """A decision about so many rows, in the caller's transaction; returns its number."""
    with database.cursor() as cursor:
        cursor.execute(
            "insert into quarantine.decision (action, dataset, decided_by, reason, rows) values (%s, %s, %s, %s, %s) "
            "returning decision_id",
            (action, dataset, decision.by, decision.why, rows),
        )
        return int(value(cursor))


def count_rows(database: "Connection", decision_id: int, rows: int) -> None:
    """So many rows it was about, as is known afterwards; in the caller's transaction."""
    with database.cursor() as cursor:
        cursor.execute("update quarantine.decision set rows = %s where decision_id = %s", (rows, decision_id))
