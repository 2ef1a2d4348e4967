"""The Data Contract Specification, as ODCS v3.2."""

import logging
from pathlib import Path
from typing import Any

from c360.draft.types import physical_type
from c360.errors import Breach, CouldNotTell

_TYPES = {
    "string": "text", "timestamp_tz": "timestamptz", "timestamp_ntz": "timestamp", "bytes": "bytea", "null": "text",
    "array": "jsonb", "object": "jsonb", "record": "jsonb", "struct": "jsonb", "map": "jsonb", "variant": "jsonb",
    "number": "numeric",
}  # fmt: skip


def from_dcs(path: Path, document: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """By datacontract-cli, which is kept from following references to files and to the network."""
    try:
        from datacontract.imports.dcs_importer import convert_dcs_to_odcs, parse_dcs_from_dict
    except ImportError:
        said = f"{path} is a Data Contract Specification, which only datacontract-cli reads here."
        raise CouldNotTell(said, "Run: pip install datacontract-cli") from None

    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        found = convert_dcs_to_odcs(parse_dcs_from_dict(_without_references(document)))
    except Exception as error:  # its text may quote the contract
        raise Breach(
            f"{path} is not read as a Data Contract Specification ({type(error).__name__}).",
            "Check it against its schema.",
        ) from error
    finally:
        logging.disable(before)
    new: dict[str, Any] = found.model_dump(mode="json", by_alias=True, exclude_none=True)
    told = [f"read as a Data Contract Specification {document['dataContractSpecification']}"]
    for part in new.get("schema") or []:
        part["physicalType"] = part["physicalType"] if part.get("physicalType") in ("table", "view") else "table"
        for prop in part.get("properties") or []:
            _renew(prop)
    slas = new.get("slaProperties") or []
    for sla in slas:
        if "value" not in sla:
            told.append(f"left out, for it has no value: the service level {sla.get('property')}")
    new["slaProperties"] = [sla for sla in slas if "value" in sla]
    return new, told


def _renew(part: dict[str, Any]) -> None:
    """Types as Postgres has them; its custom properties of precision and scale are a part of the type."""
    for inner in [*(part.get("properties") or []), *([part["items"]] if part.get("items") else [])]:
        _renew(inner)
    custom = {one["property"]: one.get("value") for one in part.get("customProperties") or []}
    kind = str(part.get("physicalType") or "").lower()
    kind = _TYPES.get(kind, kind) or physical_type(str(part.get("logicalType") or "string"))
    if kind in ("decimal", "numeric") and "precision" in custom:
        kind = f"numeric({custom['precision']},{custom.get('scale', 0)})"
    part["physicalType"] = kind
    left = [one for one in part.pop("customProperties", None) or [] if one["property"] not in ("precision", "scale")]
    part |= {"customProperties": left} if left else {}


def _without_references(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _without_references(inner)
            for key, inner in value.items()
            if not (key in ("$ref", "ref") and not str(inner).startswith("#/"))
        }
    return [_without_references(inner) for inner in value] if isinstance(value, list) else value
