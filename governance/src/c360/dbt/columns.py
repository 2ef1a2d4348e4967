"""What models are made of, by dbt's manifest: tables by its graph, columns by the SQL that was run.

Each model is told by its own SQL down to the models that it reads, and these by theirs, so sqlglot parses each text
once. What it cannot tell is left out.
"""

import time
from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter
from typing import Any

from c360.dbt.manifest import Table, nearest, tables_of
from c360.ledger.events import Column

SECONDS = 5
"""How long the columns of all models may take; eighteen models of some fifty lines take one."""
_LONGEST = 100_000
"""Characters of SQL. What is longer was generated, and would take minutes."""


def reads(manifest: Mapping[str, Any], promised: Iterable[Table]) -> dict[Table, set[Table]]:
    """For each of the `promised` tables that dbt makes: those of them that it is made of, as near as there are any."""
    tables = set(promised)
    known = {key: table for key, table in tables_of(manifest).items() if table in tables}
    found: dict[Table, set[Table]] = {}
    for key, table in known.items():
        found.setdefault(table, set()).update(known[near] for near in nearest(manifest, key, known))
    return found


def origins(
    manifest: Mapping[str, Any], promised: Mapping[Table, Iterable[str]]
) -> dict[Table, dict[str, set[Column]]]:
    """For each of the `promised` tables, given with their columns, that dbt makes: by column those of other such tables
    that its values come from. What only filters, joins or sorts is none of them."""
    places = tables_of(manifest)
    nodes = {key: node for part in ("sources", "nodes") for key, node in manifest.get(part, {}).items()}
    dialect = str(manifest.get("metadata", {}).get("adapter_type", "postgres"))
    graph: dict[str, set[str]] = {}
    waiting = [key for key, table in places.items() if table in promised]
    while waiting:
        key = waiting.pop()
        if key not in graph:
            graph[key] = places.keys() & set(manifest.get("parent_map", {}).get(key, []))
            waiting += graph[key]
    found: dict[Table, dict[str, set[Column]]] = {}
    until = time.monotonic() + SECONDS
    for key in TopologicalSorter(graph).static_order():
        code = nodes[key].get("compiled_code") or ""
        if not 0 < len(code) <= _LONGEST or time.monotonic() > until:
            continue
        above = {places[parent] for parent in graph[key]}
        known = {table: set(promised.get(table, found.get(table, ()))) for table in above}
        found[places[key]] = {
            column: {deep for one in near for deep in ({one} if one[0] in promised else found[one[0]][one[1]])}
            for column, near in _read(code, str(nodes[key].get("database") or ""), known, dialect).items()
        }
    return {table: columns for table, columns in found.items() if table in promised}


def _read(code: str, database: str, known: Mapping[Table, set[str]], dialect: str) -> dict[str, set[Column]]:
    """By column of a query those of the `known` tables that make it; nothing for SQL that sqlglot does not take."""
    from sqlglot import exp, parse_one
    from sqlglot.errors import SqlglotError
    from sqlglot.lineage import lineage
    from sqlglot.optimizer import build_scope
    from sqlglot.optimizer.qualify import qualify

    schemas: dict[str, Any] = {}
    for (schema, table), columns in known.items():
        if columns:  # it takes no table without one
            schemas.setdefault(schema, {})[table] = dict.fromkeys(columns, "text")
    tables: dict[str, Any] = {database: schemas} if schemas else {}
    try:
        parsed = parse_one(code, dialect=dialect)
        query = qualify(parsed, dialect=dialect, schema=tables, validate_qualify_columns=False)
        scope = build_scope(query)
        names = query.named_selects if isinstance(query, exp.Query) else []
        leaves = {name: lineage(name, query, tables, dialect=dialect, scope=scope).walk() for name in names}
        read = {
            name: {
                ((leaf.expression.db, leaf.expression.name), exp.to_column(leaf.name).name)
                for leaf in found
                if isinstance(leaf.expression, exp.Table)
            }
            for name, found in leaves.items()
        }
    except (SqlglotError, ValueError, RecursionError):
        return {}
    return {name: {(table, c) for table, c in found if c in known.get(table, ())} for name, found in read.items()}
