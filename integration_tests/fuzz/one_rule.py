"""The rule for one id, in plain Python: what becomes of the rows of a delivery. docs/deliveries.md says it in words.

The table has a key `id`, an identity `name`, a number `v` that is not negative, a unique `a`, a `parent` in the same
table, and a load time `load` (a number of hours here), or None in all rows when the contract has no load time.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

FUTURE = 100
"""A load time from here on lies beyond the clock."""


class Row(NamedTuple):
    id: int
    name: str
    v: int
    a: int | None
    parent: int | None
    load: int | None

    @property
    def says(self) -> tuple:
        return self[:-1]


@dataclass
class Store:
    loads: bool
    """Whether the contract has a load time."""
    raw: dict[int, Row] = field(default_factory=dict)
    superseded: list[Row] = field(default_factory=list)
    quarantine: list[tuple[Row, frozenset[str]]] = field(default_factory=list)
    last: list[Row] | None = None

    def deliver(self, rows: list[Row]) -> tuple[int, int, int] | None:
        """Returns how many were promoted, quarantined, and duplicates; None for the same file twice in a row."""
        if rows == self.last:
            return None
        self.last = rows
        breaks: list[tuple[Row, set[str]]] = [(row, alone(row)) for row in rows]
        breaks = self.collapse(breaks)
        groups = defaultdict(list)
        for row, clauses in breaks:
            if "notInFuture" not in clauses:
                groups[row.id].append((row, clauses))
        for group in groups.values():
            judge_key(group)
        for row, clauses in breaks:
            if not clauses and self.beside(row) in ("identity", "conflict"):
                clauses.add(self.beside(row))
        while self.judge_round(breaks):
            pass
        held = [row for row, clauses in breaks if not clauses]
        promoted = self.promote(held)
        lost = [(row, frozenset(clauses)) for row, clauses in breaks if clauses]
        self.quarantine = [kept for kept in self.quarantine if not self.is_corrected(*kept, held)] + lost
        return promoted, len(lost), len(rows) - len(lost) - promoted

    def collapse(self, breaks: list[tuple[Row, set[str]]]) -> list[tuple[Row, set[str]]]:
        """Rows that say the same are one, loaded when it was said last; rows of the future only if all is equal."""
        one: dict[tuple, tuple[Row, set[str]]] = {}
        for row, clauses in breaks:
            same = row if "notInFuture" in clauses else row.says
            if same not in one or (row.load or 0) > (one[same][0].load or 0):
                one[same] = row, clauses
        return list(one.values())

    def beside(self, row: Row) -> str:
        """What a row is to the one that raw holds under its key."""
        there = self.raw.get(row.id)
        if there is None:
            return "new"
        if row.says == there.says:
            return "moved" if self.loads and row.load > there.load else "same"
        if row.name != there.name:
            return "identity"
        if not self.loads or row.load > there.load:
            return "later"
        return "earlier" if row.load < there.load else "conflict"

    def entering(self, held: list[Row]) -> dict[int, Row]:
        """Of each key the latest row, if it is to take its place in raw."""
        latest: dict[int, Row] = {}
        for row in held:
            if row.id not in latest or (row.load or 0) > (latest[row.id].load or 0):
                latest[row.id] = row
        return {key: row for key, row in latest.items() if self.beside(row) in ("new", "later", "moved")}

    def judge_round(self, breaks: list[tuple[Row, set[str]]]) -> bool:
        """Values that are unique, and parents, in raw as it will be; returns whether another row is lost."""
        held = [row for row, clauses in breaks if not clauses]
        entering = self.entering(held)
        after = self.raw | entering
        owners = defaultdict(set)
        for row in after.values():
            owners[row.a].add(row.id)
        known = set(self.raw) | {row.id for row in held}
        new = []
        for row, clauses in breaks:
            if row.a is not None and entering.get(row.id) is row and not clauses and len(owners[row.a]) > 1:
                new.append((clauses, "unique"))
            if row.parent is not None and row.parent not in known and "parent" not in clauses:
                new.append((clauses, "parent"))
        for clauses, clause in new:
            clauses.add(clause)
        return bool(new)

    def promote(self, held: list[Row]) -> int:
        entering, before = self.entering(held), dict(self.raw)
        how = {row: self.beside(row) for row in held}
        replaced = [before[key] for key, row in entering.items() if how[row] == "later"]
        older = [r for r in held if how[r] == "earlier" or (how[r] in ("new", "later") and entering.get(r.id) is not r)]
        self.superseded += replaced
        older = [row for row in older if row not in self.superseded]
        self.superseded += older
        self.raw |= entering
        return len([row for row in entering.values() if how[row] != "moved"]) + len(older)

    def is_corrected(self, row: Row, clauses: frozenset[str], held: list[Row]) -> bool:
        """An accepted row of the same key and identity, loaded later or equal, is what it should have been."""
        now = self.raw.get(row.id)
        if now is None or now.name != row.name or all(other.id != row.id for other in held):
            return False
        disputed = clauses & {"primaryKey", "identity", "conflict", "unique"}
        return not self.loads or row == now or row.load < now.load or row.load >= FUTURE or (
            row.load == now.load and not disputed
        )  # fmt: skip


def alone(row: Row) -> set[str]:
    """What a row breaks by itself."""
    found = {"minimum": row.v < 0, "notInFuture": row.load is not None and row.load >= FUTURE}
    return {clause for clause, broken in found.items() if broken}


def judge_key(group: list[tuple[Row, set[str]]]) -> None:
    """Other contents at one load time contradict each other, and so does another person, whenever loaded."""
    people = {row.name for row, _ in group}
    times = [row.load for row, _ in group]
    for row, clauses in group:
        if times.count(row.load) > 1:
            clauses.add("primaryKey")
        elif len(people) > 1:
            clauses.add("identity")
