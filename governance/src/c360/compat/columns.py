"""Columns before and after: types, emptiness, lists of values, references, classification."""

from collections.abc import Iterator
from typing import Any

from c360.compat import types
from c360.compat.bounds import options
from c360.compat.changes import Change, Spot
from c360.compat.custom import custom_properties
from c360.compat.normal import length_of, without_length
from c360.compat.pairing import Facets, by, element, order, paired, physical_name
from c360.compat.quality import rules
from c360.contract.document import dicts


def columns(
    old: dict[str, Any], new: dict[str, Any], spot: Spot, handled: frozenset[str] = frozenset()
) -> Iterator[Change]:
    """Changes of the properties of a table, or of an object inside a column. `handled`: keys answered for elsewhere."""
    before = dicts(old.get("properties"))
    pairs = pairs_of(old, new)
    for was, now in pairs:
        column = now or was
        inside = spot_of(spot, column, was)
        if was is None:
            yield inside.change("required-column-added" if _required(now) else "column-added", None, _type(now))
        elif now is None:
            yield inside.change("column-removed", _type(was))
        else:
            yield from names(was, now, inside, "column-renamed")
            emptied = list(_flag(_required(was), _required(now), "required", inside.at("required")))
            yield from emptied
            own = {"name", "physicalName", *(["required"] if emptied else [])}
            yield from _length(was, now, inside)
            yield from element(*without_length(was, now), inside, COLUMN, handled | own)
    yield from order(pairs, before, spot.at("properties"))


def pairs_of(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[Any, Any]]:
    """Properties that are one: of the same name, else of the same id, else of the same physicalName."""
    return paired(dicts(old.get("properties")), dicts(new.get("properties")), by("name"), by("id"), physical_name)


def spot_of(spot: Spot, column: dict[str, Any], was: dict[str, Any] | None) -> Spot:
    """Where a column is compared, by its new name and the more closed of its two classifications."""
    name = str(column.get("name"))
    named = [str(c.get("classification") or "") for c in (column, was or column)]
    closest = max(named, key=lambda level: spot.levels.index(level) if level in spot.levels else -1)
    return spot.at(name, column=f"{spot.column}.{name}".lstrip("."), classification=closest)


def names(was: dict[str, Any], now: dict[str, Any], spot: Spot, renamed: str) -> Iterator[Change]:
    """What a table or a column is called in the contract, and in the database."""
    if was.get("name") != now.get("name"):
        yield spot.change(renamed, was.get("name"), now.get("name"))
    if physical_name(was) != physical_name(now):
        yield spot.change("physical-name-changed", physical_name(was), physical_name(now))
    elif was.get("name") == now.get("name") and was.get("physicalName") != now.get("physicalName"):
        yield spot.at("physicalName").change("respelled", was.get("physicalName"), now.get("physicalName"))


def _type(column: dict[str, Any]) -> str:
    return str(column.get("physicalType") or column.get("logicalType") or "")


def _required(column: dict[str, Any]) -> bool:
    return bool(column.get("required") or column.get("primaryKey"))


def _physical_type(old: dict[str, Any], new: dict[str, Any], spot: Spot) -> Iterator[Change]:
    yield from _types(old.get("physicalType"), new.get("physicalType"), types.compared, spot.at("physicalType"))


def _length(old: dict[str, Any], new: dict[str, Any], spot: Spot) -> Iterator[Change]:
    """The most characters of a text: a size of its type, whether the type says it or `maxLength`."""
    before, after = length_of(old), length_of(new)
    if before is None or after is None or before == after or without_length(old, new)[0] is old:
        return
    by_type = old.get("physicalType") != new.get("physicalType")
    place = "physicalType" if by_type else "logicalTypeOptions.maxLength"
    said = [part.get("physicalType") for part in (old, new)] if by_type else [before, after]
    yield spot.at(place).change("type-widened" if after > before else "type-narrowed", *said)


def _logical_type(old: dict[str, Any], new: dict[str, Any], spot: Spot) -> Iterator[Change]:
    """Where physical types are promised, naming a logical one adds nothing to them."""
    before, after = old.get("logicalType"), new.get("logicalType")
    spot = spot.at("logicalType")
    if not (before and after) and old.get("physicalType") and new.get("physicalType"):
        yield spot.change("noted", before, after)
    else:
        yield from _types(before, after, types.compared_logically, spot)


def _types(before: Any, after: Any, compared: Any, spot: Spot) -> Iterator[Change]:
    if not before and not after:
        return
    kind = "added" if not before else "dropped" if not after else compared(str(before), str(after))
    if kind != "same":
        yield spot.change(f"type-{kind}", before, after)


def _flag(old: bool, new: bool, name: str, spot: Spot) -> Iterator[Change]:
    if old != new:
        yield spot.change(f"{name}-{'added' if new else 'dropped'}")


def _unique(old: dict[str, Any], new: dict[str, Any], spot: Spot) -> Iterator[Change]:
    yield from _flag(bool(old.get("unique")), bool(new.get("unique")), "unique", spot.at("unique"))


def _enum(old: dict[str, Any], new: dict[str, Any], spot: Spot) -> Iterator[Change]:
    before, after = _entries(old.get("enum")), _entries(new.get("enum"))
    spot = spot.at("enum")
    if not before or not after:
        yield from _flag(bool(before), bool(after), "enum", spot)
        return
    pairs = paired(before, after, lambda entry: repr(entry.get("value")))
    for was, now in pairs:
        entry = spot.at((now or was).get("value"))
        if was is None:
            yield entry.change("enum-value-added", None, now.get("value"))
        elif now is None:
            yield entry.change("enum-value-removed", was.get("value"))
        else:
            yield from element(was, now, entry, ())
    yield from order(pairs, before, spot)


def _entries(enum: Any) -> list[dict[str, Any]]:
    """The values of an enum, each once; before v3.2 they were plain ones, among the options of the type."""
    entries = enum if isinstance(enum, list) else []
    found = [entry if isinstance(entry, dict) else {"value": entry} for entry in entries]
    once: dict[str, dict[str, Any]] = {}
    for entry in found:
        once.setdefault(repr(entry.get("value")), entry)
    return list(once.values())


def _options(old: dict[str, Any], new: dict[str, Any], spot: Spot) -> Iterator[Change]:
    before, after = ({"enum": (part.get("logicalTypeOptions") or {}).get("enum")} for part in (old, new))
    yield from element(before, after, spot.at("logicalTypeOptions"), ((("enum",), _enum),))
    yield from options(old, new, spot)


def relationships(old: dict[str, Any], new: dict[str, Any], spot: Spot) -> Iterator[Change]:
    """References by what they lead from and to, however they are called."""
    before, after = dicts(old.get("relationships")), dicts(new.get("relationships"))
    pairs = paired(before, after, _leads)
    spot = spot.at("relationships")
    for was, now in pairs:
        inside = spot.at((now or was).get("to"))
        if was is not None and now is not None:
            yield from element(was, now, inside, ())
        else:
            kind = "dropped" if now is None else "added"
            yield inside.change(f"relationship-{kind}", was and was.get("to"), now and now.get("to"))
    yield from order(pairs, before, spot)


def _leads(relation: dict[str, Any]) -> str:
    ends = [end if isinstance(end, list) else [end] for end in (relation.get("from"), relation.get("to"))]
    return repr((relation.get("type") or "foreignKey", ends))


def _classification(old: dict[str, Any], new: dict[str, Any], spot: Spot) -> Iterator[Change]:
    before, after = str(old.get("classification") or ""), str(new.get("classification") or "")
    if before == after:
        return
    levels = spot.levels
    if not before or not after:
        kind = "added" if after else "dropped"
    elif before in levels and after in levels:
        kind = "raised" if levels.index(after) > levels.index(before) else "lowered"
    else:
        kind = "changed"
    yield spot.at("classification").change(f"classification-{kind}", before or None, after or None)


def _nested(old: dict[str, Any], new: dict[str, Any], spot: Spot) -> Iterator[Change]:
    yield from columns(old, new, spot)


def _items(old: dict[str, Any], new: dict[str, Any], spot: Spot) -> Iterator[Change]:
    before, after = ({"properties": [{**(part.get("items") or {}), "name": "items"}]} for part in (old, new))
    yield from columns(before, after, spot)


COLUMN: Facets = (
    (("physicalType",), _physical_type),
    (("logicalType",), _logical_type),
    (("required", "primaryKey", "primaryKeyPosition"), lambda old, new, spot: ()),  # told beside, or respelled
    (("unique",), _unique),
    (("enum",), _enum),
    (("logicalTypeOptions",), _options),
    (("relationships",), relationships),
    (("classification",), _classification),
    (("quality",), rules),
    (("customProperties",), custom_properties),
    (("properties",), _nested),
    (("items",), _items),
)
