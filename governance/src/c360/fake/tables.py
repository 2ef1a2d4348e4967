"""The rows of one dataset: keys that stand once, references that lead somewhere, as many nulls as may be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil, prod
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from c360.clause import kinds
from c360.delivery.form import Form
from c360.fake import metrics, rules
from c360.fake.asked import Asked
from c360.fake.values import Source, as_kind, promises, source
from c360.model import Column, Dataset, Relationship, Rule

_NULLS = 0.05
"""The share of nulls in a column that may be empty."""
_ROUNDS = 24
"""How often the values of rows that break a row rule are drawn anew."""


@dataclass(frozen=True)
class Group:
    """Columns (by name) whose values are drawn together: one, or those that refer to rows of another dataset."""

    columns: tuple[str, ...]
    source: Source | None = None
    parents: pa.Table | None = None
    """The rows that may be referred to: a column for each of `columns`, in their order."""

    def draw(self, rng: np.random.Generator, count: int) -> list[pa.Array]:
        if self.parents is not None:
            return _taken(self.parents, rng.integers(0, max(1, self.parents.num_rows), count))
        assert self.source is not None
        return [self.source.draw(rng, count)]

    def distinct(self, rng: np.random.Generator, count: int) -> list[pa.Array]:
        if self.parents is not None:
            return _taken(self.parents, np.sort(rng.permutation(self.parents.num_rows)[:count]))
        assert self.source is not None
        return [self.source.distinct(rng, count)]


def _taken(table: pa.Table, rows: np.ndarray) -> list[pa.Array]:
    return [column.combine_chunks().take(pa.array(rows)) for column in table.columns] if table.num_rows else [
        pa.array([], pa.string()) for _ in table.columns
    ]  # fmt: skip


@dataclass
class Maker:
    """Makes the rows of a dataset. `tables` are those that it may refer to, by dataset; `told` grows by what it could
    not aim at, by clause id."""

    dataset: Dataset
    tables: Mapping[str, tuple[Dataset, pa.Table]]
    form: Form
    now: datetime
    seed: int
    told: dict[str, str] = field(default_factory=dict)

    def make(self, rows: int) -> pa.Table:
        """A table of texts, a column for each of the contract's by physical name; of as many rows as the contract
        allows, and its keys have values for, nearest to `rows`."""
        rng = self._rng("")
        rows = self.allowed(rows)
        groups = self._groups(rows)
        made, rows = self._keys(groups, rng, rows)
        for group in groups:
            if not set(group.columns) <= made.keys():
                for name, values in zip(group.columns, group.draw(rng, rows), strict=True):
                    made.setdefault(name, values)
        for name, values in made.items():
            if len(values) < rows:
                if self.dataset.column(name).required:
                    self.told[f"{self.dataset.name}.{name}"] = "no value keeps all that is promised of it"
                made[name] = pa.nulls(rows, pa.string())
        self._refer_to_itself(made, rng, rows)
        self._leave_out(groups, made, rng, rows)
        table = pa.table({column.physical_name: made[column.name] for column in self.dataset.columns})
        return self._by_rules(self._repeated(table), rng)

    def _rng(self, what: str) -> np.random.Generator:
        return np.random.default_rng([self.seed, crc32(f"{self.dataset.name}.{what}".encode())])

    def asked(self, column: Column) -> Asked:
        """What is asked of a column; of times that a latency is about, that they lie close together before now."""
        clauses = list(promises(tuple(c for c in self.dataset.clauses if c.column == column.name)))
        for late in kinds.LATENCY.of(self.dataset):
            if column.name in (late.column, late.argument.until):
                clauses.append(as_kind(late, kinds.RETENTION, late.argument.seconds))
                clauses.append(as_kind(late, kinds.NOT_IN_FUTURE, 0))
        listed = [c.argument for c in self.dataset.clauses if c.column == column.name and isinstance(c.argument, Rule)]
        avoid = [text for rule in listed if rule.metric == "missingValues" for text in metrics.missing(rule)]
        return Asked(
            column, tuple(clauses), self.form, self.now, self.seed, frozenset([*self.form.null_values, *avoid])
        )

    def allowed(self, rows: int) -> int:
        rules = [clause.argument for clause in kinds.ROW_COUNT.of(self.dataset)]
        return _nearest(rules, rows, rows, max(rows, 10**7))

    def _groups(self, rows: int) -> list[Group]:
        """Each column is in one of them; references to other datasets first, those of more columns before others."""
        found, taken = list[Group](), set[str]()
        for clause in sorted(kinds.RELATIONSHIP.of(self.dataset), key=lambda c: -len(c.argument.columns)):
            said: Relationship = clause.argument
            if said.target == self.dataset.name:
                continue
            if taken & set(said.columns):
                if not set(said.columns) <= taken:
                    self.told[clause.id] = "one of its columns refers to rows of another reference, too"
                continue
            if said.target not in self.tables:
                self.told[clause.id] = f"no rows of {said.target} are invented before it"
                if any(self.dataset.column(name).required for name in said.columns):
                    continue
            found.append(Group(said.columns, parents=self._parents(said)))
            taken |= set(said.columns)
        several = {name for names in self.unique() for name in names}
        for column in self.dataset.columns:
            if column.name not in taken:
                found.append(Group((column.name,), source(self.asked(column), rows if column.name in several else 1)))
        return found

    def _parents(self, said: Relationship) -> pa.Table:
        """The different rows of the target that are complete, and legal here too."""
        if said.target not in self.tables:
            return pa.table(
                [pa.array([], pa.string()) for _ in said.columns], [f"c{n}" for n in range(len(said.columns))]
            )
        target, table = self.tables[said.target]
        rows = table.select([target.physical(name) for name in said.target_columns]).drop_null()
        rows = pa.table(rows.columns, [f"c{n}" for n in range(len(said.columns))])
        rows = rows.group_by(rows.column_names, use_threads=False).aggregate([])
        for n, name in enumerate(said.columns):
            asked = self.asked(self.dataset.column(name))
            if any(c.kind.scope == "row" and c.kind not in (kinds.REQUIRED, kinds.RELATIONSHIP) for c in asked.clauses):
                rows = rows.filter(pa.array([asked.takes(text) for text in rows[n].to_pylist()], pa.bool_()))
        return rows

    def unique(self) -> list[tuple[str, ...]]:
        """Sets of columns in which no value may stand twice, the smallest first."""
        sets = [c.argument for kind in (kinds.PRIMARY_KEY, kinds.UNIQUE) for c in kind.of(self.dataset)]
        sets += [metrics.of_duplicates(clause, self.dataset) for clause in kinds.DUPLICATE_VALUES.of(self.dataset)]
        return sorted(dict.fromkeys(sets), key=len)

    def _keys(self, groups: list[Group], rng: np.random.Generator, rows: int) -> tuple[dict[str, pa.Array], int]:
        """The values of columns that stand once, and how many rows there are values for."""
        made, alone = dict[str, pa.Array](), list[set[str]]()
        for names in self.unique():
            wanted = [group for group in groups if set(group.columns) & set(names)]
            if any(keys <= set(names) for keys in alone) or any(set(g.columns) & made.keys() for g in wanted):
                continue
            found = _combined(wanted, rng, rows)
            rows = min(rows, len(next(iter(found.values()), [])))
            made |= found
            alone.append(set(names))
        return {name: values[:rows] for name, values in made.items()}, rows

    def _refer_to_itself(self, made: dict[str, pa.Array], rng: np.random.Generator, rows: int) -> None:
        """References within the dataset lead to its first half, of which no row is lost when defects are planted."""
        for clause in kinds.RELATIONSHIP.of(self.dataset):
            said: Relationship = clause.argument
            if said.target != self.dataset.name or not rows:
                continue
            keyed = {name for names in self.unique() for name in names}
            if keyed & set(said.columns):
                self.told[clause.id] = "its column is of a key, too"
                continue
            there = rng.integers(0, ceil(rows / 2), rows)
            for name, target in zip(said.columns, said.target_columns, strict=True):
                made[name] = made[target].take(pa.array(there))

    def _leave_out(self, groups: list[Group], made: dict[str, pa.Array], rng: np.random.Generator, rows: int) -> None:
        """Nulls, where a column may be empty: as many as its metrics want, else a few."""
        referred = {n for c in kinds.RELATIONSHIP.of(self.dataset) if c.argument.target == self.dataset.name
                    for n in c.argument.target_columns}  # fmt: skip
        for group in groups:
            columns = [self.dataset.column(name) for name in group.columns]
            if any(c.required or c.name in (*self.dataset.identity, self.dataset.load_column) for c in columns):
                continue
            metered = [*kinds.NULL_VALUES.of(self.dataset), *kinds.MISSING_VALUES.of(self.dataset)]
            said = [clause.argument for clause in metered if clause.column in group.columns]
            usual = round(_NULLS * rows)
            count = _nearest(said, usual if not said else min(usual, 1), rows, rows)
            chosen = rng.permutation(np.arange(ceil(rows / 2) if referred & set(group.columns) else 0, rows))[:count]
            empty = np.zeros(rows, bool)
            empty[chosen] = True
            for column in columns:
                made[column.name] = pc.if_else(pa.array(empty), pa.scalar(None, pa.string()), made[column.name])

    def _repeated(self, table: pa.Table) -> pa.Table:
        """With as many values that stand twice as metrics want."""
        for clause in kinds.DUPLICATE_VALUES.of(self.dataset):
            names = metrics.of_duplicates(clause, self.dataset)
            count = _nearest([clause.argument], 0, table.num_rows, table.num_rows // 2)
            for name in map(self.dataset.physical, names if count else ()):
                values = table[name].to_pylist()
                full = [n for n, value in enumerate(values) if value is not None]
                for n in range(min(count, len(full) // 2)):
                    values[full[-1 - n]] = values[full[n]]
                table = table.set_column(table.column_names.index(name), name, pa.array(values, pa.string()))
        return table

    def _by_rules(self, table: pa.Table, rng: np.random.Generator) -> pa.Table:
        """Values that break a row rule are taken from other rows instead; from keys and references none is."""
        fixed = {name for names in self.unique() for name in names}
        fixed |= {name for clause in kinds.RELATIONSHIP.of(self.dataset) for name in clause.argument.columns}
        for clause in kinds.ROW_RULE.of(self.dataset):
            try:
                names = rules.columns_of(clause, self.dataset)
                free = [c for c in self.dataset.columns if c.physical_name in names and c.name not in fixed]
                for turn in range(_ROUNDS):
                    wrong = np.flatnonzero(rules.broken(clause, self.dataset, table, self.now).to_numpy(False))
                    if not len(wrong) or not free:
                        break
                    column = free[turn % len(free)]
                    place, values = table.column_names.index(column.physical_name), table[column.physical_name]
                    source_rows = np.arange(table.num_rows)
                    source_rows[wrong] = rng.integers(0, table.num_rows, len(wrong))
                    drawn = values.combine_chunks().take(pa.array(source_rows))
                    if turn >= _ROUNDS - len(free) and not column.required:
                        marks = np.isin(np.arange(table.num_rows), wrong)
                        drawn = pc.if_else(pa.array(marks), pa.scalar(None, pa.string()), drawn)
                    table = table.set_column(place, column.physical_name, drawn)
                if pc.any(rules.broken(clause, self.dataset, table, self.now)).as_py():
                    self.told[clause.id] = "no values were found that keep this SQL"
            except rules.Unread:
                self.told[clause.id] = "its SQL is not read"
        for clause in kinds.SQL.of(self.dataset):
            self.told[clause.id] = "its SQL is about more than one row"
        return table


def _combined(groups: list[Group], rng: np.random.Generator, rows: int) -> dict[str, pa.Array]:
    """Up to so many different combinations of the values of some groups, the first group changing slowest."""
    wants = [max(1, ceil(rows ** (1 / len(groups))))] * len(groups)
    while True:
        found = [group.distinct(rng, want) for group, want in zip(groups, wants, strict=True)]
        sizes = [len(columns[0]) for columns in found]
        if (
            prod(sizes) >= rows
            or all(size < want for size, want in zip(sizes, wants, strict=True))
            or max(wants) >= rows
        ):
            break
        wants = [min(rows, 2 * want) for want in wants]
    made, number, right = dict[str, pa.Array](), np.arange(min(rows, prod(sizes))), prod(sizes)
    for group, columns, size in zip(groups, found, sizes, strict=True):
        right = right // size if size else 0
        digit = number // right % size if size else number
        made |= {name: values.take(pa.array(digit)) for name, values in zip(group.columns, columns, strict=True)}
    return made


def _nearest(rules: list[Rule], wanted: int, of: int, most: int) -> int:
    """The count nearest to `wanted` that keeps all rules; a count of `of` rows where they are in percent."""

    def kept(count: int) -> bool:
        return all(
            r.operator.holds(100 * count / of if r.unit == "percent" and of else count, r.expected) for r in rules
        )

    points = {0, wanted}
    for rule in rules:
        for bound in rule.expected if isinstance(rule.expected, tuple) else (rule.expected,):
            at = int(bound * of / 100) if rule.unit == "percent" else int(bound)
            points |= {at - 1, at, at + 1}
    legal = [point for point in points if 0 <= point <= most and kept(point)]
    return min(legal, key=lambda point: (abs(point - wanted), point), default=wanted)
