"""Breakers: how each kind of clause is broken by a delivery. To add a kind is to add an entry.

An entry gives candidates, the plainest first: each is changes of some rows. Which clauses the result breaks is told by
c360.fake.judge: the first candidate that breaks its clause alone is taken, or else the first that breaks it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from c360.clause import kinds
from c360.clause.dialect import canonical_type, unsized
from c360.clause.formats import integers
from c360.clause.types import TEXTS as TEXT_TYPES
from c360.fake import documents, metrics, patterns, rules
from c360.fake.asked import Asked, inner, plain, reached
from c360.fake.changes import Add, Change, Drop, Every, Extra, Keep, Put, Row
from c360.fake.holds import NUMBERS, TIMES, moment, type_of
from c360.fake.judge import Judge
from c360.fake.masks import written
from c360.fake.ordered import mask_of
from c360.fake.values import source
from c360.model import Clause, Column, Dataset, Rule

Changes = tuple[Change, ...]
_ANY_TEXT = (*TEXT_TYPES, "xml", "tsvector")
"""Types of which (nearly) every text is a value."""
_MOST = 200
"""Rows that a candidate adds or changes at most."""


@dataclass(frozen=True)
class Scene:
    """Where a clause is broken: some legal rows, of which the one at `at` is the victim, and what a column is asked."""

    dataset: Dataset
    rows: list[Row]
    at: int
    now: datetime
    asked: Callable[[str], Asked]
    there: Callable[[str], set[str]] = lambda name: set()
    """What else stands in a column, by its name, that a fresh value may not be."""

    @property
    def row(self) -> Row:
        return self.rows[self.at]

    def fresh(self, name: str) -> list[str]:
        """Legal values of a column (by name) that no row has."""
        taken = {row[self.dataset.physical(name)] for row in self.rows} | self.there(name)
        for more in (0, len(taken)):
            found = source(self.asked(name), more + _MOST).distinct(np.random.default_rng(7), more + _MOST)
            fresh = [text for text in reversed(found.to_pylist()) if text not in taken]
            if len(fresh) > _MOST // 2:
                break
        return fresh


def candidates(clause: Clause[Any], scene: Scene) -> Iterator[Changes]:
    """Changes that may break the clause; none for a kind that no delivery breaks in a way that is known here."""
    breaker = BREAKERS.get(clause.kind.name)
    return breaker(clause, scene) if breaker else iter(())


def chosen(clause: Clause[Any], scene: Scene, judge: Judge) -> Changes | None:
    """The first candidate that breaks the clause alone, or else the first that breaks it; None where none does."""
    other = None
    for changes in candidates(clause, scene):
        rows = [dict(row) for row in scene.rows]
        for change in changes:
            change.on_rows(rows)
        found = (
            {c for broken in judge.rows(rows).broken.values() for c in broken}
            if clause.kind.loses_rows
            else judge.whole(rows)
        )
        if found == {clause.id}:
            return changes
        other = changes if other is None and clause.id in found else other
    return other


Values = Callable[[Any, Asked, str], Iterator[str]]
"""From a clause's argument, what a column is asked, and a legal text, to texts that may break the clause."""


def _by_value(values: Values) -> Callable[[Clause[Any], Scene], Iterator[Changes]]:
    """A clause that a single value breaks."""

    def breaker(clause: Clause[Any], scene: Scene) -> Iterator[Changes]:
        asked = scene.asked(clause.column or "")
        name = asked.column.physical_name
        text = scene.row[name] or next(iter(scene.fresh(asked.column.name)), "x")
        for value in dict.fromkeys(values(clause.argument, asked, text)):
            yield (Put({name: value}, scene.at),)

    return breaker


def _wrong_type(argument: Any, asked: Asked, text: str) -> Iterator[str]:
    kind = canonical_type(asked.column.physical_type)
    if unsized(kind) not in _ANY_TEXT:
        yield f"no {kind.split('(')[0]}"
    elif "(" in kind:
        yield "x" * (int(kind.partition("(")[2].rstrip(")")) + 1)


def _unlisted(argument: Any, asked: Asked, text: str) -> Iterator[str]:
    yield from ("unlisted", f"{text}x", text.swapcase(), text[:-1], "x" * len(text), "0", "-1", "999", "1999-12-31")
    yield from ("1999-12-31 00:00:00", "1999-12-31 00:00:00Z", "false", "true")


def _short(least: int, asked: Asked, text: str) -> Iterator[str]:
    yield from (text[: least - 1], "x" * (least - 1), "0" * (least - 1))


def _long(most: int, asked: Asked, text: str) -> Iterator[str]:
    for clause in asked.clauses:
        if clause.kind is kinds.PATTERN:
            drawn = patterns.texts(clause.argument, np.random.default_rng(7), 64, most + 8).to_pylist()
            yield from sorted((longer for longer in drawn if len(longer) > most), key=len)
    if text:
        yield from ((text * (most + 1))[: most + 1], text[:most] + text[-1] * (most + 1 - len(text[:most])))
    name, at, host = text.partition("@")
    yield name + "x" * (most + 1) + at + host


def _unlike(argument: Any, asked: Asked, text: str) -> Iterator[str]:
    size = len(text)
    yield from (f"?{text[1:]}", f"{text} ", f" {text}", text.swapcase(), text[:-1], "?" * size, " " * size, "0" * size)
    yield from ("x" * size, "", "nothing of the kind", "é" * size)


def _beyond(sign: int, exclusive: bool) -> Values:
    """Just below (-1) or above (1) a bound, or at it where that is outside."""

    def values(bound: Any, asked: Asked, text: str) -> Iterator[str]:
        name = type_of(asked.column.physical_type)[0]
        if name in NUMBERS:
            steps = [Decimal(str(c.argument)) for c in asked.clauses if c.kind is kinds.MULTIPLE_OF] or [
                Decimal(1), Decimal("0.01"), Decimal("0.000001")]  # fmt: skip
            for step in [Decimal(0)] * exclusive + steps:
                at = Decimal(str(bound)) + sign * step
                yield f"{at:f}"
                yield f"{at // step * step if step else at:f}"
        elif name.startswith("time "):
            yield from ("00:00:00", "23:59:59")
        else:
            for days in [0] * exclusive + [1]:
                yield _at(moment(str(bound)) + timedelta(days=sign * days), asked.column)

    return values


def _at(time: datetime, column: Column) -> str:
    """A time as the column holds it."""
    name = type_of(column.physical_type)[0]
    mask = mask_of(column) or "yyyy-MM-dd HH:mm:ss"
    if name == "date":
        return f"{time:%Y-%m-%d}".rjust(10, "0")
    if name not in TIMES:
        return str(written(pa.array([time], pa.timestamp("us")), mask)[0])
    return time.isoformat(" ") + "Z" * ("with time zone" in name)


def _between_steps(step: Any, asked: Asked, text: str) -> Iterator[str]:
    size = Decimal(str(step))
    for part in (Decimal(1), size / 2, Decimal("0.01"), Decimal("0.001"), size / 3):
        yield f"{Decimal(text) + part:f}"


def _unformatted(form: str, asked: Asked, text: str) -> Iterator[str]:
    span = integers(form)
    if span:
        yield from (str(span[1] + 1), str(span[0] - 1))
    yield from ("nothing of the kind", f"{text} ", "x" * len(text), "0" * len(text), "")


def _ahead(tolerance: int, asked: Asked, text: str) -> Iterator[str]:
    for days in (1, 2, 400):
        yield _at((asked.now + timedelta(seconds=tolerance, days=days)).replace(microsecond=0), asked.column)


def _null(clause: Clause[Any], scene: Scene) -> Iterator[Changes]:
    yield (Put({scene.dataset.physical(clause.column or ""): None}, scene.at),)


def _others(scene: Scene, names: tuple[str, ...]) -> Iterator[Row]:
    """Other contents of the victim, in one of some columns (by name)."""
    for fresh in (False, True):
        for name in names:
            physical = scene.dataset.physical(name)
            texts: Iterable[str | None] = scene.fresh(name)[:2] if fresh else (row[physical] for row in scene.rows)
            for text in texts:
                if text is not None and text != scene.row[physical]:
                    yield {physical: text}


def _same_key(clause: Clause[Any], scene: Scene) -> Iterator[Changes]:
    said = (*scene.dataset.key, scene.dataset.load_column)
    for values in _others(scene, tuple(column.name for column in scene.dataset.columns if column.name not in said)):
        yield (Add(values, scene.at),)


def _same_value(clause: Clause[tuple[str, ...]], scene: Scene) -> Iterator[Changes]:
    names = [scene.dataset.physical(name) for name in clause.argument]
    for number, row in enumerate(scene.rows):
        if number != scene.at and all(row[name] is not None for name in names):
            yield (Put({name: row[name] for name in names}, scene.at),)


def _somebody_else(clause: Clause[tuple[str, ...]], scene: Scene) -> Iterator[Changes]:
    load = scene.dataset.load_column
    if load and load not in scene.dataset.key and (text := scene.row[scene.dataset.physical(load)]):
        for before in (timedelta(minutes=1), timedelta(days=1)):
            earlier: Row = {scene.dataset.physical(load): _at(moment(text) - before, scene.dataset.column(load))}
            for values in _others(scene, clause.argument):
                yield (Add(values | earlier, scene.at),)


def _nowhere(clause: Clause[Any], scene: Scene) -> Iterator[Changes]:
    names = clause.argument.columns
    for name in reversed(names):
        for text in scene.fresh(name)[:8]:
            whole = {scene.dataset.physical(other): scene.row[scene.dataset.physical(other)] or
                     next(iter(scene.fresh(other)), None) for other in names}  # fmt: skip
            yield (Put(whole | {scene.dataset.physical(name): text}, scene.at),)


def _inside(clause: Clause[Any], scene: Scene) -> Iterator[Changes]:
    """A document that leaves nothing out, broken in one place."""
    asked, said = scene.asked(clause.column or ""), clause.argument
    name = asked.column.physical_name
    for turn in range(4):
        document = documents.Author(asked, np.random.default_rng(turn), source, full=True).document()
        for value in reached(document, said.steps)[:1]:
            for other in _other_documents(said, value, asked):
                text = documents.written(documents.with_other(document, said.steps, other), asked.column)
                yield (Put({name: text}, scene.at),)


def _other_documents(said: Any, value: Any, asked: Asked) -> Iterator[Any]:
    """What may stand for a value inside, and break the promise."""
    if said.promise == "required":
        yield None
    elif said.promise == "logicalType":
        yield from ({"no": said.logical}, "nothing of the kind", 1.5)
    elif said.promise in ("minItems", "maxItems") and isinstance(value, list):
        yield value[: said.value - 1] if said.promise == "minItems" else (value * (said.value + 1))[: said.value + 1]
    elif said.promise in ("minProperties", "maxProperties") and isinstance(value, dict):
        yield dict(list(value.items())[: said.value - 1]) if said.promise == "minProperties" else value | {
            f"more{n}": next(iter(value.values()), None) for n in range(said.value + 1)}  # fmt: skip
    elif said.promise == "uniqueItems" and value:
        yield from ([*value, value[0]], [value[0], value[0], *value[2:]])
    elif said.promise in _VALUES:
        single = inner(said.logical, {said.promise: said.value}, asked)
        for text in _VALUES[said.promise](said.value, single, plain(value)):
            try:
                yield documents.as_json(text, said.logical)
            except ValueError:
                continue


def _by_rule(clause: Clause[Rule], scene: Scene) -> Iterator[Changes]:
    """Plain values in one of the columns that a row rule reads: it may be broken by one of them."""
    for name in rules.columns_of(clause, scene.dataset):
        column = next(column for column in scene.dataset.columns if column.physical_name == name)
        kind = type_of(column.physical_type)[0]
        days = (
            [_at(scene.now.replace(microsecond=0) + timedelta(days=n), column) for n in (1, -1, -20_000)]
            if kind in TIMES
            else []
        )
        numbers = ["0", "-1", "1000", "1000000"] if kind in NUMBERS else []
        for text in [*days, *numbers, *rules.literals(clause), *scene.fresh(column.name)[:8], None]:
            yield (Put({name: text}, scene.at),)


def _of_table(change: Callable[[Clause[Any], Scene], Change]) -> Callable[[Clause[Any], Scene], Iterator[Changes]]:
    return lambda clause, scene: iter([(change(clause, scene),)])


def _stale(clause: Clause[int], scene: Scene) -> Iterator[Changes]:
    column = scene.dataset.column(clause.column or "")
    for more in (timedelta(hours=1), timedelta(days=2)):
        old = (scene.now - timedelta(seconds=clause.argument) - more).replace(microsecond=0)
        change = Every({column.physical_name: _at(old, column)})
        yield (change,) if clause.kind is kinds.FRESHNESS else (Put(change.values, scene.at),)


def _slow(clause: Clause[Any], scene: Scene) -> Iterator[Changes]:
    since, until = (scene.dataset.column(name) for name in (clause.column or "", clause.argument.until))
    loaded = moment(scene.row[until.physical_name] or _at(scene.now, until))
    early = loaded - timedelta(seconds=clause.argument.seconds, days=2)
    yield (Put({since.physical_name: _at(early, since), until.physical_name: _at(loaded, until)}, scene.at),)


def _counts(rule: Rule, rows: int) -> Iterator[int]:
    """Counts of so many rows that break a rule, those near its bounds first."""
    for bound in rule.expected if isinstance(rule.expected, tuple) else (rule.expected,):
        at = round(bound * rows / 100) if rule.unit == "percent" else round(bound)
        yield from (count for count in (at + 1, at - 1, at, at + 2) if count >= 0)
    yield from (0, rows)


def _too_many(
    bad: Callable[[Clause[Rule], Scene], Iterator[str | None]],
) -> Callable[[Clause[Rule], Scene], Iterator[Changes]]:
    """A count of values that a metric counts: so many rows get one, and the others a legal one."""

    def breaker(clause: Clause[Rule], scene: Scene) -> Iterator[Changes]:
        name = scene.dataset.physical(clause.column or "")
        good = scene.fresh(clause.column or "")
        for value in bad(clause, scene):
            for count in _counts(clause.argument, len(scene.rows)):
                puts = [Put({name: value}, n) for n in range(min(count, len(scene.rows)))]
                yield tuple(puts)
                yield (*puts, *(Put({name: good[n % len(good)]}, n) for n in range(count, len(scene.rows)) if good))

    return breaker


def _invalid(clause: Clause[Rule], scene: Scene) -> Iterator[str]:
    asked = scene.asked(clause.column or "")
    text = scene.row[asked.column.physical_name] or "x"
    yield from (*_unlisted(None, asked, text), *_unlike(None, asked, text))


def _repeated(clause: Clause[Rule], scene: Scene) -> Iterator[Changes]:
    names = [scene.dataset.physical(name) for name in metrics.of_duplicates(clause, scene.dataset)]
    full = [number for number, row in enumerate(scene.rows) if all(row[name] is not None for name in names)]
    for count in _counts(clause.argument, len(scene.rows)):
        pairs = list(zip(full[:count], reversed(full), strict=False))[: len(full) // 2]
        yield tuple(Put({name: scene.rows[one][name] for name in names}, other) for one, other in pairs)
    fresh = {
        name: scene.fresh(column.name) for column in scene.dataset.columns if (name := column.physical_name) in names
    }
    yield tuple(
        Put({name: texts[n] for name, texts in fresh.items() if n < len(texts)}, n) for n in range(len(scene.rows))
    )


def _more_or_fewer(clause: Clause[Rule], scene: Scene) -> Iterator[Changes]:
    names = {n for kind in (kinds.PRIMARY_KEY, kinds.UNIQUE) for c in kind.of(scene.dataset) for n in c.argument}
    fresh = {scene.dataset.physical(name): scene.fresh(name) for name in sorted(names)}
    for count in _counts(clause.argument, len(scene.rows)):
        more = count - len(scene.rows)
        if more <= 0:
            yield (Keep(count),)
        elif more <= _MOST and all(len(texts) >= more for texts in fresh.values()):
            yield tuple(Add({name: texts[n] for name, texts in fresh.items()}, scene.at) for n in range(more))


_VALUES: dict[str, Values] = {
    kinds.PHYSICAL_TYPE.name: _wrong_type,
    kinds.LOGICAL_TYPE.name: _wrong_type,
    kinds.ENUM.name: _unlisted,
    kinds.MIN_LENGTH.name: _short,
    kinds.MAX_LENGTH.name: _long,
    kinds.PATTERN.name: _unlike,
    kinds.MINIMUM.name: _beyond(-1, exclusive=False),
    kinds.MAXIMUM.name: _beyond(1, exclusive=False),
    kinds.EXCLUSIVE_MINIMUM.name: _beyond(-1, exclusive=True),
    kinds.EXCLUSIVE_MAXIMUM.name: _beyond(1, exclusive=True),
    kinds.MULTIPLE_OF.name: _between_steps,
    kinds.FORMAT.name: _unformatted,
    kinds.NOT_IN_FUTURE.name: _ahead,
}
BREAKERS: dict[str, Callable[[Clause[Any], Scene], Iterator[Changes]]] = {
    **{name: _by_value(values) for name, values in _VALUES.items()},
    kinds.REQUIRED.name: _null,
    kinds.PRIMARY_KEY.name: _same_key,
    kinds.UNIQUE.name: _same_value,
    kinds.IDENTITY.name: _somebody_else,
    kinds.RELATIONSHIP.name: _nowhere,
    kinds.NESTED.name: _inside,
    kinds.ROW_RULE.name: _by_rule,
    kinds.PRESENT.name: _of_table(lambda clause, scene: Drop(scene.dataset.physical(clause.column or ""))),
    kinds.UNEXPECTED_COLUMNS.name: _of_table(lambda clause, scene: Extra("nobody_knows")),
    kinds.FRESHNESS.name: _stale,
    kinds.RETENTION.name: _stale,
    kinds.LATENCY.name: _slow,
    kinds.ROW_COUNT.name: _more_or_fewer,
    kinds.NULL_VALUES.name: _too_many(lambda clause, scene: iter([None])),
    kinds.MISSING_VALUES.name: _too_many(lambda clause, scene: iter([None])),
    kinds.INVALID_VALUES.name: _too_many(_invalid),
    kinds.DUPLICATE_VALUES.name: _repeated,
}
"""By the kind's name. What is not here: CONFLICT wants a second delivery, READABLE is no row, SQL is not aimed at."""
