"""Which tables of contracts are made of which, by dbt's manifest; steps between them without a contract are skipped."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from c360.catalogue.entities import Names
from c360.catalogue.values import Ref
from c360.dbt.manifest import nearest, tables_of
from c360.share.policy import Policy

Edge = tuple[Ref, Ref]
"""From a table to one that is made of it."""


def edges(manifest: Mapping[str, Any], tables: set[Ref], names: Names) -> set[Edge]:
    """The edges between these tables."""
    every = {key: Ref("table", names.table(*table)) for key, table in tables_of(manifest).items()}
    known = {key: ref for key, ref in every.items() if ref in tables}
    found = {(known[near], ref) for key, ref in known.items() for near in nearest(manifest, key, known)}
    return {(source, ref) for source, ref in found if source != ref}


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
