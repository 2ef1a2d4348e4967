"""The values of one column: a source that draws legal ones, or different ones, by what its contract says of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from c360.clause import kinds
from c360.clause.dialect import canonical_type
from c360.clause.types import TEXTS as TEXT_TYPES
from c360.fake import documents, patterns, pools
from c360.fake.asked import Asked, plain
from c360.fake.holds import type_of
from c360.fake.ordered import grid
from c360.model import Clause, Kind, Rule

ENOUGH = 400
"""So many candidates are tried for a column whose values need not differ."""
_CLASSES = (kinds.ENUM, kinds.PATTERN, kinds.FORMAT)


class Source(Protocol):
    """Where values of a column come from; texts, none of them null."""

    def draw(self, rng: np.random.Generator, count: int) -> pa.Array:
        """`count` of them; none at all where there is no legal one."""

    def distinct(self, rng: np.random.Generator, count: int) -> pa.Array:
        """Up to `count` different ones."""


@dataclass(frozen=True)
class _Texts:
    """The first of several makers whose texts the contract takes."""

    asked: Asked
    makers: tuple[Callable[[np.random.Generator, int], pa.Array], ...]

    def draw(self, rng: np.random.Generator, count: int) -> pa.Array:
        found = self._first(rng, min(count, ENOUGH), 1)
        return found.take(pa.array(rng.integers(0, len(found), count))) if len(found) else found

    def distinct(self, rng: np.random.Generator, count: int) -> pa.Array:
        return self._first(rng, count, count)

    def _first(self, rng: np.random.Generator, count: int, enough: int) -> pa.Array:
        best = pa.array([], pa.string())
        for make in self.makers:
            for more in (1, 4, 16):  # what is made need not be legal: then more of it is
                drawn = make(rng, count * more if count < 100_000 else count)
                legal = dict.fromkeys(text for text in drawn.to_pylist() if self.asked.takes(text))
                best = max(best, pa.array(legal, pa.string()), key=len)
                if len(best) >= enough or not len(drawn):
                    break
            if len(best) >= enough:
                break
        return best[:count]


@dataclass(frozen=True)
class _Listed:
    """What a contract lists itself."""

    texts: tuple[str, ...]

    def draw(self, rng: np.random.Generator, count: int) -> pa.Array:
        return pa.array(self.texts, pa.string()).take(pa.array(rng.integers(0, max(1, len(self.texts)), count)))

    def distinct(self, rng: np.random.Generator, count: int) -> pa.Array:
        return pa.array(self.texts[:count], pa.string())


@dataclass(frozen=True)
class _Uuids:
    def draw(self, rng: np.random.Generator, count: int) -> pa.Array:
        return patterns.uuids(rng, count)

    distinct = draw


def promises(clauses: tuple[Clause[Any], ...]) -> Iterator[Clause[Any]]:
    """The clauses on single values, and what library metrics that may count none ask of every value."""
    for clause in clauses:
        rule = clause.argument
        if clause.kind is kinds.INVALID_VALUES and isinstance(rule, Rule) and rule.operator.holds(0, rule.expected):
            if rule.values("validValues"):
                yield as_kind(clause, kinds.ENUM, rule.values("validValues"))
            if rule.pattern:
                yield as_kind(clause, kinds.PATTERN, rule.pattern)
        elif not isinstance(rule, Rule):
            yield clause


def as_kind(clause: Clause[Any], kind: Kind[Any], argument: Any) -> Clause[Any]:
    """A clause of another kind about the same column."""
    return Clause(clause.id, clause.contract, clause.version, clause.dataset, clause.column, kind, argument)


def source(asked: Asked, needed: int = 1) -> Source:
    """Where values come from, `needed` of which are to differ. A clause beats what a name or classification tells."""
    column, name = asked.column, type_of(asked.column.physical_type)[0]
    listed = [clause for clause in asked.clauses if clause.kind is kinds.ENUM]
    if listed:
        values = (plain(value) for value in listed[0].argument if value is not None)
        return _Listed(tuple(text for text in dict.fromkeys(values) if asked.takes(text)))
    coarse = asked.form.date_format if name == "date" else asked.form.timestamp_format
    ordered = grid(column, asked.clauses, asked.now, needed, coarse, pools.usual(column))
    if ordered is not None:
        empty = ordered.most < ordered.least
        return _Listed(()) if empty else ordered
    form = str(column.options.get("format") or "")
    said = any(clause.kind is kinds.PATTERN for clause in asked.clauses)
    if name == "uuid" or (form == "uuid" and not said):
        return _Uuids()
    if any(clause.kind is kinds.NESTED for clause in asked.clauses) or name.endswith("[]"):
        return _Texts(asked, (lambda rng, count: documents.Author(asked, rng, source).texts(count),))
    return _Texts(asked, tuple(_makers(asked, name, form)))


def _makers(asked: Asked, name: str, form: str) -> Iterator[Callable[[np.random.Generator, int], pa.Array]]:
    """The likeliest text first; what nothing tells of is words, and letters where words are too long or short."""
    column, what = asked.column, pools.known(asked.column)
    if name not in TEXT_TYPES:
        kind = canonical_type(column.physical_type)
        bits = f"^[01]{{{kind.partition('(')[2].rstrip(')') or 8}}}$"
        yield _of_pattern(pools.BY_TYPE.get(name, bits if name.startswith("bit") else "^[a-z]{3,9}$"))
        return
    if form in pools.BY_FORMAT:
        yield _of_pattern(pools.BY_FORMAT[form])
    what = "mail" if form == "email" else what
    if what.startswith("^"):
        yield _of_pattern(what)
    elif what:
        yield _of_pool(what, asked.seed)
    for clause in asked.clauses:
        if clause.kind is kinds.PATTERN:
            for more in (4, 12, 60):
                yield _of_pattern(str(clause.argument), more)
    least = max((c.argument for c in asked.clauses if c.kind is kinds.MIN_LENGTH), default=1)
    most = [c.argument for c in asked.clauses if c.kind is kinds.MAX_LENGTH]
    if "(" in canonical_type(column.physical_type):
        most.append(int(canonical_type(column.physical_type).partition("(")[2].rstrip(")")))
    if not any(clause.kind in _CLASSES for clause in asked.clauses):
        yield _of_pool("words", asked.seed)
        if len(column.examples) > 1:
            yield lambda rng, count: pa.array([plain(value) for value in column.examples], pa.string())
    yield _of_pattern(f"^[a-z]{{{least},{min([*most, max(least, 12)])}}}$")


def _of_pattern(ecma: str, more: int = 8) -> Callable[[np.random.Generator, int], pa.Array]:
    return lambda rng, count: patterns.distinct(ecma, rng, count, more)


def _of_pool(what: str, seed: int) -> Callable[[np.random.Generator, int], pa.Array]:
    """The texts of a pool; as many more as are asked for bear a number."""

    def make(rng: np.random.Generator, count: int) -> pa.Array:
        texts = pools.pool(what, seed)
        order = rng.permutation(len(texts))
        plain = [texts[n] for n in order[:count]]
        return pa.array(plain + [pools.numbered(texts[order[n % len(texts)]], n) for n in range(len(texts), count)])

    return make
