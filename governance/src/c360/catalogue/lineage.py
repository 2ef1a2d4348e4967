"""Which tables of contracts are made of which, by dbt's manifest; steps between them without a contract are skipped."""

from collections.abc import Iterator, Mapping
from typing import Any

from c360.catalogue.things import Names
from c360.catalogue.values import Ref

SHARES = "share_"
"""How the schemas of what partners get begin."""
Edge = tuple[Ref, Ref]
"""From a table to one that is made of it."""


def edges(manifest: Mapping[str, Any], tables: set[Ref], names: Names) -> set[Edge]:
    """The edges between these tables."""
    nodes = {key: ref for key, ref in _tables(manifest, names) if ref in tables}
    parents: Mapping[str, list[str]] = manifest.get("parent_map", {})
    return {(source, ref) for key, ref in nodes.items() for source in _nearest(key, parents, nodes) if source != ref}


def shares(manifest: Mapping[str, Any], names: Names) -> set[Ref]:
    """The tables that partners get; they are under no contract of ours."""
    models = manifest.get("nodes", {}).values()
    return {_table(node, names) for node in models if _is_table(node) and str(node["schema"]).startswith(SHARES)}


def _tables(manifest: Mapping[str, Any], names: Names) -> Iterator[tuple[str, Ref]]:
    for key, source in manifest.get("sources", {}).items():
        yield key, Ref("table", names.table(source["schema"], source["identifier"]))
    for key, node in manifest.get("nodes", {}).items():
        if _is_table(node):
            yield key, _table(node, names)


def _is_table(node: Mapping[str, Any]) -> bool:
    return node.get("resource_type") in ("model", "snapshot", "seed")


def _table(node: Mapping[str, Any], names: Names) -> Ref:
    return Ref("table", names.table(node["schema"], node.get("alias") or node["name"]))


def _nearest(key: str, parents: Mapping[str, list[str]], nodes: Mapping[str, Ref]) -> set[Ref]:
    """The tables that a node is made of, as near as there are any."""
    found, seen, level = set(), {key}, [key]
    while level:
        above = [parent for node in level for parent in parents.get(node, []) if parent not in seen]
        seen.update(above)
        found |= {nodes[parent] for parent in above if parent in nodes}
        level = [parent for parent in dict.fromkeys(above) if parent not in nodes]
    return found
