"""The life of a version: draft, active, deprecated with a sunset date, retired, and the notice that was promised."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from c360.clause.promise import custom_properties
from c360.compat.changes import Change, Spot
from c360.compat.custom import duration
from c360.contract.document import dicts
from c360.contract.sunset import sunset

_BEFORE = ("draft", "proposed")
_LONGEST = 100 * 365 * 86400
"""Seconds that no calendar ends in."""


def lifecycle(old: dict[str, Any], new: dict[str, Any], spot: Spot, today: date) -> Iterator[Change]:
    """Changes of `status`, and a sunset that comes before the notice that the old version promised is over."""
    before, after = (str(document.get("status") or "active") for document in (old, new))
    one_version = old.get("version") == new.get("version")
    if not one_version and after == "active" and before in ("deprecated", "retired"):
        pass  # the old one has its successor
    elif before != after:
        yield spot.at("status").change(_moved(before, after, one_version, old, today), before, after)
    elif old.get("status") != new.get("status") or ("status" in old) != ("status" in new):
        yield spot.at("status").change("respelled", old.get("status"), new.get("status"))
    ends, ended = sunset(new), sunset(old)
    if ends is None or after in ("retired", *_BEFORE) or (ends == ended and before == after):
        return
    if ends < today + notice_of(old):
        yield spot.at("sunset").change("sunset-too-near", ended and str(ended), str(ends))


def _moved(before: str, after: str, one_version: bool, old: dict[str, Any], today: date) -> str:
    if after == "retired":
        ended = sunset(old)
        announced = before == "deprecated" and ended is not None and ended <= today
        return "retired" if announced or before in _BEFORE else "retired-without-notice"
    if after == "deprecated":
        return "deprecated"
    if after == "active":
        return "released" if before in _BEFORE else "reinstated"
    if before == "active" and after in _BEFORE and one_version:
        return "withdrawn"
    return "status-changed"


def notice_of(document: dict[str, Any]) -> timedelta:
    """The notice that a contract promises before a version ends: `noticePeriod`, a custom property or an SLA."""
    promised = custom_properties(document).get("noticePeriod")
    for sla in dicts(document.get("slaProperties")):
        if promised is None and str(sla.get("property")).lower() == "noticeperiod":
            promised = f"{sla.get('value')} {sla.get('unit') or 'd'}"
    return timedelta(seconds=min(duration(promised) or 0, _LONGEST)) if promised is not None else timedelta()
