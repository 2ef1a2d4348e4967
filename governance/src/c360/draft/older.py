"""Older contracts in the words of today: ODCS v2 and v3, and the Data Contract Specification, as ODCS v3.2.

Documents go in and come out as plain dicts; what has no place in v3.2 is noted, and left out.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from c360.contract.document import dicts
from c360.contract.older import METRICS, OPEN_ENDS
from c360.draft.dcs import from_dcs
from c360.draft.odcs2 import TODAY, from_v2
from c360.errors import Breach

CURRENT = "v3.2.0"
_OPERATORS = re.compile(r"^(mustBe|mustNotBe)")


def as_current_version(path: Path, document: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The contract in ODCS v3.2, and what was changed or left out. Raises Breach for what is no contract."""
    version = str(document.get("apiVersion") or document.get("dataContractSpecification") or "")
    if "dataContractSpecification" in document:
        return from_dcs(path, document)
    if document.get("kind") != "DataContract" or not re.match(r"v?[23]\.", version):
        raise Breach(
            f"{path} is no ODCS contract of v2 or v3, and no Data Contract Specification.", "See docs/import.md."
        )
    notes: list[str] = []
    if version.lstrip("v").startswith("2"):
        document = from_v2(document, notes)
    renew(document, notes)
    return document, notes


def renew(document: dict[str, Any], notes: list[str]) -> None:
    """Bring a contract of ODCS v3 up to v3.2 in place: as little is changed as can be."""
    if document.get("apiVersion") != CURRENT:
        notes.append(f"apiVersion {document.get('apiVersion')} is now {CURRENT}")
        document["apiVersion"] = CURRENT
    if isinstance(document.get("team"), list):
        document["team"] = {"members": document["team"]}
        notes.append("team: a list of people is now called members of a team")
    element = document.pop("slaDefaultElement", None)
    if element:
        for level in dicts(document.get("slaProperties")):
            level.setdefault("element", element)
        notes.append("slaDefaultElement is now the element of each entry of slaProperties")
    for place, part in parts_of(document):
        _renew_enum(place, part, notes)
        _renew_open_ends(place, part, notes)
        for rule in part.get("quality") or []:
            if isinstance(rule, dict):
                _renew_rule(place, rule, notes)


def parts_of(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema object and property, however deep, with its name in words."""
    open_ = [(str(part.get("name")), part) for part in dicts(document.get("schema"))]
    while open_:
        place, part = open_.pop(0)
        yield place, part
        inner = [*dicts(part.get("properties")), *dicts([part.get("items")])]
        open_[:0] = [(f"{place}.{one.get('name', 'items')}", one) for one in inner]


def _renew_rule(place: str, rule: dict[str, Any], notes: list[str]) -> None:
    old = rule.get("rule") or rule.get("metric")
    if rule.get("type", "library") != "library" or not isinstance(old, str):
        return
    new = METRICS.get(old, old)
    if new not in TODAY:
        rule.pop("rule", None)
        rule.pop("metric", None)
        rule |= {"type": "text", "description": str(rule.get("description") or f"The rule {old}.")}
        for operator in [key for key in rule if _OPERATORS.match(str(key)) or key in ("arguments", "unit")]:
            del rule[operator]
        notes.append(f"{place}: the rule {old} has no name today, and is now said in words")
        return
    if rule.get("metric") == new and "rule" not in rule:
        return
    _rename(rule, "rule" if "rule" in rule else "metric", "metric", new)
    notes.append(f"{place}: rule {old} is now metric {new}")
    if not any(_OPERATORS.match(str(key)) for key in rule):
        rule["mustBe"] = 0
        notes.append(f"{place}: {new} named no bound, and must now be 0")
    valid = rule.pop("validValues", None)
    if valid is not None:
        rule["arguments"] = {**(rule.get("arguments") or {}), "validValues": valid}


def _rename(mapping: dict[str, Any], old: str, new: str, value: Any) -> None:
    """In its place, where the mapping keeps comments and so has one."""
    place = list(mapping).index(old)
    for name in {old, new} & set(mapping):
        del mapping[name]
    if hasattr(mapping, "insert"):
        mapping.insert(place, new, value)
    else:
        mapping[new] = value


def _renew_enum(place: str, part: dict[str, Any], notes: list[str]) -> None:
    options = part.get("logicalTypeOptions")
    if isinstance(options, dict) and isinstance(options.get("enum"), list):
        values = options.pop("enum")
        part["enum"] = [{"value": value} for value in values]
        if not options:
            del part["logicalTypeOptions"]
        notes.append(f"{place}: the enum has left logicalTypeOptions")


def _renew_open_ends(place: str, part: dict[str, Any], notes: list[str]) -> None:
    options = part.get("logicalTypeOptions")
    if not isinstance(options, dict):
        return
    for name, bound in OPEN_ENDS.items():
        if isinstance(options.get(name), bool):
            if options.pop(name) and bound in options:
                options[name] = options.pop(bound)
            notes.append(f"{place}: {name} is now the bound itself")
