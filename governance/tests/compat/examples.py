"""A contract with something of everything, and ways to write one that differs in one place."""

from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

from c360.compat.changes import Diff
from c360.compat.diff import diff
from c360.contract.load import RAW, load_contract
from c360.contract.problems import Problems

TODAY = date(2026, 6, 1)
LEVELS = ["public", "internal", "confidential", "pii_indirect", "pii_direct"]
GONE = object()
"""Stands for what is not there."""

CONTRACT: dict[str, Any] = {
    "apiVersion": "v3.2.0",
    "kind": "DataContract",
    "id": "urn:shop:orders",
    "name": "orders",
    "version": "1.0.0",
    "status": "active",
    "tags": ["shop"],
    "description": {"purpose": "Orders of the shop.", "usage": "Reports.", "limitations": "None."},
    "servers": [
        {"server": "local", "type": "postgres", "environment": "development", "host": "here", "port": 5432,
         "database": "shop", "schema": "raw"},
        {"server": "production", "type": "databricks", "environment": "production", "host": "there", "catalog": "shop",
         "schema": "raw"},
    ],
    "team": {"name": "shop", "members": [{"username": "ann", "role": "Owner"}]},
    "support": [{"channel": "#shop", "tool": "slack"}],
    "price": {"priceAmount": 9.95, "priceCurrency": "EUR"},
    "customProperties": [
        {"property": "system", "value": "web"},
        {"property": "noticePeriod", "value": "30 d"},
        {"property": "maxQuarantineRatio", "value": 0.1},
        {"property": "colour", "value": "blue"},
    ],
    "schema": [
        {
            "name": "orders",
            "physicalName": "orders",
            "physicalType": "table",
            "description": "One row an order.",
            "customProperties": [{"property": "identity", "value": ["buyer"]}],
            "properties": [
                {"name": "id", "physicalType": "uuid", "logicalType": "string", "primaryKey": True, "required": True,
                 "classification": "internal", "description": "Who it is."},
                {"name": "buyer", "physicalName": "buyer_id", "physicalType": "varchar(10)", "logicalType": "string",
                 "required": True, "logicalTypeOptions": {"enum": ["x", "y"]}, "classification": "pii_direct",
                 "examples": ["somebody@example.com"],
                 "relationships": [{"to": "people.id"}]},
                {"name": "kind", "physicalType": "text", "logicalType": "string", "classification": "public",
                 "enum": [{"value": "a", "label": "First"}, {"value": "b"}, {"value": "c"}],
                 "logicalTypeOptions": {"pattern": "^[abc]$", "minLength": 1, "maxLength": 5},
                 "quality": [{"metric": "invalidValues", "arguments": {"validValues": ["a", "b"]}, "mustBe": 0}]},
                {"name": "amount", "physicalType": "numeric(10,2)", "logicalType": "number",
                 "classification": "confidential",
                 "logicalTypeOptions": {"minimum": 0, "maximum": 100, "multipleOf": 10},
                 "quality": [{"id": "few_empty", "metric": "nullValues", "mustBeLessThan": 5, "unit": "percent"}]},
                {"name": "items", "physicalName": "items", "physicalType": "integer", "logicalType": "integer",
                 "classification": "confidential", "unique": True, "logicalTypeOptions": {"exclusiveMinimum": 0}},
                {"name": "at", "physicalType": "timestamp", "logicalType": "timestamp",
                 "classification": "confidential", "customProperties": [{"property": "notInFuture", "value": "1 h"}],
                 "logicalTypeOptions": {"minimum": "2020-01-01T00:00:00Z", "timezone": False}},
                {"name": "place", "physicalType": "jsonb", "logicalType": "object", "classification": "pii_indirect",
                 "properties": [{"name": "city", "logicalType": "string", "physicalType": "text", "required": True}]},
            ],
            "quality": [
                {"id": "not_empty", "metric": "rowCount", "mustBeGreaterThan": 0},
                {"id": "rates", "type": "sql", "query": "SELECT COUNT(*) FROM ${table} WHERE amount < items",
                 "mustBe": 0, "severity": "warning"},
                {"id": "spoken", "type": "text", "description": "It is as good as it gets."},
            ],
        },
        {"name": "people", "physicalName": "people", "properties": [
            {"name": "id", "physicalType": "text", "logicalType": "string", "primaryKey": True,
             "classification": "internal"},
            {"name": "mail", "physicalType": "text", "logicalType": "string", "classification": "pii_direct"},
        ]},
    ],
    "slaProperties": [
        {"property": "freshness", "value": 1, "unit": "d", "element": "orders.at"},
        {"property": "retention", "value": 2, "unit": "y", "element": "orders.at"},
        {"property": "availability", "value": 99.5, "unit": "percent"},
        {"property": "mood", "value": "good"},
    ],
}  # fmt: skip


def edited(*edits: tuple[str, Any], base: dict[str, Any] = CONTRACT) -> dict[str, Any]:
    """The contract with other values at places such as `schema.0.properties.1.required`; a list takes `+` and `-`."""
    document = deepcopy(base)
    for place, value in edits:
        *way, last = place.split(".")
        node: Any = document
        for step in way:
            node = node[int(step) if isinstance(node, list) else step]
        if last == "+":
            node.append(deepcopy(value))
        elif value is GONE:
            del node[int(last) if isinstance(node, list) else last]
        else:
            node[int(last) if isinstance(node, list) else last] = deepcopy(value)
    return document


def compared(old: dict[str, Any], new: dict[str, Any], layer: str = "sources") -> Diff:
    path = Path("contracts") / layer / "orders" / "some.odcs.yaml"
    contracts = [load_contract(path, None, document, RAW, Problems(collect=True)) for document in (old, new)]
    return diff(contracts[0], contracts[1], LEVELS, TODAY)


def rules(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    return [change.rule.name for change in compared(old, new).changes]
