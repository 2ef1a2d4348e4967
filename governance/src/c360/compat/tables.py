"""Tables before and after: their names, keys, columns and rules."""

from collections.abc import Iterator
from typing import Any

from c360.compat.changes import Change, Spot
from c360.compat.columns import columns, names, pairs_of, relationships, spot_of
from c360.compat.custom import custom_properties
from c360.compat.normal import of_one_spelling
from c360.compat.pairing import Facets, by, element, order, paired, same
from c360.compat.quality import rules
from c360.contract.document import dicts

_KEY = frozenset({"primaryKey", "primaryKeyPosition"})
_OWN = frozenset({"name", "physicalName", "properties"})


def tables(old: dict[str, Any], new: dict[str, Any], spot: Spot) -> Iterator[Change]:
    """Changes of `schema`: a table is the same by its name, else by its id, its physicalName or all its columns."""
    before, after = dicts(old.get("schema")), dicts(new.get("schema"))
    pairs = paired(before, after, by("name"), by("id"), by("physicalName"), _columns)
    for was, now in pairs:
        name = str((now or was).get("name"))
        inside = spot.at(name, dataset=name)
        if was is None or now is None:
            yield inside.change("table-removed" if now is None else "table-added", was and name, now and name)
        else:
            yield from names(was, now, inside, "table-renamed")
            keyed = list(_key(was, now, inside))
            yield from keyed
            handled = _KEY if keyed else frozenset()
            before_, after_, instead = of_one_spelling(was, now)
            found = [
                *(spot_of(inside, column, former).at("quality").change(rule) for former, column, rule in instead),
                *columns(before_, after_, inside, handled),
                *element(before_, after_, inside, _TABLE, _OWN),
            ]
            yield from found
            yield from _written_otherwise(was, now, found, inside, handled)
    yield from order(pairs, before, spot.at("schema"))


def _written_otherwise(
    was: dict[str, Any], now: dict[str, Any], found: list[Change], spot: Spot, handled: frozenset[str]
) -> Iterator[Change]:
    """What differs in the files, where no change is `found` that it could belong to."""
    places = [change.place for change in found]
    pairs = [(old, new, spot.at(new.get("name"), column=str(new.get("name"))), handled)
             for old, new in pairs_of(was, now) if old and new]  # fmt: skip
    for old, new, inside, others in [*pairs, (was, now, spot, _OWN)]:
        for key in sorted({*old, *new} - others):
            is_reported = any(
                place.startswith(inside.place) and (inside is not spot or key in place) for place in places
            )
            if not is_reported and not same(old.get(key), new.get(key)):
                yield inside.at(key).change("respelled", old.get(key), new.get(key))


def _columns(table: dict[str, Any]) -> str | None:
    names = sorted(str(column.get("name")) for column in dicts(table.get("properties")))
    return repr(names) if names else None


def _key(was: dict[str, Any], now: dict[str, Any], spot: Spot) -> Iterator[Change]:
    """The key as a set of columns, each by the name that it has now: their order makes no other key."""
    today = {str(old["name"]): str(new["name"]) for old, new in pairs_of(was, now) if old and new}
    before = sorted(today.get(name, name) for name in _keys(was))
    after = sorted(_keys(now))
    if before != after:
        kind = "added" if not before else "dropped" if not after else "changed"
        yield spot.at("primaryKey").change(f"key-{kind}", ", ".join(before), ", ".join(after))


def _keys(table: dict[str, Any]) -> list[str]:
    return [str(column["name"]) for column in dicts(table.get("properties")) if column.get("primaryKey")]


_TABLE: Facets = (
    (("relationships",), relationships),
    (("quality",), rules),
    (("customProperties",), custom_properties),
)
