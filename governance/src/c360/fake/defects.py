"""Defects: each clause that a delivery can break is broken once, and it is told what the gate must make of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import ceil
from typing import Any
from zlib import crc32

import numpy as np
import pyarrow as pa

from c360.clause import kinds
from c360.clause.reading import QUARANTINE_RATIO
from c360.errors import CouldNotTell
from c360.fake.breakers import Scene, chosen
from c360.fake.changes import Row, changed
from c360.fake.judge import Judge, as_table
from c360.fake.tables import Maker
from c360.model import Clause, Dataset, Relationship

_SCENE = 8
"""Rows among which a clause on rows is broken."""
_WHOLE = (20, 100, 1_000)
"""Rows of a small delivery that breaks a clause as a whole: the fewest that break none before."""
_WHY = {
    kinds.ANOMALY.name: "only a delivery that follows four others can break it",
    kinds.CONFLICT.name: "only a delivery that follows another one can break it",
    kinds.SQL.name: "it is SQL about more than one row",
    kinds.ROW_RULE.name: "no value was found that breaks its SQL",
    kinds.PRESENT.name: "the column may be absent: it is read as null, with a warning",
    kinds.PHYSICAL_TYPE.name: "every text is a value of its type",
    kinds.IDENTITY.name: "without a load time it is the key that is broken",
    kinds.PRIMARY_KEY.name: "its rows say nothing besides the key that could differ",
    kinds.NESTED.name: "its type takes nothing that breaks it",
    kinds.UNEXPECTED_COLUMNS.name: "the contract allows more columns",
}
_UNKNOWN = "nothing is known to break it"


@dataclass(frozen=True)
class Whole:
    """A small delivery that breaks `clause`; `breaks` are all clauses that the gate names. One that breaks only
    warnings is accepted."""

    clause: Clause[Any]
    table: pa.Table
    breaks: list[str]


@dataclass(frozen=True)
class Planted:
    """`table` are the rows as delivered; `broken` the clauses by the number of a row (from 0). `taken` are rows that
    others may refer to. `last` is a line that is no record."""

    dataset: Dataset
    table: pa.Table
    taken: pa.Table
    broken: dict[int, list[str]]
    duplicates: int
    whole: list[Whole]
    left: dict[str, str]
    last: list[str | None] | None

    @property
    def quarantined(self) -> dict[int, list[str]]:
        """The rows, from 0, that break a clause which is no warning."""
        fatal = {clause.id for clause in self.dataset.clauses if clause.severity == "error"}
        return {number: clauses for number, clauses in self.broken.items() if fatal & set(clauses)}

    @property
    def rows(self) -> int:
        return self.table.num_rows + (self.last is not None)

    def told(self) -> dict[str, Any]:
        """What the gate must come to, as defects.json has it; rows are numbered from 1, as the gate counts them."""
        lost = self.quarantined
        return {
            "rows": self.rows,
            "promoted": self.rows - len(lost) - self.duplicates,
            "quarantined": len(lost),
            "duplicates": self.duplicates,
            "defects": [self._entry(number, lost) for number in sorted(self.broken)],
            "not_planted": self.left,
        }

    def _entry(self, number: int, lost: dict[int, list[str]]) -> dict[str, Any]:
        names = [self.dataset.physical(name) for name in self.dataset.key]
        key = {name: self.table[name][number].as_py() for name in names} if number < self.table.num_rows else {}
        outcome = "quarantined" if number in lost else "warned"
        return {"row": number + 1, "key": key, "outcome": outcome, "clauses": self.broken[number]}


def plant(maker: Maker, table: pa.Table, lines: bool = True) -> Planted:
    """The rows of a dataset with each clause broken that one delivery can break; with a line that is no record if
    `lines`.

    Raises CouldNotTell, with the least number of rows, where they are too few to hold all that.
    """
    return _Planter(maker, table, lines).plant()


@dataclass
class _Defect:
    """What takes the place of some rows of the table, and rows to add."""

    rows: dict[int, Row]
    added: list[Row]
    lost: int


@dataclass
class _Planter:
    maker: Maker
    table: pa.Table
    lines: bool
    left: dict[str, str] = field(default_factory=dict)
    _parents: dict[str, set[tuple[str, ...]]] = field(default_factory=dict)
    _there: dict[str, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.dataset = self.maker.dataset
        self.judge = Judge(self.dataset, self.maker.now, self._asked, self._exists)
        self.rng = np.random.default_rng([self.maker.seed, crc32(f"{self.dataset.name} defects".encode())])
        to_itself = any(c.argument.target == self.dataset.name for c in kinds.RELATIONSHIP.of(self.dataset))
        first = ceil(self.table.num_rows / 2) if to_itself else 0
        self.free = [int(number) for number in first + self.rng.permutation(self.table.num_rows - first)]
        self._columns: dict[str, Any] = {}

    def plant(self) -> Planted:
        defects = list(self._defects())
        lost = sum(defect.lost for defect in defects) + self.lines
        total = self.table.num_rows + sum(len(defect.added) for defect in defects) + self.lines
        ratio = float(self.dataset.custom.get("maxQuarantineRatio", QUARANTINE_RATIO))
        if lost > ratio * total:
            least = ceil(lost / ratio) if ratio else 0
            if least and self.maker.allowed(least) >= least:
                raise CouldNotTell(
                    f"{self.table.num_rows} rows of {self.dataset.name} are too few to hold its defects.",
                    f"Make more of them: --rows {self.dataset.name}={least}",
                )
            self.left |= {c.id: "the contract takes too few rows to hold it" for c in self._of_rows()}
            defects, self.lines = [], False
        return self._assembled(defects)

    def _of_rows(self) -> Iterator[Clause[Any]]:
        return (clause for clause in self.dataset.clauses if clause.kind.loses_rows)

    def _asked(self, name: str) -> Any:
        if name not in self._columns:
            self._columns[name] = self.maker.asked(self.dataset.column(name))
        return self._columns[name]

    def _exists(self, clause: Clause[Relationship], texts: tuple[str, ...]) -> bool:
        if clause.id not in self._parents:
            said, own = clause.argument, clause.argument.target == self.dataset.name
            if not own and said.target not in self.maker.tables:
                return False
            target, table = (self.dataset, self.table) if own else self.maker.tables[said.target]
            columns = [table[target.physical(name)].to_pylist() for name in said.target_columns]
            self._parents[clause.id] = set(zip(*columns, strict=True))
        return texts in self._parents[clause.id]

    def _stands(self, name: str) -> set[str]:
        """What stands in a column whose values must differ, or that refers to others."""
        if name not in self._there:
            found = set[str]()
            if any(name in names for names in self.maker.unique()):
                found |= set(self.table[self.dataset.physical(name)].to_pylist())
            for clause in kinds.RELATIONSHIP.of(self.dataset):
                if name in clause.argument.columns:
                    self._exists(clause, ())
                    place = clause.argument.columns.index(name)
                    found |= {texts[place] for texts in self._parents.get(clause.id, ())}
            self._there[name] = found
        return self._there[name]

    def _defects(self) -> Iterator[_Defect]:
        """One for each clause on rows, and an exact duplicate."""
        kept: list[_Defect] = []
        for clause in self._of_rows():
            if clause.kind is kinds.READABLE:
                self.left |= {} if self.lines else {clause.id: "every row of Parquet is a record"}
                continue
            defect, why = self._broken(clause)
            if defect and (culprits := self._spoils([*kept, defect])):
                defect, why = None, f"what breaks it breaks {', '.join(sorted(culprits))}, too: all of the delivery"
            if defect is None:
                self.left[clause.id] = clause.absent("gate") or why or _WHY.get(clause.kind.name, _UNKNOWN)
                continue
            self.free = [number for number in self.free if number not in defect.rows]
            kept.append(defect)
        if self.dataset.key and self.free:
            row = self.table.take([self.free[0]]).to_pylist()[0]
            copy = _Defect({self.free[0]: row}, [dict(row)], 0)
            kept += [] if self._spoils([*kept, copy]) else [copy]
        yield from kept

    def _broken(self, clause: Clause[Any]) -> tuple[_Defect | None, str]:
        numbers = self.free[:_SCENE]
        if not numbers:
            return None, "no row is left to break it"
        rows = self.table.take(numbers).to_pylist()
        changes = chosen(clause, self._scene(rows), self.judge)
        if changes is None:
            return None, ""
        after = changed(rows, changes)
        judged = self.judge.rows(after)
        touched = {n for n, row in enumerate(rows) if after[n] != row or n in judged.broken}
        fatal = {c.id for c in self.dataset.clauses if c.severity == "error"}
        lost = sum(bool(fatal & clauses) for clauses in judged.broken.values())
        return _Defect({numbers[n]: after[n] for n in touched}, after[len(rows) :], lost), ""

    def _scene(self, rows: list[Row]) -> Scene:
        return Scene(self.dataset, rows, 0, self.maker.now, self._asked, self._stands)

    def _spoils(self, defects: list[_Defect]) -> set[str]:
        """The clauses about the delivery as a whole that defects break together."""
        wholly = [
            c
            for c in self.dataset.clauses
            if c.scope == "delivery" and not c.kind.loses_rows and not isinstance(c.argument, bool | None)
        ]
        if not wholly:
            return set()
        rows = {number: row for defect in defects for number, row in defect.rows.items()}
        replaced = self.judge.landed([*rows.values(), *(row for defect in defects for row in defect.added)])
        others = self.table.filter(pa.array(~np.isin(np.arange(self.table.num_rows), list(rows))))
        return self.judge.measured(pa.concat_tables([others, replaced]))

    def _assembled(self, defects: list[_Defect]) -> Planted:
        """Rows that are added stand anywhere in the file, not beside the row that they are like."""
        rows = {number: row for defect in defects for number, row in defect.rows.items()}
        added = [row for defect in defects for row in defect.added]
        touched = [*rows.values(), *added]
        judged = self.judge.rows(touched)
        size, order = self.table.num_rows, np.arange(self.table.num_rows)
        for place, number in enumerate(rows):
            order[number] = size + place
        places = self.rng.integers(0, size, len(added), endpoint=True)
        order = np.insert(order, places, np.arange(len(added)) + size + len(rows))
        whole = pa.concat_tables([self.table, as_table(touched, self.dataset)]).take(pa.array(order))
        where = {int(source) - size: place for place, source in enumerate(order) if source >= size}
        broken = {where[n]: sorted(clauses) for n, clauses in judged.broken.items()}
        last = None
        if self.lines and size:
            last = [*self.table.take([0]).to_pylist()[0].values(), "more"]
            broken[whole.num_rows] = [clause.id for clause in kinds.READABLE.of(self.dataset)]
        taken = self.table.filter(pa.array(~np.isin(np.arange(size), list(rows))))
        return Planted(
            self.dataset, whole, taken, broken, len(judged.duplicates), list(self._wholly()), self.left, last
        )

    def _wholly(self) -> Iterator[Whole]:
        """A small delivery for each clause about a delivery as a whole."""
        sizes = dict.fromkeys(min(size, self.table.num_rows) for size in (*_WHOLE, self.table.num_rows))
        bases = dict[int, list[Row]]()
        for clause in self.dataset.clauses:
            if clause.scope == "row" or clause.kind.loses_rows:
                continue
            if clause.absent("gate"):
                self.left[clause.id] = clause.absent("gate")
                continue
            rows, changes = list[Row](), None
            for size in sizes:
                if size not in bases:
                    rows = self.table.slice(0, size).to_pylist()
                    bases[size] = [] if not rows or self.judge.whole(rows) else rows
                rows = bases[size]
                changes = chosen(clause, self._scene(rows), self.judge) if rows else None
                if changes or (rows and clause.kind.name in _WHY):  # more rows help counts only
                    break
            if changes is None:
                self.left[clause.id] = _WHY.get(clause.kind.name, _UNKNOWN)
                continue
            after = changed(rows, changes)
            names = list(after[0]) if after else self.table.column_names
            table = pa.table({name: pa.array([row[name] for row in after], pa.string()) for name in names})
            yield Whole(clause, table, sorted(self.judge.whole(after)))
