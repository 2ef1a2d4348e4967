"""ODCS v2 in the names and the shape of v3."""

from typing import Any

from c360.contract.document import dicts
from c360.contract.older import METRICS

TODAY = ("nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount")


def from_v2(old: dict[str, Any], told: list[str]) -> dict[str, Any]:
    """The contract with the names and the shape of v3; what has no place there is told."""
    new: dict[str, Any] = {"apiVersion": old["apiVersion"], "kind": "DataContract"}
    new["id"] = str(old.get("uuid") or old.get("id") or "")
    new["name"] = old.get("datasetName") or old.get("quantumName") or new["id"]
    for key in (
        "version",
        "status",
        "tenant",
        "tags",
        "price",
        "roles",
        "customProperties",
        "authoritativeDefinitions",
    ):
        if old.get(key):
            new[key] = old[key]
    for key, now in (
        ("datasetDomain", "domain"),
        ("quantumName", "dataProduct"),
        ("slaDefaultColumn", "slaDefaultElement"),  # which `renew` gives to each service level
    ):
        if old.get(key):
            new[now] = old[key]
    if old.get("description"):
        given = old["description"]
        new["description"] = given if isinstance(given, dict) else {"purpose": str(given)}
    members = [
        {("description" if k == "comment" else k): v for k, v in one.items()} for one in dicts(old.get("stakeholders"))
    ]
    if members:
        new["team"] = {"members": members}
    new["schema"] = [_v2_table(table) for table in dicts(old.get("dataset"))]
    slas = [{("element" if k == "column" else k): v for k, v in one.items()} for one in dicts(old.get("slaProperties"))]
    if slas:
        new["slaProperties"] = slas
    used = {
        "apiVersion", "kind", "uuid", "id", "datasetName", "quantumName", "version", "status", "tenant", "tags",
        "price", "roles", "customProperties", "authoritativeDefinitions", "datasetDomain", "slaDefaultColumn",
        "description",
        "stakeholders", "dataset", "slaProperties",
    }  # fmt: skip
    left = sorted(set(map(str, old)) - used)
    if left:
        told.append(f"left out, for v3 has no such place: {', '.join(left)}")
    return new


def _v2_table(table: dict[str, Any]) -> dict[str, Any]:
    new = {
        "name": table.get("table"), "physicalName": table.get("physicalName"), "physicalType": "table",
        "logicalType": "object", "description": table.get("description"), "businessName": table.get("businessName"),
        "dataGranularityDescription": table.get("dataGranularity"), "tags": table.get("tags"),
        "authoritativeDefinitions": table.get("authoritativeDefinitions"),
        "customProperties": table.get("customProperties"),
        "properties": [_v2_column(column) for column in dicts(table.get("columns"))],
        "quality": [_v2_rule(rule) for rule in dicts(table.get("quality"))],
    }  # fmt: skip
    return {key: value for key, value in new.items() if value}


def _v2_column(column: dict[str, Any]) -> dict[str, Any]:
    names = {
        "column": "name", "isPrimaryKey": "primaryKey", "isUnique": "unique", "sampleValues": "examples",
        "transformSourceTables": "transformSourceObjects", "encryptedColumnName": "encryptedName",
        "partitionStatus": "partitioned", "criticalDataElementStatus": "criticalDataElement",
    }  # fmt: skip
    kept = {
        "businessName", "logicalType", "physicalType", "description", "tags", "classification", "transformLogic",
        "transformDescription", "primaryKeyPosition", "partitionKeyPosition", "authoritativeDefinitions",
        "customProperties",
    }  # fmt: skip
    new = {names.get(key, key): value for key, value in column.items() if (key in names or key in kept) and value}
    if not new.get("primaryKey"):
        new.pop("primaryKeyPosition", None)
    if not new.get("partitioned"):
        new.pop("partitionKeyPosition", None)
    if column.get("isNullable") is False:
        new["required"] = True
    rules = [_v2_rule(rule) for rule in dicts(column.get("quality"))]
    return new | ({"quality": rules} if rules else {})


def _v2_rule(rule: dict[str, Any]) -> dict[str, Any]:
    """In v2 a rule was a name of a template of some tool: what the library has today is one, the rest is words."""
    name = str(rule.get("code") or rule.get("templateName") or "")
    name = name[:1].lower() + name[1:]
    kept = {key: rule[key] for key in ("description", "dimension", "severity", "businessImpact") if rule.get(key)}
    if METRICS.get(name, name) in TODAY:
        return {"metric": METRICS.get(name, name), "mustBe": 0} | kept
    return {"type": "text"} | kept | {"description": str(kept.get("description") or f"The rule {name}.")}
