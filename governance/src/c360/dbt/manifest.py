"""dbt's manifest, as `c360 build` leaves it."""

import json
from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from typing import Any

from c360.errors import CouldNotTell
from c360.model import Contract, Dataset
from c360.settings import Settings


def newest_manifest(settings: Settings) -> Path:
    """The file that dbt wrote last: of `c360 build`, or of dbt by hand in its project."""
    targets = (settings.home / "dbt" / "target", settings.dbt_project / "target")
    return max((target / "manifest.json" for target in targets), key=_written)


def _written(file: Path) -> float:
    return file.stat().st_mtime if file.is_file() else 0


def read_manifest(path: Path) -> dict[str, Any]:
    """dbt's manifest; empty where dbt has written none. Raises CouldNotTell for a file that is none."""
    if not path.is_file():
        return {}
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise CouldNotTell(f"{path} is no manifest of dbt.", "Write it anew: c360 build") from error


def nodes_of(manifest: dict[str, Any], contract: Contract, dataset: Dataset) -> Iterator[str]:
    """What dbt calls the table: a source of a source contract, a model of a product."""
    for key, source in manifest.get("sources", {}).items():
        if source.get("source_name") == contract.system and source.get("name") == dataset.name:
            yield key
    for key, node in manifest.get("nodes", {}).items():
        name = node.get("alias" if node.get("version") else "name")  # versions of a model share its name
        if contract.layer == "products" and node.get("resource_type") == "model" and name == dataset.table:
            yield key


Table = tuple[str, str]
"""Schema and name."""


def tables_of(manifest: Mapping[str, Any]) -> dict[str, Table]:
    """By key where each source, model, snapshot and seed lies."""
    made = {
        key: node
        for key, node in manifest.get("nodes", {}).items()
        if node.get("resource_type") in ("model", "snapshot", "seed")
    }
    return {
        key: (str(node["schema"]), str(node.get("identifier") or node.get("alias") or node["name"]))
        for key, node in {**manifest.get("sources", {}), **made}.items()
    }


def nearest(manifest: Mapping[str, Any], start: str, known: Container[str]) -> set[str]:
    """Of the `known` nodes those that `start` is made of, as near as there are any."""
    parents: Mapping[str, list[str]] = manifest.get("parent_map", {})
    found, seen, level = set(), {start}, [start]
    while level:
        above = [parent for node in level for parent in parents.get(node, []) if parent not in seen]
        seen.update(above)
        found |= {parent for parent in above if parent in known}
        level = [parent for parent in dict.fromkeys(above) if parent not in known]
    return found


def downstream(manifest: dict[str, Any], start: str) -> Iterator[tuple[str, int]]:
    """Everything that reads `start`, nearest first, and over how many steps."""
    children: dict[str, list[str]] = manifest.get("child_map", {})
    level, seen, depth = [start], {start}, 0
    while level:
        depth += 1
        level = [child for node in level for child in children.get(node, [])]
        level = [child for child in dict.fromkeys(level) if child not in seen]
        seen.update(level)
        yield from ((child, depth) for child in level)
