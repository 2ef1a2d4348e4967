"""ODCS v2 in the names and the shape of v3."""

from typing import Any

from c360.contract.document import dicts, numbered
from c360.contract.older import METRICS

TODAY = ("nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount")


def from_v2(old: dict[str, Any], notes: list[str]) -> dict[str, Any]:
    """The contract with the names and the shape of v3; what has no place there is noted."""
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
    left: list[str] = []
    tables = numbered(old.get("dataset"))
    new["schema"] = [_v2_table(table, f"dataset[{at}]", left) for at, table in tables]
    slas = [{("element" if k == "column" else k): v for k, v in one.items()} for one in dicts(old.get("slaProperties"))]
    if slas:
        new["slaProperties"] = slas
    used = {
        "apiVersion", "kind", "uuid", "id", "datasetName", "quantumName", "version", "status", "tenant", "tags",
        "price", "roles", "customProperties", "authoritativeDefinitions", "datasetDomain", "slaDefaultColumn",
        "description",
        "stakeholders", "dataset", "slaProperties",
    }  # fmt: skip
    left = sorted(set(map(str, old)) - used) + left
    if left:
        notes.append(f"left out, for v3 has no such place: {', '.join(left)}")
    return new


def _v2_table(table: dict[str, Any], at: str, left: list[str]) -> dict[str, Any]:
    names = {"table": "name", "dataGranularity": "dataGranularityDescription"}
    kept = {"physicalName", "description", "businessName", "tags", "authoritativeDefinitions", "customProperties"}
    new = {"physicalType": "table", "logicalType": "object"} | _renamed(table, names, kept)
    columns = numbered(table.get("columns"))
    new["properties"] = [_v2_column(column, f"{at}.columns[{n}]", left) for n, column in columns]
    new["quality"] = _v2_rules(table, at, left)
    left += _others(table, at, {*names, *kept, "columns", "quality"})
    return {key: value for key, value in new.items() if value}


def _v2_column(column: dict[str, Any], at: str, left: list[str]) -> dict[str, Any]:
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
    new = _renamed(column, names, kept)
    if not new.get("primaryKey"):
        new.pop("primaryKeyPosition", None)
    if not new.get("partitioned"):
        new.pop("partitionKeyPosition", None)
    if column.get("isNullable") is False:
        new["required"] = True
    left += _others(column, at, {*names, *kept, "isNullable", "quality"})
    rules = _v2_rules(column, at, left)
    return new | ({"quality": rules} if rules else {})


def _v2_rules(part: dict[str, Any], at: str, left: list[str]) -> list[dict[str, Any]]:
    """In v2 a rule was a name of a template of some tool: what the library has today is one, the rest is words."""
    rules = []
    for n, rule in numbered(part.get("quality")):
        name = str(rule.get("code") or rule.get("templateName") or "")
        name = name[:1].lower() + name[1:]
        kept = _renamed(rule, {}, {"description", "dimension", "severity", "businessImpact"})
        left += _others(rule, f"{at}.quality[{n}]", {"code", "templateName", *kept})
        if METRICS.get(name, name) in TODAY:
            rules.append({"metric": METRICS.get(name, name), "mustBe": 0} | kept)
        else:
            rules.append({"type": "text"} | kept | {"description": str(kept.get("description") or f"The rule {name}.")})
    return rules


def _renamed(part: dict[str, Any], names: dict[str, str], kept: set[str]) -> dict[str, Any]:
    return {names.get(key, key): value for key, value in part.items() if (key in names or key in kept) and value}


def _others(part: dict[str, Any], at: str, used: set[str]) -> list[str]:
    """The ways to what a part says beside the keys that are used; what is empty or false says nothing."""
    return [f"{at}.{key}" for key, value in part.items() if key not in used and value]
