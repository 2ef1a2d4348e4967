"""Tables before and after: their names, keys, columns and rules."""

from collections.abc import Iterator
from typing import Any

from c360.compat.changes import Change, Spot
from c360.compat.columns import columns, names, pairs_of, relationships
from c360.compat.custom import custom_properties
from c360.compat.quality import rules
from c360.compat.walk import Facets, by, element, order, paired
from c360.contract.document import dicts

_KEY = frozenset({"primaryKey", "primaryKeyPosition"})


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
            yield from columns(was, now, inside, _KEY if keyed else frozenset())
            yield from element(was, now, inside, _TABLE, frozenset({"name", "physicalName", "properties"}))
    yield from order(pairs, before, spot.at("schema"))


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
