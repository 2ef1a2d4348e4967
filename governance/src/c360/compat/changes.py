"""What comes out of a comparison: changes, each at its place, and whether the version moved far enough for them."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from c360.compat.grades import RULES, Grade, Rule, Step
from c360.model import Contract

_SHOWN = 60


@dataclass(frozen=True)
class Change:
    """One change. `place` is readable, as a clause's id is: `orders.category.enum`, `servers.local.schema`.

    `classification` is that of the column, the more closed of the two; `old` and `new` are texts, empty for nothing.
    """

    rule: Rule
    place: str
    old: str = ""
    new: str = ""
    dataset: str = ""
    column: str = ""
    classification: str = ""
    layer: str = "sources"

    @property
    def consumers(self) -> Grade:
        return self.rule.consumers

    @property
    def producers(self) -> Grade:
        return self.rule.producers

    @property
    def step(self) -> Step:
        return self.rule.step(self.layer)


@dataclass(frozen=True)
class Spot:
    """Where in the two documents a comparison stands, and what all changes found there have in common."""

    place: str = ""
    dataset: str = ""
    column: str = ""
    classification: str = ""
    rest: str = "noted"
    """The rule for what no other one knows here."""
    levels: tuple[str, ...] = field(default=(), repr=False)
    layer: str = "sources"

    def at(self, step: Any, **others: Any) -> "Spot":
        return replace(self, place=f"{self.place}.{step}".lstrip("."), **others)

    def change(self, rule: str, old: Any = None, new: Any = None) -> Change:
        about = (self.dataset, self.column, self.classification, self.layer)
        return Change(RULES[rule], self.place, brief(old), brief(new), *about)


@dataclass(frozen=True)
class Diff:
    """The changes from one version of a contract to another, the worst first."""

    old: Contract
    new: Contract
    changes: tuple[Change, ...]
    given: Step
    """How far the version moved; NONE when it stayed or went backwards."""

    @property
    def needed(self) -> Step:
        """A draft that is edited in place has promised nothing yet."""
        draft = self.old.draft and self.old.version == self.new.version
        needed = max((change.step for change in self.changes), default=Step.NONE)
        if draft and needed is not Step.NEVER:
            return Step.NONE
        unstable = self.old.version.startswith("0.") and needed is Step.MAJOR
        return Step.MINOR if unstable else needed

    @property
    def lowest(self) -> str:
        """The lowest version that the changes allow; empty when none does."""
        numbers = [int(n) for n in re.findall(r"\d{1,18}", self.old.version)[:3]]
        if self.needed in (Step.NONE, Step.NEVER):
            return self.old.version if self.needed is Step.NONE else ""
        moved = Step.MAJOR - self.needed
        return ".".join(str(n + 1 if i == moved else n if i < moved else 0) for i, n in enumerate(numbers))

    @property
    def enough(self) -> bool:
        return self.given >= self.needed


def worst_first(changes: Iterable[Change]) -> tuple[Change, ...]:
    order = ("break", "note", "safe")
    return tuple(sorted(changes, key=lambda c: (-c.step, order.index(c.consumers), order.index(c.producers), c.place)))


def brief(value: Any) -> str:
    """A value of a contract as a short text. Examples, which may be of somebody, are left out."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(_without_examples(value), ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _without_examples(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_examples(inner) for key, inner in value.items() if key != "examples"}
    return [_without_examples(inner) for inner in value] if isinstance(value, list | tuple) else value
