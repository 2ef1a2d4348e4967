"""The Data Contract Specification, as ODCS v3.2."""

import logging
from pathlib import Path
from typing import Any

from c360.draft.classify import stated_classification
from c360.draft.types import physical_type
from c360.errors import Breach, CouldNotTell
from c360.yaml_writer import to_yaml

_TYPES = {
    "string": "text", "timestamp_tz": "timestamptz", "timestamp_ntz": "timestamp", "bytes": "bytea", "null": "text",
    "array": "jsonb", "object": "jsonb", "record": "jsonb", "struct": "jsonb", "map": "jsonb", "variant": "jsonb",
    "number": "numeric",
}  # fmt: skip


def from_dcs(path: Path, document: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """By datacontract-cli, which is kept from following references to files and to the network."""
    try:
        from datacontract.imports.dcs_importer import convert_dcs_to_odcs, parse_dcs_from_dict
        from pydantic import ValidationError
    except ImportError:
        said = f"{path} is a Data Contract Specification, which only datacontract-cli reads here."
        raise CouldNotTell(said, "Run: pip install datacontract-cli") from None

    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        given, notes = _in_texts(_own_rules(_without_references(document))), []
        while True:
            try:
                found = convert_dcs_to_odcs(parse_dcs_from_dict(given))
                break
            except ValidationError as error:
                wrong = [place for one in reversed(error.errors()) if (place := _drop(given, one["loc"]))]
                if not wrong:
                    raise
                notes += [
                    f"left out, for it is not of the form that the specification wants: {place}" for place in wrong
                ]
    except Exception as error:  # its text may quote the contract
        raise Breach(
            f"{path} is not read as a Data Contract Specification ({type(error).__name__}).",
            "Check it against its schema.",
        ) from error
    finally:
        logging.disable(before)
    new: dict[str, Any] = found.model_dump(mode="json", by_alias=True, exclude_none=True)
    notes.insert(0, f"read as a Data Contract Specification {document['dataContractSpecification']}")
    if isinstance(rules := document.get("quality"), dict) and rules.get("specification"):
        custom = {"property": f"quality.{rules.get('type')}", "value": _as_text(rules["specification"])}
        new["customProperties"] = [*(new.get("customProperties") or []), custom]
    for part in new.get("schema") or []:
        part["physicalType"] = part["physicalType"] if part.get("physicalType") in ("table", "view") else "table"
        for prop in part.get("properties") or []:
            _renew(prop)
    slas = new.get("slaProperties") or []
    for sla in slas:
        if "value" not in sla:
            notes.append(f"left out, for it has no value: the service level {sla.get('property')}")
    new["slaProperties"] = [sla for sla in slas if "value" in sla]
    return new, notes


def _renew(part: dict[str, Any]) -> None:
    """Types as Postgres has them; its custom properties of precision and scale are a part of the type."""
    for inner in [*(part.get("properties") or []), *([part["items"]] if part.get("items") else [])]:
        _renew(inner)
    custom = {one["property"]: one.get("value") for one in part.get("customProperties") or []}
    kind = str(part.get("physicalType") or "").lower()
    holds = "object" if part.get("properties") else "array" if part.get("items") else ""
    part |= {"logicalType": holds} if holds and not part.get("logicalType") else {}
    kind = _TYPES.get(kind, kind) or physical_type(str(part.get("logicalType") or "string"))
    if kind in ("decimal", "numeric") and "precision" in custom:
        kind = f"numeric({custom['precision']},{custom.get('scale', 0)})"
    part["physicalType"] = kind
    left = [one for one in part.pop("customProperties", None) or [] if one["property"] not in ("precision", "scale")]
    part |= {"customProperties": left} if left else {}


def _own_rules(value: Any) -> Any:
    """Rules of other tools in the form that the specification has for them by now."""
    if isinstance(value, list):
        return [_own_rules(one) for one in value]
    if not isinstance(value, dict):
        return value
    rules = value.get("quality")
    if isinstance(rules, list):
        value = {**value, "quality": [_custom(rule) for rule in rules]}
    return {key: _own_rules(inner) for key, inner in value.items()}


def _in_texts(value: Any, named: bool = False) -> Any:
    """What has to be a text or a flag and is none, so that it says no less: the words of a classification, marks of
    personal data, and all the values of an enum. A part whose keys are `named` by somebody has none of these."""
    if isinstance(value, list):
        return [_in_texts(one) for one in value]
    if not isinstance(value, dict):
        return value
    new = {
        key: _in_texts(inner, key in ("fields", "models", "definitions") and not named) for key, inner in value.items()
    }
    if named:
        return new
    if new.get("classification"):
        new["classification"] = str(new["classification"])
    if "pii" in new and not isinstance(new["pii"], bool):
        new["pii"] = bool(stated_classification({"pii": new["pii"]}))
    if isinstance(new.get("enum"), list) and all(isinstance(one, str | int | float) for one in new["enum"]):
        new["enum"] = [str(one).lower() if isinstance(one, bool) else str(one) for one in new["enum"]]
    elif "enum" in new and not (isinstance(new["enum"], list) and all(isinstance(one, str) for one in new["enum"])):
        new["enum"] = 0  # is told, and left out as a whole
    return new


def _custom(rule: Any) -> Any:
    if not isinstance(rule, dict) or "specification" not in rule:
        return rule
    tool = str(rule.get("type") or "unknown").lower()
    said = {"engine": "soda" if tool == "sodacl" else tool, "implementation": _as_text(rule["specification"])}
    return {**{key: value for key, value in rule.items() if key != "specification"}, "type": "custom", **said}


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else to_yaml(value)


def _drop(value: Any, place: tuple[Any, ...]) -> str:
    """Takes out what is at a place, as far as that leads, and gives the way to it; empty for none."""
    way: list[Any] = []
    holder: Any = None
    last: Any = None
    for step in place:
        is_there = isinstance(value, list) and isinstance(step, int) and step < len(value)
        if not (isinstance(value, dict) and step in value) and not is_there:
            break
        holder, last, value = value, step, value[step]
        way.append(step)
    if holder is None or (way[0] == "models" and len(way) < 4):
        return ""
    del holder[last]
    return ".".join(map(str, way))


def _without_references(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _without_references(inner)
            for key, inner in value.items()
            if not (key in ("$ref", "ref") and not str(inner).startswith("#/"))
        }
    return [_without_references(inner) for inner in value] if isinstance(value, list) else value
