"""Walks two documents side by side: pairs what belongs together, and lets nothing that differs go unreported."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from c360.compat.changes import Change, Spot

Facet = Callable[[dict[str, Any], dict[str, Any], Spot], Iterable[Change]]
"""Finds the changes between two elements (a contract, a table, a column …) in the keys that it answers for."""
Facets = tuple[tuple[tuple[str, ...], Facet], ...]

_NAMED_BY = ("id", "name", "property", "server", "role", "username", "channel", "url", "value", "synonym", "question")
_WORDS = frozenset([
    "authoritativeDefinitions", "businessImpact", "businessName", "context", "contractCreatedTs",
    "dataGranularityDescription", "dataProduct", "description", "dimension", "domain", "examples", "invitationUrl",
    "label", "purpose", "semanticType", "synonyms", "tags", "tenant", "transformDescription", "transformLogic",
    "transformSourceObjects",
])  # fmt: skip
_SECRET = frozenset({"examples"})
"""Values that may be somebody's are not shown."""


def physical_name(part: dict[str, Any]) -> str:
    """What a property, or a table, is called in the database."""
    return str(part.get("physicalName") or part.get("name"))


def same(old: Any, new: Any) -> bool:
    """Equal and of one type: 1, 1.0 and true are three things; what is not a number is itself."""
    if type(old) is not type(new):
        return False
    if isinstance(old, dict):
        return old.keys() == new.keys() and all(same(value, new[key]) for key, value in old.items())
    if isinstance(old, list):
        return len(old) == len(new) and all(map(same, old, new))
    return old == new or (old != old and new != new)


def element(
    old: dict[str, Any], new: dict[str, Any], spot: Spot, facets: Facets, handled: frozenset[str] = frozenset()
) -> Iterator[Change]:
    """Every change between two elements: by their facets, and what these do not tell, by `rest`.

    `handled` are keys that another rule answers for.
    """
    differing = {
        key for key in {*old, *new} - handled if (key in old) != (key in new) or not same(old.get(key), new.get(key))
    }
    for keys, facet in facets:
        mine = differing & set(keys)
        if mine:
            found = list(facet(old, new, spot))
            yield from found
            for key in sorted(mine) if not found else ():
                yield spot.at(key).change("respelled", old.get(key), new.get(key))
            differing -= mine
    for key in sorted(differing):
        inside = spot.at(key, rest="words-changed" if key in _WORDS else spot.rest)
        if same(old.get(key), new.get(key)) or _one_text(old.get(key), new.get(key), key):  # `key: null` for nothing
            yield inside.change("respelled")
        else:
            yield from rest(old.get(key), new.get(key), inside)


def _one_text(old: Any, new: Any, key: str) -> bool:
    """Words for people, in which blanks and line ends mean nothing."""
    return key in _WORDS and isinstance(old, str) and isinstance(new, str) and old.split() == new.split()


def rest(old: Any, new: Any, spot: Spot) -> Iterator[Change]:
    """Every difference, leaf by leaf, under the rule that the spot has for what no other rule knows."""
    if isinstance(old, dict) and isinstance(new, dict):
        yield from element(old, new, spot, ())
    elif isinstance(old, list) and isinstance(new, list) and spot.place.rpartition(".")[2] not in _SECRET:
        yield from _lists(old, new, spot)
    elif not same(old, new):
        hidden = spot.place.rpartition(".")[2] in _SECRET
        yield spot.change(spot.rest) if hidden else spot.change(spot.rest, old, new)


def _lists(old: list[Any], new: list[Any], spot: Spot) -> Iterator[Change]:
    if same(old, new):
        return
    pairs = paired(old, new, *(by(name) for name in _NAMED_BY), repr)
    for before, after in pairs:
        if isinstance(before, dict) and isinstance(after, dict):
            yield from element(before, after, spot.at(_label(after)), ())
        elif before is None or after is None:
            yield spot.at(_label(before if after is None else after)).change(spot.rest, before, after)
    yield from order(pairs, old, spot)


def paired(old: list[Any], new: list[Any], *keys: Callable[[Any], Any]) -> list[tuple[Any, Any]]:
    """Elements of two lists that share a key, the first key first; what is left over is paired with None.

    In the order of `new`, and after it what only `old` holds. Elements that share a key are paired as they come.
    """
    partner: dict[int, int] = {}
    left = dict(enumerate(old))
    for key in keys:
        waiting: dict[Any, list[int]] = {}
        for i, item in left.items():
            if (k := key(item)) is not None:
                waiting.setdefault(k, []).append(i)
        for j, item in enumerate(new):
            if j not in partner and waiting.get(k := key(item)):
                partner[j] = waiting[k].pop(0)
                del left[partner[j]]
    pairs = [(old[partner[j]] if j in partner else None, item) for j, item in enumerate(new)]
    return pairs + [(item, None) for item in left.values()]


def order(pairs: list[tuple[Any, Any]], old: list[Any], spot: Spot) -> Iterator[Change]:
    """Whether what both lists hold stands in another order."""
    before = [_label(was) for was, now in pairs if was is not None and now is not None]
    both = {id(was) for was, now in pairs if was is not None and now is not None}
    kept = [_label(item) for item in old if id(item) in both]
    if before != kept:
        yield spot.change("order-changed", kept, before)


def by(name: str) -> Callable[[Any], Any]:
    return lambda item: str(item[name]) if isinstance(item, dict) and item.get(name) is not None else None


def _label(item: Any) -> str:
    if isinstance(item, dict):
        return next((str(item[name]) for name in _NAMED_BY if item.get(name) is not None), "…")
    return str(item)
