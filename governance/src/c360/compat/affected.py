"""The registered consumers that a breaking change affects."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from c360.compat.changes import Change, Diff
from c360.contract.consumers import Consumer
from c360.model import Contract


@dataclass(frozen=True)
class AffectedConsumer:
    """A consumer of the old version, the breaking changes that reach it, and how it has agreed; empty for not yet."""

    consumer: Consumer
    changes: tuple[Change, ...]
    settled: str


def affected_consumers(diff: Diff, consumers: Iterable[Consumer], today: date) -> list[AffectedConsumer]:
    """Consumers whose columns break, in the order in which they are given. What nobody relies on yet affects nobody."""
    if diff.old.draft:
        return []
    found = []
    for consumer in consumers:
        if consumer.contract in (diff.old.name, diff.new.name) and consumer.uses_version(diff.old.version):
            broken = [c for c in diff.changes if c.consumers == "break" and reaches(c, consumer)]
            if broken:
                found.append(AffectedConsumer(consumer, tuple(broken), _settled(consumer, diff.new, today)))
    return found


def reaches(change: Change, consumer: Consumer) -> bool:
    """A column by the name that it had: a new name is one that no consumer can have registered."""
    column = change.old if change.rule.name == "column-renamed" else change.column
    dataset = change.old if change.rule.name == "table-renamed" else change.dataset
    return consumer.uses(dataset, column)


def _settled(consumer: Consumer, contract: Contract, today: date) -> str:
    for given in consumer.acknowledged:
        if given.version == contract.version and given.day <= today:
            return f"acknowledged by {given.by} on {given.day}"
    for waiver in consumer.waivers:
        if waiver.version == contract.version and waiver.day >= today:
            return f"waived by {waiver.by} until {waiver.day}"
    return "due when the draft is released" if contract.draft else ""
