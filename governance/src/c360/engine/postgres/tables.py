"""Tables: where a delivery lies while it is in the gate. Each dataset has a schema of its own, so that two can be in it
at once, and SQL of contracts that looks at another dataset never meets what has only landed of it."""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from c360.clause.dialect import POSTGRES
from c360.database.access import LANDING, LOADER, TRANSFORMER
from c360.model import Dataset

if TYPE_CHECKING:
    from psycopg2.extensions import cursor

AT, MISCAST = "c360__at", "c360__miscast"
"""The number of a row among the records, and the names of its columns that could not be cast (null when none)."""
_LONGEST = 63
"""Bytes that Postgres keeps of a name."""

q = POSTGRES.quote


@dataclass(frozen=True)
class Tables:
    """Relations of one dataset's landing: their quoted names."""

    schema: str
    """The name of theirs, as it is."""
    landed: str
    """What landed as text."""
    spelled: str
    """What landed in its types."""
    text: str
    """All that was delivered, as text: a view."""
    unreadable: str
    """The lines that are no record."""
    typed: str
    """The rows in the contract's types."""
    numbers: str
    """The sequence that numbers the rows."""
    verdict: str
    """The rows that break clauses, and which."""
    merged: str
    broken: str
    beside: str
    """What a row is to the one that raw holds under its key."""
    earlier: str
    """The rows that are not the latest of their key."""


def tables(dataset: Dataset) -> Tables:
    """Those of a dataset, whose name alone decides where they are."""
    schema = f"{LANDING}{dataset.name}"
    if len(schema.encode()) > _LONGEST:
        schema = f"{LANDING}{hashlib.sha256(dataset.name.encode()).hexdigest()[:32]}"
    names = (
        "text",
        "spelled",
        "delivered",
        "unreadable",
        "typed",
        "nth",
        "verdict",
        "merged",
        "broken",
        "beside",
        "earlier",
    )
    return Tables(schema, *(f"{q(schema)}.c360__{name}" for name in names))


def make_room(cursor: "cursor", dataset: Dataset) -> None:
    """The schema, empty, for whoever delivers the dataset next; what was left there goes."""
    clear(cursor, dataset)
    name = q(tables(dataset).schema)
    cursor.execute(f"create schema {name} authorization {LOADER}; revoke all on schema {name} from {TRANSFORMER}")


def clear(cursor: "cursor", dataset: Dataset) -> None:
    """The schema goes with all that is in it: the gate ends with it."""
    cursor.execute(f"drop schema if exists {q(tables(dataset).schema)} cascade")
