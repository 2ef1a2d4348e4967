"""Attacks on all releases of a share together: what somebody learns who has kept each of them.

A path is what one pseudonym had from release to release, None where it was in none.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence

from .attacks import Person, Result, Share, Values

Path = tuple[Values | None, ...]
Found = tuple[int, int]
"""How many people were looked for, and found."""
SAMPLED = 8
"""One person in so many, where everybody is held against every path."""


def groups(releases: Sequence[Share]) -> Result:
    """Pseudonyms whose groups from release to release fewer than k have in common."""
    last = releases[-1]
    paths = _paths(releases, last.quasi)
    shared = Counter(paths.values())
    found = sum(many for many in shared.values() if many < last.k)
    return Result("standing on a path of groups shared by fewer than k", last.partner, len(paths), found, 0)


def changes(releases: Sequence[Share], sensitive: str) -> Result:
    """Changes of the sensitive value that fewer than k of the same groups and the same values make."""
    k, seen = releases[-1].k, Counter[tuple[int, Values, Values]]()
    for number, (before, after) in enumerate(itertools.pairwise(releases)):
        old = {row.pseudonym: row for row in before.rows}
        for row in after.rows:
            was = old.get(row.pseudonym)
            if was is not None and was.values[sensitive] != row.values[sensitive]:
                seen[number, was.of(before.columns), row.of(after.columns)] += 1
    found = sum(many for many in seen.values() if many < k)
    followed = sum(len({r.pseudonym for r in a.rows} & b.pseudonyms) for a, b in itertools.pairwise(releases))
    return Result("seeing a change of the sensitive value among fewer than k", releases[-1].partner, followed, found, 0)


def erased(states: Sequence[tuple[Share, Share, Iterable[Person]]]) -> Result:
    """Of those erased between two readings, who is missing by a pseudonym that goes with fewer than k."""
    found = attempts = 0
    for before, after, people in states:
        gone = before.pseudonyms - after.pseudonyms
        for person in people:
            if person.names & before.pseudonyms:
                attempts += 1
                found += bool(person.names & gone) and len(gone) < before.k
    return Result("seeing who was erased", states[-1][0].partner, attempts, found, 0)


def after_the_window(releases: Sequence[Share], window: int) -> Result:
    """Pseudonyms of the last release that a release had which is older than a window."""
    last, older = releases[-1], {name for share in releases[:-window] for name in share.pseudonyms}
    return Result(
        "knowing a pseudonym again after its window", last.partner, len(last.rows), len(last.pseudonyms & older), 0
    )


def known(releases: Sequence[Share], people: Sequence[Sequence[Person]], columns: Sequence[str], limit: int) -> Found:
    """How many people were looked for, and who of them is truly among fewer than `limit` pseudonyms, if these columns
    are known in every release: of all spans of releases that have pseudonyms in common, the one where most are."""
    spans: list[list[int]] = []
    for number, share in enumerate(releases):
        if spans and releases[spans[-1][-1]].pseudonyms & share.pseudonyms:
            spans[-1].append(number)
        else:
            spans.append([number])
    found = [_in_span([releases[n] for n in span], [people[n] for n in span], columns, limit) for span in spans]
    return max(found, key=lambda one: one[1] / max(1, one[0]))


def _in_span(
    releases: Sequence[Share], people: Sequence[Sequence[Person]], columns: Sequence[str], limit: int
) -> Found:
    paths = _paths(releases, columns)
    many = Counter(paths.values())
    months = [{person.id: person for person in month} for month in people]
    sought = [person for person in people[0][::SAMPLED] if all(person.id in month for month in months)]
    found = 0
    for one in sought:
        labels = [tuple(month[one.id].labels[column] for column in columns) for month in months]
        mine = {paths[name] for name in months[-1][one.id].names & paths.keys()}
        if any(_fits(path, labels) for path in mine):
            found += sum(size for path, size in many.items() if _fits(path, labels)) < limit
    return len(sought), found


def _fits(path: Path, labels: Sequence[tuple[Values, ...]]) -> bool:
    return all(
        values is None or all(value in options for value, options in zip(values, known, strict=True))
        for values, known in zip(path, labels, strict=True)
    )


def _paths(releases: Sequence[Share], columns: Sequence[str]) -> dict[str, Path]:
    found: dict[str, list[Values | None]] = {}
    for number, share in enumerate(releases):
        for row in share.rows:
            found.setdefault(row.pseudonym, [None] * len(releases))[number] = row.of(columns)
    return {name: tuple(path) for name, path in found.items()}
