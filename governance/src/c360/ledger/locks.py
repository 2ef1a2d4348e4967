"""Locks: who waits for whom, whatever the engine. They are advisory locks in the ledger's database, which end with the
connection of who holds them: a kill leaves none.

Deliveries of two datasets go through the gate side by side. Where a clause of one looks at the other, one of them waits
while the other is judged and promoted, so that it sees all of that delivery or nothing. Who forgets somebody waits for
everybody, and everybody for them.
"""

import hashlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import psycopg2

if TYPE_CHECKING:
    from psycopg2.extensions import connection, cursor

GATE, BUILDING = 0xC360_0002, 0xC360_0005
"""Shared by all who deliver, and by all who build; held alone by who forgets somebody."""
Lock = tuple[int, bool]
"""Its number, and whether others may share it."""


@contextmanager
def delivering(database: "connection", dataset: str) -> Iterator[None]:
    """One after the other: whoever delivers this dataset, or replays rows of it."""
    with _held(database, [(GATE, True), (_number("delivery", dataset), False)]):
        yield


@contextmanager
def judging(database: "connection", dataset: str, others: Collection[str]) -> Iterator[None]:
    """From before a delivery is judged until it is promoted: nobody looks at this dataset by a clause of another, and
    none of the `others`, at which its own clauses look, changes."""
    kept = {name: (_number("raw", name), name != dataset) for name in {dataset, *others}}
    with _held(database, sorted(kept.values())):  # in one order for all, so that no two wait for each other
        yield


@contextmanager
def building(database: "connection") -> Iterator[None]:
    """While dbt builds, nobody is forgotten."""
    with _held(database, [(BUILDING, True)]):
        yield


def forgetting(cursor: "cursor") -> None:
    """Wait until nobody builds or delivers, and keep them out until the transaction ends."""
    for number in (BUILDING, GATE):
        cursor.execute("select pg_advisory_xact_lock(%s)", (number,))


@contextmanager
def _held(database: "connection", locks: list[Lock]) -> Iterator[None]:
    taken: list[Lock] = []
    try:
        for number, shared in locks:
            with database, database.cursor() as cursor:
                cursor.execute(f"select pg_advisory_lock{'_shared' if shared else ''}(%s)", (number,))
            taken.append((number, shared))
        yield
    finally:
        for number, shared in reversed(taken):
            with suppress(psycopg2.InterfaceError), database, database.cursor() as cursor:  # a dead one holds no lock
                cursor.execute(f"select pg_advisory_unlock{'_shared' if shared else ''}(%s)", (number,))


def _number(purpose: str, dataset: str) -> int:
    digest = hashlib.sha256(f"c360 {purpose} {dataset}".encode()).digest()
    return int.from_bytes(digest[:8], signed=True)
