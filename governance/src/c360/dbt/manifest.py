"""dbt's manifest, as `c360 build` leaves it."""

import json
from collections.abc import Iterator
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
