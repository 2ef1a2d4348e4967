"""A contract in the version of the standard that the server reads, and what of it the server makes.

OpenMetadata 2.0 reads ODCS v3.1.0, one schema object a table; what its import does with each part was read in the
source of its converter. What it does not read is said (`unread`), so that nothing is lost in silence.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from c360.catalogue.values import markdown
from c360.clause.arguments import Latency
from c360.clause.kinds import FRESHNESS, LATENCY, RETENTION
from c360.clause.types import canonical_type, unsized
from c360.contract.document import dicts
from c360.contract.sunset import sunset
from c360.model import Column, Contract, Dataset, Kind
from c360.printable import one_line

VERSION = "v3.1.0"
_STATUS = {"active": "Approved", "deprecated": "Deprecated", "retired": "Deprecated"}
"""What the server makes of a contract's status; any other is a draft."""
_TYPES = {
    "integer": "INT", "bigint": "BIGINT", "smallint": "SMALLINT", "text": "TEXT", "character varying": "VARCHAR",
    "character": "CHAR", "uuid": "UUID", "date": "DATE", "boolean": "BOOLEAN", "real": "FLOAT",
    "double precision": "DOUBLE", "numeric": "NUMERIC", "timestamp without time zone": "TIMESTAMP",
    "timestamp with time zone": "TIMESTAMPZ", "time without time zone": "TIME", "time with time zone": "TIME",
    "json": "JSON", "jsonb": "JSON", "bytea": "BYTEA",
}  # fmt: skip
_UNITS = {"minute": 60, "hour": 3600, "day": 86400, "week": 604800}
"""Seconds; the server knows months and years too, which are none of a fixed length."""
_LEVELS: dict[Kind[Any], tuple[str, str, tuple[str, ...]]] = {
    FRESHNESS: ("refreshFrequency", "interval", ("hour", "day", "week")),
    LATENCY: ("maxLatency", "value", ("minute", "hour", "day")),
    RETENTION: ("retention", "period", ("day", "week")),
}
"""By kind of clause: the field that the server makes of it, what it calls the number, and the units that it takes."""
_SENT = {
    "apiVersion", "kind", "id", "name", "version", "status", "domain", "dataProduct", "description", "schema", "team",
    "slaProperties",
}  # fmt: skip
_SENT_OF_TABLES = {"name", "physicalName", "businessName", "logicalType", "physicalType", "description", "properties"}
_SENT_OF_COLUMNS = {
    "name", "physicalName", "businessName", "description", "logicalType", "physicalType", "primaryKey", "required",
    "unique", "classification",
}  # fmt: skip
_AS_TEST_CASES = {"quality", "enum", "logicalTypeOptions", "relationships"}
"""They are clauses, which stand in the catalogue as test cases with their results."""


def odcs(contract: Contract, dataset: Dataset, name: str, table: str) -> dict[str, Any]:
    """The document to send for one table; `name` is what the data contract is called, `table` the table's qualified
    name. The server takes an id that is a UUID for the data contract's own, and a contract may have several tables and
    majors: so the id is one of the table. The team is not in it: the server would look for a user of its name first."""
    return {
        "apiVersion": VERSION,
        "kind": "DataContract",
        "id": str(uuid5(NAMESPACE_URL, f"{name}@{table}")),
        "name": name,
        "version": contract.version,
        "status": contract.status if contract.status in (*_STATUS, "proposed") else "draft",
        "description": {"purpose": markdown(description(contract))},
        "schema": [
            {
                "name": dataset.table,
                "logicalType": "object",
                "physicalType": "table",
                "properties": [_property(contract, dataset, column) for column in dataset.columns],
            }
        ],
        "slaProperties": [
            {"property": kind.name, "value": str(number), "unit": unit} for kind, number, unit in _levels(dataset)
        ],
    }


def status(contract: Contract) -> str:
    """What the server makes of the contract's status."""
    return _STATUS.get(contract.status, "Draft")


def description(contract: Contract) -> str:
    """What the contract is for, under which version, and when that ends."""
    said = contract.document.get("description")
    parts = said if isinstance(said, dict) else {"purpose": said}
    headings = {"purpose": "", "usage": "Usage: ", "limitations": "Limitations: "}
    texts = [f"{heading}{parts[key]}" for key, heading in headings.items() if parts.get(key)]
    ends, instead = sunset(contract.document), contract.custom.get("replacement")
    if contract.status == "deprecated":
        until = f", until {ends}" if ends else ""
        texts.append(f"Deprecated{until}{f'; use {instead} instead' if instead else ''}.")
    return "\n\n".join([contract.label, *texts])


def columns(contract: Contract, dataset: Dataset) -> tuple[Mapping[str, Any], ...]:
    """The columns of the data contract that the server makes of the document."""
    found = []
    for sent in (_property(contract, dataset, column) for column in dataset.columns):
        constraint = next((said for key, said in _CONSTRAINTS if sent.get(key)), None)
        column = {"name": sent["name"], "description": sent["description"], "dataType": sent["physicalType"]}
        found.append(column | ({"constraint": constraint} if constraint else {}))
    return tuple(found)


_CONSTRAINTS = (("primaryKey", "PRIMARY_KEY"), ("unique", "UNIQUE"), ("required", "NOT_NULL"))


def service_levels(dataset: Dataset) -> dict[str, dict[str, Any]]:
    """The service levels of the data contract that the server makes of the document."""
    found = {}
    for kind, number, unit in _levels(dataset):
        field, amount, _ = _LEVELS[kind]
        found[field] = {amount: number, "unit": unit}
    return found


def unread(contract: Contract, dataset: Dataset) -> list[str]:
    """What the contract says of a table that the server's data contract cannot hold: of the contract, of its schema
    object, and of its properties, with the number of them."""
    read = {kind.name for kind, _, _ in _levels(dataset)}
    levels = [str(level.get("property")) for level in dicts(contract.document.get("slaProperties"))]
    part = part_of(contract, dataset)
    known = _SENT_OF_COLUMNS | _AS_TEST_CASES
    columns = Counter(key for prop in dicts(part.get("properties")) for key in prop if key not in known)
    return [
        *(key for key in contract.document if key not in _SENT),
        *(f"slaProperties.{one_line(level)}" for level in levels if level not in read),
        *(f"schema.{key}" for key in part if key not in _SENT_OF_TABLES | _AS_TEST_CASES),
        *(f"properties.{key} ({count})" for key, count in columns.items()),
    ]


def part_of(contract: Contract, dataset: Dataset) -> dict[str, Any]:
    """The schema object that a dataset is; that of an older major may bear a suffix to its name."""
    names = (dataset.name, dataset.name.removesuffix(contract.suffix))
    return next(part for part in dicts(contract.document.get("schema")) if str(part.get("name")) in names)


def _property(contract: Contract, dataset: Dataset, column: Column) -> dict[str, Any]:
    said: dict[str, Any] = next(
        (p for p in dicts(part_of(contract, dataset).get("properties")) if p.get("name") == column.name), {}
    )
    flags = {name: True for name in ("primaryKey", "unique", "required") if said.get(name) is True}
    return {
        "name": column.physical_name,
        "description": markdown(column.description),
        "logicalType": "string",
        "physicalType": data_type(column),
        **flags,
    }


def data_type(column: Column) -> str:
    """What the server calls the type of a column, without its precision."""
    canonical = canonical_type(column.physical_type)
    return "ARRAY" if canonical.endswith("[]") else _TYPES.get(unsized(canonical), "UNKNOWN")


def _levels(dataset: Dataset) -> Iterator[tuple[Kind[Any], int, str]]:
    """Promises about time that the server can hold: the kind, a number and its unit; one of each kind."""
    for kind, (_, _, units) in _LEVELS.items():
        for clause in kind.of(dataset)[:1]:
            seconds = clause.argument.seconds if isinstance(clause.argument, Latency) else clause.argument
            unit = next((name for name in reversed(units) if seconds % _UNITS[name] == 0), None)
            if unit:
                yield kind, int(seconds) // _UNITS[unit], unit
