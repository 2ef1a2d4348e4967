"""Which tables of contracts are made of which, by dbt's manifest; steps between them without a contract are skipped."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from c360.catalogue.entities import Names
from c360.catalogue.values import Ref
from c360.share.policy import Policy

Edge = tuple[Ref, Ref]
"""From a table to one that is made of it."""


def edges(manifest: Mapping[str, Any], tables: set[Ref], names: Names) -> set[Edge]:
    """The edges between these tables."""
    nodes = {key: ref for key, ref in _tables(manifest, names) if ref in tables}
    parents: Mapping[str, list[str]] = manifest.get("parent_map", {})
    return {(source, ref) for key, ref in nodes.items() for source in _nearest(key, parents, nodes) if source != ref}


def is_share(schema: str) -> bool:
    """Whether a schema holds what a partner gets; dbt may have put its own before the name."""
    return re.search(r"(^|_)share_", schema) is not None


def shared(policies: Iterable[Policy], tables: Mapping[Ref, tuple[str, str]], names: Names) -> set[Edge]:
    """From products to what partners get of them, by their policies: `tables` are those there are, with their schema
    and name. dbt's manifest knows the shares of the partner that was built last alone."""
    return {
        (Ref("table", names.table(policy.dataset.schema, policy.dataset.table)), ref)
        for policy in policies
        for ref, (schema, table) in tables.items()
        if f"_{schema}".endswith(f"_share_{policy.partner}") and table == policy.dataset.model
    }


def _tables(manifest: Mapping[str, Any], names: Names) -> Iterator[tuple[str, Ref]]:
    for key, source in manifest.get("sources", {}).items():
        yield key, Ref("table", names.table(source["schema"], source["identifier"]))
    for key, node in manifest.get("nodes", {}).items():
        if node.get("resource_type") in ("model", "snapshot", "seed"):
            yield key, Ref("table", names.table(node["schema"], node.get("alias") or node["name"]))


def _nearest(key: str, parents: Mapping[str, list[str]], nodes: Mapping[str, Ref]) -> set[Ref]:
    """The tables that a node is made of, as near as there are any."""
    found, seen, level = set(), {key}, [key]
    while level:
        above = [parent for node in level for parent in parents.get(node, []) if parent not in seen]
        seen.update(above)
        found |= {nodes[parent] for parent in above if parent in nodes}
        level = [parent for parent in dict.fromkeys(above) if parent not in nodes]
    return found
