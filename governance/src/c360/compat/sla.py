"""Service levels before and after: which of two promises more."""

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from c360.clause.levels import seconds
from c360.compat.bounds import number
from c360.compat.changes import Change, Spot
from c360.compat.custom import notice, one_span
from c360.compat.pairing import element, order, paired
from c360.contract.document import dicts
from c360.errors import Breach

_LESS_IS_MORE = frozenset([
    "errorrate", "freshness", "frequency", "latency", "responsetime", "timetodetect", "timetonotify", "timetorepair",
])  # fmt: skip
_MORE_IS_MORE = frozenset({"accuracy", "availability", "completeness", "throughput", "uptime"})
_SUNSETS = frozenset({"endoflife", "endofsupport"})


def service_levels(old: dict[str, Any], new: dict[str, Any], spot: Spot) -> Iterator[Change]:
    """Changes of `slaProperties`; one is one by its property and element, else by its property."""
    before, after = (_with_elements(document) for document in (old, new))
    pairs = paired(before, after, lambda sla: f"{_name(sla)} {sla.get('element')}", _name)
    spot = spot.at("slaProperties")
    for was, now in pairs:
        sla = now or was
        inside = spot.at(sla.get("property"))
        if was is None or now is None:
            yield _alone(was, now, inside)
        else:
            facets = ((("value", "valueExt", "unit"), _value), (("element",), _element))
            yield from element(was, now, inside, facets, frozenset({"property"}))
    yield from order(pairs, before, spot)


def _with_elements(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Each service level with the element that it has by `slaDefaultElement`."""
    default = document.get("slaDefaultElement")
    slas = dicts(document.get("slaProperties"))
    return [{**sla, "element": default} if default and not sla.get("element") else sla for sla in slas]


def _name(sla: dict[str, Any]) -> str:
    return str(sla.get("property")).lower()


def _alone(was: dict[str, Any] | None, now: dict[str, Any] | None, spot: Spot) -> Change:
    sla = now or was or {}
    name, kind = _name(sla), "dropped" if now is None else "added"
    values = (was and _said(was), now and _said(now))
    if name in _SUNSETS:
        return spot.change("sunset-changed", *values)
    if name == "noticeperiod":
        return spot.change("notice-lengthened" if kind == "added" else "notice-shortened", *values)
    return spot.change(f"{'retention' if name == 'retention' else 'sla'}-{kind}", *values)


def _said(sla: dict[str, Any]) -> str:
    return " ".join(str(sla[key]) for key in ("value", "unit") if sla.get(key) is not None)


def _element(old: dict[str, Any], new: dict[str, Any], spot: Spot) -> Iterator[Change]:
    if old.get("element") != new.get("element"):
        yield spot.at("element").change("sla-changed", old.get("element"), new.get("element"))


def _value(old: dict[str, Any], new: dict[str, Any], spot: Spot) -> Iterator[Change]:
    name, said = _name(new), (_said(old), _said(new))
    before, after = _measured(old), _measured(new)
    if name in _SUNSETS:
        yield spot.change("sunset-changed", *said)
    elif name == "noticeperiod":
        yield from notice(*said, spot)
    elif name not in {*_LESS_IS_MORE, *_MORE_IS_MORE, "retention"}:
        yield spot.change("sla-noted", *said)
    elif before is None or after is None or before[1] != after[1] or old.get("valueExt") != new.get("valueExt"):
        yield spot.change("sla-changed", *said)
    elif before[1] == "seconds" and one_span(_span(old), _span(new)):
        return
    elif before != after and name == "retention":
        yield spot.change("retention-lengthened" if after > before else "retention-shortened", *said)
    elif before != after:
        tightened = (after < before) == (name in _LESS_IS_MORE)
        yield spot.change("sla-tightened" if tightened else "sla-loosened", *said)


def _span(sla: dict[str, Any]) -> str:
    """A duration as one text, in days when it names no unit."""
    text = _said(sla)
    return text if re.search("[A-Za-z]", text) else f"{text} d"


def _measured(sla: dict[str, Any]) -> tuple[Decimal, str] | None:
    """The value as a number, and the unit that it is in: seconds for any duration. Freshness is in days when silent."""
    value = sla.get("value")
    if isinstance(value, str) and value.strip().endswith("%"):
        sla = {**sla, "value": value.strip()[:-1], "unit": "percent"}
    unit = sla.get("unit") or ("d" if _name(sla) in ("freshness", "latency", "retention") else "")
    if unit:
        try:
            return Decimal(seconds(Path(), sla.get("value"), str(unit))), "seconds"
        except Breach:
            pass
    found = number(sla.get("value"))
    return None if found is None else (found, str(unit).lower())
