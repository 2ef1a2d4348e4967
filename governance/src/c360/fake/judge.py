"""What the gate must make of some rows: a second judge, in Python, that shares no code with the gate's SQL."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from c360.clause import kinds
from c360.fake import metrics, rules
from c360.fake.asked import Asked
from c360.fake.changes import Row
from c360.fake.holds import casts, read
from c360.model import Clause, Dataset, Relationship

_COLUMNS = (kinds.PRESENT, kinds.UNEXPECTED_COLUMNS)


@dataclass(frozen=True)
class Judged:
    """`broken` are the clauses by the number of a row, from 0; `duplicates` rows that say what another one says."""

    broken: dict[int, set[str]]
    duplicates: set[int]


@dataclass
class Judge:
    """Judges rows of a dataset as a delivery that is the first. `exists` tells whether there is a row that a reference
    to another dataset, or to rows that are not judged here, leads to; `asked` what a column is asked by its name."""

    dataset: Dataset
    now: datetime
    asked: Callable[[str], Asked]
    exists: Callable[[Clause[Relationship], tuple[str, ...]], bool]
    _clauses: dict[str, list[Clause[Any]]] = field(default_factory=dict)

    def rows(self, rows: list[Row]) -> Judged:
        """What each row breaks, alone and with the others. SQL that is not read here breaks nothing."""
        broken = defaultdict[int, set[str]](set)
        for number, row in enumerate(rows):
            broken[number] |= {clause.id for column in self.dataset.columns for clause in self.value(column.name, row)}
        landed = [self._cast(row) for row in rows]
        for clause in kinds.ROW_RULE.of(self.dataset):
            try:
                found = rules.broken(clause, self.dataset, as_table(landed, self.dataset), self.now).to_pylist()
            except rules.Unread:
                continue
            for number, is_broken in enumerate(found):
                broken[number] |= {clause.id} if is_broken else set()
        duplicates = self._together(rows, landed, broken)
        return Judged({number: clauses for number, clauses in broken.items() if clauses}, duplicates)

    def value(self, name: str, row: Row) -> list[Clause[Any]]:
        """The clauses that the value of a column breaks by itself."""
        column, text = self.dataset.column(name), row.get(self.dataset.physical(name))
        if not self._clauses:
            for clause in self.dataset.clauses:
                self._clauses.setdefault(clause.column or "", []).append(clause)
        clauses = self._clauses.get(name, [])
        if text is None:
            return [clause for clause in clauses if clause.kind is kinds.REQUIRED]
        if not casts(column, text):
            return [clause for clause in clauses if clause.kind.by_value]
        return [clause for clause in clauses if self.asked(name).breaks(clause, text)]

    def whole(self, rows: list[Row]) -> set[str]:
        """The clauses about a delivery as a whole that these rows break; SQL breaks nothing here."""
        names = set(rows[0]) if rows else {column.physical_name for column in self.dataset.columns}
        found = set[str]()
        if not names & {column.physical_name for column in self.dataset.columns}:
            return found  # then it is no delivery of the dataset
        for clause in self.dataset.clauses:
            if clause.kind is kinds.PRESENT:
                renamed = names - {c.physical_name for c in self.dataset.columns} and not self._may_have_more()
                may = not renamed and self.dataset.may_be_absent(clause.column or "")
                found |= {clause.id} if self.dataset.physical(clause.column or "") not in names and not may else set()
            elif clause.kind is kinds.UNEXPECTED_COLUMNS:
                more = names - {column.physical_name for column in self.dataset.columns}
                found |= {clause.id} if more and not clause.argument else set()
        return found or self.measured(self.landed(rows))

    def landed(self, rows: list[Row]) -> pa.Table:
        """The rows of which every value casts: only they are measured."""
        columns = [(column, column.physical_name) for column in self.dataset.columns]
        kept = [row for row in rows if all((text := row.get(name)) is None or casts(c, text) for c, name in columns)]
        return as_table(kept, self.dataset)

    def measured(self, table: pa.Table) -> set[str]:
        """The clauses about a delivery that a table of texts breaks."""
        return {c.id for c in self.dataset.clauses if metrics.holds(c, self.dataset, table, self.now) is False}

    def _may_have_more(self) -> bool:
        return any(clause.argument for clause in kinds.UNEXPECTED_COLUMNS.of(self.dataset))

    def _cast(self, row: Row) -> Row:
        """The row as it lands in the types of its columns."""
        found = {}
        for column in self.dataset.columns:
            text = row.get(column.physical_name)
            found[column.physical_name] = text if text is not None and casts(column, text) else None
        return found

    def _together(self, rows: list[Row], cast: list[Row], broken: dict[int, set[str]]) -> set[int]:
        load = self.dataset.physical(self.dataset.load_column) if self.dataset.load_column else ""
        late = {c.id for c in kinds.NOT_IN_FUTURE.of(self.dataset) if c.column == self.dataset.load_column}
        by_key = defaultdict[Any, list[int]](list)
        for number in range(len(rows)):
            key = self._tuple(self.dataset.key, cast[number])
            if key and not late & broken[number]:
                by_key[key].append(number)
        duplicates = set[int]()
        for numbers in by_key.values():
            first: dict[Any, int] = {}
            for number in numbers:
                if first.setdefault(tuple(sorted(rows[number].items())), number) != number:
                    duplicates.add(number)
                    broken[number] = set()
            self._rivals([number for number in numbers if number not in duplicates], cast, load, broken)
        fatal, before = {c.id for c in self.dataset.clauses if c.severity == "error"}, -1
        while before < (found := sum(map(len, broken.values()))):  # who refers to a lost row is lost, too
            before = found
            kept = [n for n in range(len(rows)) if not broken[n] & fatal and n not in duplicates]
            for unique in kinds.UNIQUE.of(self.dataset):
                values = [(number, self._tuple(unique.argument, cast[number])) for number in kept]
                self._blame(unique, self._twice(values), broken)
            for reference in kinds.RELATIONSHIP.of(self.dataset):
                children = [number for number in range(len(rows)) if number not in duplicates]
                self._blame(reference, self._orphans(reference, children, kept, cast), broken)
        return duplicates

    def _orphans(
        self, reference: Clause[Relationship], children: list[int], kept: list[int], cast: list[Row]
    ) -> Iterator[int]:
        said, own = reference.argument, set[Any]()
        if said.target == self.dataset.name:
            own = {self._tuple(said.target_columns, cast[number]) for number in kept}
        for number in children:
            texts = tuple(t for name in said.columns if (t := cast[number][self.dataset.physical(name)]) is not None)
            leads = len(texts) == len(said.columns) and self._tuple(said.columns, cast[number]) not in own
            if leads and not self.exists(reference, texts):
                yield number

    def _rivals(self, numbers: list[int], cast: list[Row], load: str, broken: dict[int, set[str]]) -> None:
        """Of rows of one key: those of one load time are rivals, and those of another identity are somebody else."""
        loads = [
            (number, (self._tuple((self.dataset.load_column or "",), cast[number]) if load else ""))
            for number in numbers
        ]
        rivals = self._twice([(number, at) for number, at in loads if at is not None])
        for clause in kinds.PRIMARY_KEY.of(self.dataset):
            self._blame(clause, rivals, broken)
        people = {
            tuple(cast[number][self.dataset.physical(name)] for name in self.dataset.identity) for number in numbers
        }
        for identity in kinds.IDENTITY.of(self.dataset) if len(people) > 1 else ():
            self._blame(identity, [number for number in numbers if number not in rivals], broken)

    def _tuple(self, names: Iterable[str], row: Row) -> tuple[Any, ...] | None:
        """The values of some columns; None where one of them is null, or there is no column."""
        texts = [(self.dataset.column(name), row[self.dataset.physical(name)]) for name in names]
        if not texts or any(text is None for _, text in texts):
            return None
        return tuple(read(text or "", column.physical_type) for column, text in texts)

    @staticmethod
    def _twice(values: list[tuple[int, Any]]) -> list[int]:
        counts = defaultdict[Any, list[int]](list)
        for number, value in values:
            if value is not None:
                counts[value].append(number)
        return [number for numbers in counts.values() if len(numbers) > 1 for number in numbers]

    @staticmethod
    def _blame(clause: Clause[Any], numbers: Iterable[int], broken: dict[int, set[str]]) -> None:
        for number in numbers:
            broken[number].add(clause.id)


def as_table(rows: list[Row], dataset: Dataset) -> pa.Table:
    """Rows as a table of texts, a column for each of the contract's."""
    names = [column.physical_name for column in dataset.columns]
    return pa.table([pa.array([row.get(name) for row in rows], pa.string()) for name in names], names)
