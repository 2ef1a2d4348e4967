"""What the server makes of an ODCS document: columns, service levels, status, as its converter does."""

from typing import Any

_CONSTRAINTS = (("primaryKey", "PRIMARY_KEY"), ("unique", "UNIQUE"), ("required", "NOT_NULL"))
_UNITS = {"hours": "hour", "h": "hour", "days": "day", "d": "day", "weeks": "week", "w": "week", "m": "minute"}
_LOGICAL = {"integer": "INT", "number": "NUMBER", "date": "DATE", "timestamp": "TIMESTAMP", "boolean": "BOOLEAN"}


def columns_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Of the first schema object; a physical type that the catalogue does not know falls back to the logical one."""
    from metadata.generated.schema.entity.data.table import DataType

    found = []
    for element in document["schema"][0].get("properties") or []:
        physical = str(element.get("physicalType", "")).upper()
        kind = physical if physical in DataType.__members__ else _LOGICAL.get(element.get("logicalType"), "STRING")
        column = {"name": element["name"], "dataType": kind, "description": element.get("description")}
        constraint = next((said for key, said in _CONSTRAINTS if element.get(key)), None)
        found.append({k: v for k, v in (column | {"constraint": constraint}).items() if v is not None})
    return found


def service_levels_of(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for level in document["slaProperties"]:
        number = int(level["value"]) if str(level["value"]).isdigit() else 0
        unit = _UNITS.get(str(level.get("unit")).lower(), str(level.get("unit")).lower())
        match level["property"].lower():
            case "freshness" | "refreshfrequency":
                found["refreshFrequency"] = {"interval": number, "unit": unit}
            case "latency" | "maxlatency":
                found["maxLatency"] = {"value": number, "unit": unit}
            case "retention":
                found["retention"] = {"period": number, "unit": unit}
    return found


def status_of(status: str) -> str:
    return {"active": "Approved", "deprecated": "Deprecated", "retired": "Deprecated"}.get(status, "Draft")
