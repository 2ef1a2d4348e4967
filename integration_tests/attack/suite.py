"""Every attack on every partner's share, beside the same attack on the same columns without protection."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from . import attacks
from .attacks import Person, Result, Share
from .world import Release


@dataclass(frozen=True)
class Tried:
    """One attack, on what a partner gets and on what it would get without protection."""

    protected: Result
    raw: Result

    @property
    def facts(self) -> dict[str, Any]:
        numbers = {
            name: {"attempts": r.attempts, "successes": round(r.successes, 2), "rate": round(r.rate, 4)}
            for name, r in (("protected", self.protected), ("unprotected", self.raw))
        }
        about = {"attack": self.protected.attack, "partner": self.protected.partner}
        return about | {"promise": self.protected.promise, "held": self.protected.held} | numbers


def attack(before: Release, after: Release) -> list[Tried]:
    """All of them. What came, went and changed is what differs in the exact values."""
    protected = _attacks(before.protected, after.protected, before.people, after.people, before, after)
    raw = _attacks(before.raw, after.raw, before.raw_people, after.raw_people, before, after)
    return [Tried(*pair) for pair in zip(protected, raw, strict=True)]


def _attacks(
    old: dict[str, Share],
    new: dict[str, Share],
    known_before: dict[str, list[Person]],
    known: dict[str, list[Person]],
    before: Release,
    after: Release,
) -> Iterable[Result]:
    for ours, theirs in combinations(new.values(), 2):
        yield attacks.join_pseudonyms(ours, theirs)
        yield attacks.join_columns(ours, theirs)
    for partner, share in new.items():
        people = known[partner]
        moved = _changed(before.raw_people[partner], after.raw_people[partner])
        by_id = {person.id: person for person in (*known_before[partner], *people)}
        yield attacks.guess(share, by_id, new)
        yield attacks.small_groups(share)
        yield attacks.differences(old[partner], share, [by_id[id_] for id_ in sorted(moved)])
        yield attacks.follow(old[partner], share)
        yield from attacks.linkage(share, people)


def _changed(before: list[Person], after: list[Person]) -> set[str]:
    old, new = ({(person.id, tuple(person.labels.items())) for person in people} for people in (before, after))
    return {id_ for id_, _ in old ^ new}
