"""What somebody can try who holds shares of the same people: each attack counts its attempts and its successes.

None of them reads anything that a partner cannot have: its own view, another partner's, and what is known about people
from elsewhere. Those that follow people from release to release are in `paths`.
"""

import hashlib
import hmac
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

Values = tuple[str | None, ...]
LEVEL = "generalization_level"
"""Which every attack reads, and nobody knows of a person."""


@dataclass(frozen=True)
class Row:
    """A row of a share: its pseudonym, and by column what is shared, as text."""

    pseudonym: str
    values: Mapping[str, str | None]

    def of(self, columns: Iterable[str]) -> Values:
        return tuple(self.values[column] for column in columns)


@dataclass(frozen=True)
class Share:
    """One release for one partner. `quasi` are the columns over which `k` persons have to be alike."""

    partner: str
    k: int
    quasi: tuple[str, ...]
    sensitive: str | None
    rows: tuple[Row, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Those that say something of a person."""
        return (*self.quasi, self.sensitive) if self.sensitive else self.quasi

    @property
    def pseudonyms(self) -> set[str]:
        return {row.pseudonym for row in self.rows}


@dataclass(frozen=True)
class Person:
    """What an attacker knows of somebody: the id, and by column the labels that a share may have for the exact value,
    finest first. `names` are the pseudonyms by which a share may hold the person: what tells a right guess from a wrong
    one, and unknown to the attacker."""

    id: str
    labels: Mapping[str, tuple[str | None, ...]]
    names: frozenset[str]


@dataclass(frozen=True)
class Result:
    """Of `attempts`, `successes` (expected ones, where the attacker has to guess among several). `promise` is the
    highest rate that the policy allows; None where it promises nothing."""

    attack: str
    partner: str
    attempts: int
    successes: float
    promise: float | None

    @property
    def rate(self) -> float:
        return self.successes / self.attempts if self.attempts else 0.0

    @property
    def held(self) -> bool:
        return self.promise is None or self.rate <= self.promise


def join_pseudonyms(ours: Share, theirs: Share) -> Result:
    """Rows of ours with a pseudonym that theirs has too."""
    common = theirs.pseudonyms
    found = sum(row.pseudonym in common for row in ours.rows)
    return Result("joining two partners by pseudonym", _both(ours, theirs), len(ours.rows), found, 0)


def join_columns(ours: Share, theirs: Share) -> Result:
    """Rows of ours that fit fewer than k of theirs which fit fewer than k of ours, by the columns that both have."""
    columns = sorted(set(ours.columns) & set(theirs.columns) - {LEVEL})
    left, right = (Counter(row.of(columns) for row in share.rows) for share in (ours, theirs))
    held_back = [column in (ours.sensitive, theirs.sensitive) for column in columns]
    pairs = list(_fitting(list(left), list(right), held_back))
    fits_left, fits_right = Counter[Values](), Counter[Values]()
    for a, b in pairs:
        fits_left[a] += right[b]
        fits_right[b] += left[a]
    k = min(ours.k, theirs.k)
    linked = {a for a, b in pairs if fits_left[a] < k and fits_right[b] < k}
    found = sum(left[a] for a in linked)
    return Result("joining two partners by common columns", _both(ours, theirs), len(ours.rows), found, 0)


def guess(share: Share, ids: Iterable[str], partners: Iterable[str]) -> Result:
    """Known ids, hashed in every way that needs no key, or one that anybody would try."""
    partners, published = list(partners), share.pseudonyms
    found = attempts = 0
    for person in ids:
        attempts += 1
        found += any(guessed in published for guessed in _guesses(person, partners))
    return Result("guessing pseudonyms from known ids", share.partner, attempts, found, 0)


def small_groups(share: Share) -> Result:
    """Persons who have their quasi-identifiers in common with fewer than k, themselves counted."""
    groups = Counter(row.of(share.quasi) for row in share.rows)
    found = sum(size for size in groups.values() if size < share.k)
    return Result("standing in a group of fewer than k", share.partner, len(share.rows), found, 0)


def rare_labels(share: Share, sensitive: str) -> Result:
    """Persons whose sensitive value fewer than k have, an empty one too."""
    labels = Counter(row.values[sensitive] for row in share.rows)
    found = sum(size for size in labels.values() if size < share.k)
    return Result("having a sensitive value of fewer than k", share.partner, len(share.rows), found, 0)


def linkage(share: Share, people: Iterable[Person]) -> list[Result]:
    """Exact values known from elsewhere, looked up: who is singled out, and how many guesses are right."""
    people = list(people)
    lone, right = _looked_up(share, people, share.quasi)
    least = f"singling somebody out among fewer than {share.k}"
    results = [
        Result(f"{least}, exact values known", share.partner, len(people), lone, 0),
        Result("guessing the row, exact values known", share.partner, len(people), right, 1 / share.k),
    ]
    if share.sensitive:
        lone, _ = _looked_up(share, people, share.columns)
        results.append(Result(f"{least}, the sensitive known too", share.partner, len(people), lone, None))
    return results


def _looked_up(share: Share, people: list[Person], columns: tuple[str, ...]) -> tuple[int, float]:
    """How many are truly among fewer than k candidates, and the expected number of right guesses."""
    groups = defaultdict[Values, list[Row]](list)
    for row in share.rows:
        groups[row.of(columns)].append(row)
    lone, right = 0, 0.0
    for person in people:
        ways = sorted(
            product(*(enumerate(person.labels.get(c, ("1", "2"))) for c in columns)),
            key=lambda way: sum(n for n, _ in way),
        )
        groups_of = (groups[key] for way in ways if (key := tuple(label for _, label in way)) in groups)
        candidates = next(groups_of, [])
        if any(row.pseudonym in person.names for row in candidates):
            lone += len(candidates) < share.k
            right += 1 / len(candidates)
    return lone, right


def _guesses(person: str, partners: list[str]) -> Iterator[str]:
    for text in (person, person.upper(), person.replace("-", "")):
        yield text
        for name in ("md5", "sha1", "sha256", "sha512"):
            yield hashlib.new(name, text.encode()).hexdigest()
        for key in ("", "key", "secret", *partners):
            yield hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def _both(ours: Share, theirs: Share) -> str:
    return f"{ours.partner} + {theirs.partner}"


def _fitting(
    left: list[Values], right: list[Values], held_back: list[bool], at: int = 0
) -> Iterator[tuple[Values, Values]]:
    """Pairs of groups that may hold the same person: column by column, what the labels stand for overlaps, or is held
    back in one of them."""
    if at == len(held_back):
        yield from product(left, right)
        return
    ours, theirs = (_by_label(groups, at) for groups in (left, right))
    for a, b in product(ours, theirs):
        if _overlap(a, b) or (held_back[at] and None in (a, b)):
            yield from _fitting(ours[a], theirs[b], held_back, at + 1)


def _by_label(groups: list[Values], at: int) -> dict[str | None, list[Values]]:
    found = defaultdict[str | None, list[Values]](list)
    for group in groups:
        found[group[at]].append(group)
    return found


def _overlap(a: str | None, b: str | None) -> bool:
    """`30-39` and `35-39` do; `500-1000` ends before 1000."""
    if a is None or b is None or a == b:
        return a == b
    (low, high), (other_low, other_high) = _range(a), _range(b)
    return max(low, other_low) < min(high, other_high)


def _range(label: str) -> tuple[float, float]:
    low, _, high = label.partition("-")
    return float(low), float(high or low)
