"""Every attack on every partner's share, beside the same attack on the same columns without protection."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from typing import Any

from . import attacks, paths
from .attacks import LEVEL, Result
from .world import Month, World


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


def attack(world: World) -> list[Tried]:
    """All of them."""
    protected, raw = (list(_attacks(months, world.windows)) for months in (world.protected, world.raw))
    return [Tried(*pair) for pair in zip(protected, raw, strict=True)]


def _attacks(months: list[Month], windows: dict[str, int]) -> Iterator[Result]:
    last = months[-1]
    first_two = list(last.shares)[:2]  # of a third partner, one gets the same columns
    for ours, theirs in combinations(first_two, 2):
        yield _sum([attacks.join_pseudonyms(month.shares[ours], month.shares[theirs]) for month in months])
        yield attacks.join_columns(last.shares[ours], last.shares[theirs])
    for partner in last.shares:
        yield from _on_each(months, partner)
        yield from _on_all(months, partner, windows[partner])


def _on_each(months: list[Month], partner: str) -> Iterator[Result]:
    """What one release tells; the last one, since in it most is held back."""
    share, people = months[-1].shares[partner], months[-1].people[partner]
    yield attacks.guess(share, [person.id for person in people], months[-1].shares)
    yield _sum([attacks.small_groups(month.shares[partner]) for month in months])
    if share.sensitive:
        yield _sum([attacks.rare_labels(month.shares[partner], share.sensitive) for month in months])
    yield from attacks.linkage(share, people)


def _on_all(months: list[Month], partner: str, window: int) -> Iterator[Result]:
    """What all releases together tell."""
    releases, people = ([getattr(m, name)[partner] for m in months] for name in ("shares", "people"))
    share = releases[-1]
    yield paths.groups(releases)
    yield paths.after_the_window(releases, window)
    erased = []
    for month in months:
        who = [person for person in month.people[partner] if person.id in month.erased]
        erased.append((month.shares[partner], month.afterwards[partner], who))
    later = [(a.afterwards[partner], b.shares[partner], ()) for a, b in pairwise(months)]
    yield paths.erased([*erased, *later])
    columns = [name for name in share.quasi if name != LEVEL]
    among = f"singling somebody out among fewer than {share.k}, all of them known in every release"
    yield Result(among, partner, *paths.known(releases, people, columns, share.k), 0)
    if share.sensitive:
        yield paths.changes(releases, share.sensitive)
        some = [columns[0], share.sensitive]
        one = max(
            found / tried
            for tried, found in (paths.known([r], [p], some, 2) for r, p in zip(releases, people, strict=True))
        )
        told = f"singling somebody out exactly, {columns[0]} and the sensitive known in every release"
        yield Result(told, partner, *paths.known(releases, people, some, 2), one if window == 1 else None)


def _sum(results: list[Result]) -> Result:
    attempts, found = sum(r.attempts for r in results), sum(r.successes for r in results)
    return replace(results[-1], attempts=attempts, successes=found)
