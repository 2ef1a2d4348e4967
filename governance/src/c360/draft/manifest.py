"""Tables out of a dbt manifest.json: models, seeds, snapshots and sources, their columns, and what tests promise."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from c360.draft.classify import stated_classification
from c360.draft.constraints import Constraint, TableDescription
from c360.errors import CouldNotTell

_LARGEST = 500_000_000
_TABLES = ("model", "seed", "snapshot", "source")
_LAST = re.compile(r"([^\"`.]+)[\"`]?\s*$")
_CALL = re.compile(r"(?:ref|source)\s*\(.*?['\"]([^'\"]+)['\"]\s*(?:,\s*v(?:ersion)?\s*=.*)?\)\s*$", re.DOTALL)


def tables_of(path: Path) -> list[tuple[str, TableDescription]]:
    """Each with the layer that it belongs to; those without columns are left out.

    Raises CouldNotTell for a file that is no manifest.
    """
    manifest = _read(path)
    nodes = [*_dicts(manifest.get("nodes")), *_dicts(manifest.get("sources"))]
    promises: dict[str, list[dict[str, Any]]] = {}
    for node in nodes:
        if node.get("resource_type") == "test" and isinstance(node.get("test_metadata"), dict):
            promises.setdefault(_tested(node), []).append(node)
    found = [
        ("sources" if node.get("resource_type") in ("source", "seed") else "products", _table(node, promises))
        for node in nodes
        if node.get("resource_type") in _TABLES and isinstance(node.get("columns"), dict) and node["columns"]
    ]
    names: set[str] = set()
    for _, table in found:
        own = str(table.part["name"])
        tried = (own, f"{table.part.pop('source', '')}_{own}", *(f"{own}_{n}" for n in range(2, len(found) + 2)))
        table.part["name"] = next(name for name in tried if name not in names and not name.startswith("_"))
        names.add(table.part["name"])
    if not found:
        raise CouldNotTell(f"{path} describes no column of any table.", "Describe columns in dbt, then: dbt parse")
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _LARGEST:
            raise CouldNotTell(f"{path} is larger than {_LARGEST} bytes.", "Parse a part of the project.")
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CouldNotTell(f"Cannot read {path}: {error.strerror}.", "Check the path.") from error
    except (ValueError, RecursionError) as error:
        raise CouldNotTell(f"{path} is no JSON.", "Give c360 import target/manifest.json of dbt.") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("nodes"), dict):
        raise CouldNotTell(f"{path} is no manifest of dbt.", "Give c360 import target/manifest.json of dbt.")
    return manifest


def _tested(test: dict[str, Any]) -> str:
    """The id of what a test is about."""
    if test.get("attached_node"):
        return str(test["attached_node"])
    about = (test.get("depends_on") or {}).get("nodes") or [""]
    return str(about[-1])


def _table(node: dict[str, Any], promises: dict[str, list[dict[str, Any]]]) -> TableDescription:
    columns = {str(column.get("name")): _column(column, node) for column in _dicts(node["columns"])}
    constraints = [(given, given.get("columns") or []) for given in node.get("constraints") or []]
    for column in _dicts(node["columns"]):
        constraints += [(given, [column.get("name")]) for given in column.get("constraints") or []]
    for given, on in constraints:
        _promise(columns, str(given.get("type")), on, given)
    for test in promises.get(str(node.get("unique_id")), []):
        metadata = test["test_metadata"]
        given = metadata.get("kwargs") or {}
        given = {**given, **(given.get("arguments") or {})}
        config = test.get("config") or {}
        if config.get("where") or str(config.get("severity", "error")).lower() == "warn":
            continue
        on = given.get("combination_of_columns") or [given.get("column_name") or test.get("column_name")]
        _promise(columns, str(metadata.get("name")), on, given)
    both = [column for column in columns.values() if column.get("unique") and column.get("required")]
    if len(both) == 1 and not any(column.get("primaryKey") for column in columns.values()):
        both[0] |= {"primaryKey": True, "primaryKeyPosition": 1}
        both[0].pop("unique")
    name = str(node.get("name"))
    if node.get("version") is not None:
        name = f"{name}_v{node['version']}"
    found = {
        "name": name,
        "source": str(node.get("source_name") or node.get("package_name") or ""),
        "physicalName": str(node.get("identifier") or node.get("alias") or name),
    }
    if node.get("description"):
        found["description"] = node["description"]
    left = [constraint for given, on in constraints for constraint in _constraint(given, on)]
    return TableDescription({**found, "properties": list(columns.values())}, left)


def _column(column: dict[str, Any], table: dict[str, Any]) -> dict[str, Any]:
    found = {"name": str(column.get("name"))}
    if column.get("description"):
        found["description"] = column["description"]
    if column.get("data_type"):
        found["physicalType"] = str(column["data_type"])
    if word := _classified(column) or _classified(table):
        found["classification"] = word
    return found


def _classified(part: dict[str, Any]) -> str:
    """What the metadata and tags of a column or table say of how closed it is."""
    config = part.get("config") or {}
    tags = {str(tag): True for tag in [*(part.get("tags") or []), *(config.get("tags") or [])]}
    return stated_classification({**tags, **(part.get("meta") or {}), **(config.get("meta") or {})})


def _constraint(given: dict[str, Any], on: list[Any]) -> Iterator[Constraint]:
    """One of dbt's that is no promise of a single column, nor a key."""
    kind, name, columns = str(given.get("type")), str(given.get("name") or ""), tuple(map(str, on))
    sql = str(given.get("expression") or "")
    if kind == "unique" and len(columns) > 1:
        yield Constraint("unique", name, columns)
    elif kind == "foreign_key" and given.get("to_columns") and (target := _LAST.search(str(given.get("to")))):
        yield Constraint("foreign key", name, columns, target[1], tuple(map(str, given["to_columns"])))
    elif kind == "check":
        yield Constraint("check", name, sql=sql)
    elif kind not in ("primary_key", "not_null", "unique"):
        yield Constraint("", name, sql=f"{kind.replace('_', ' ')} {sql}")


def _promise(columns: dict[str, dict[str, Any]], kind: str, on: list[Any], given: dict[str, Any]) -> None:
    """What a constraint, or a test without conditions, says of the columns it is on."""
    found = [columns[name] for name in on if isinstance(name, str) and name in columns]
    if not found or len(found) != len(on):
        return
    if kind in ("primary_key", "unique_combination_of_columns"):
        for position, column in enumerate(found, start=1):
            column |= {"primaryKey": True, "primaryKeyPosition": position, "required": True}
    elif kind == "not_null":
        for column in found:
            column["required"] = True
    elif kind == "unique" and len(found) == 1:
        found[0]["unique"] = True
    elif kind == "accepted_values" and isinstance(given.get("values"), list):
        values = [value for value in given["values"] if isinstance(value, str | int | float)]
        found[0]["enum"] = [{"value": value} for value in values]
    elif kind == "relationships" and (target := _CALL.search(str(given.get("to")).strip())):
        found[0]["relationships"] = [{"to": f"{target[1]}.{given.get('field')}"}]


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    values = value.values() if isinstance(value, dict) else []
    return (inner for inner in values if isinstance(inner, dict))
