"""Drafts from a file, whatever it is: data, SQL, a dbt manifest, or an older contract."""

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path

from c360.contract.document import read_document
from c360.draft import manifest
from c360.draft.constraints import TableDescription
from c360.draft.delivery import from_delivery
from c360.draft.document import Known, completed, draft_of
from c360.draft.frame import drafted
from c360.draft.left import not_carried, without_lint_errors
from c360.draft.older import as_current_version
from c360.draft.relations import with_relationships
from c360.draft.write import Draft, unfolded
from c360.errors import CouldNotTell

DIALECT = "postgres"


def drafts_of(
    files: Mapping[Path, str], levels: Sequence[str], known: Known, only: Sequence[str] = (), dialect: str = DIALECT
) -> list[Draft]:
    """A contract for each table that the files are about, which go by the name that each is given.

    `only` names the tables wanted out of SQL and manifests, `known` those of the project. Raises CouldNotTell or Breach
    for a file that cannot be read, and for a table that is not in it.
    """
    if only and not any(_is_described(path) for path in files):
        raise CouldNotTell("--table takes one table out of SQL or a manifest of dbt.", "Leave it out: c360 import FILE")
    described = {path: _described(path, only, dialect) for path in files if _is_described(path)}
    data = [path for path in files if not _is_described(path) and not _is_contract(path)]
    own = {
        table.part["name"]: frozenset(prop["name"] for prop in table.part["properties"])
        for tables in described.values()
        for _, table in tables
    }
    by_path: dict[Path, list[Draft]] = {}
    delivered = with_relationships([from_delivery(path, files[path], levels) for path in data], known)
    for path, draft in zip(data, delivered, strict=True):
        by_path[path] = [draft]
    for path, tables in described.items():
        notes = (f"Drafted from {path.name} by c360 import, which has seen no data.",)
        by_path[path] = [draft_of(table, notes, levels, {**known, **own}, layer) for layer, table in tables]
    return [
        draft
        for path in files
        for draft in (by_path[path] if path in by_path else [_from_contract(path, levels, known)])
    ]


def _is_described(path: Path) -> bool:
    """Whether a file describes tables, and holds none."""
    return path.suffix.lower() in (".sql", ".json")


def _is_contract(path: Path) -> bool:
    return path.suffix.lower() in (".yaml", ".yml")


def _described(path: Path, only: Sequence[str], dialect: str) -> list[tuple[str, TableDescription]]:
    """The tables of a file that describes some, each with its layer."""
    if path.suffix.lower() == ".sql":
        from c360.draft import ddl  # with sqlglot, which takes its time

        tables = [("sources", table) for table in ddl.tables_of(path, dialect)]
    else:
        tables = manifest.tables_of(path)
    missing = set(only) - {name for _, table in tables for name in _called(table)}
    if missing:
        raise CouldNotTell(f"{path} knows no table {sorted(missing)[0]!r}.", "Write --table as it is called there.")
    return [(layer, table) for layer, table in tables if not only or _called(table) & set(only)]


def _called(table: TableDescription) -> set[str]:
    """The name of a table, and of a versioned model that without its version."""
    name = str(table.part["name"])
    return {name, re.sub(r"_v\w+$", "", name)}


def _from_contract(path: Path, levels: Sequence[str], known: Known) -> Draft:
    source = read_document(path)
    document, notes = as_current_version(path, deepcopy(source))
    parts = document.pop("schema", None) or []
    own = {str(part.get("name")): frozenset(str(p.get("name")) for p in part.get("properties") or []) for part in parts}
    name = str(document.get("name") or document.get("id") or path.stem)
    name = re.sub(r"\W+", "_", name).strip("_").lower()
    tables = tuple(completed(TableDescription(part), levels, {**known, **own}) for part in parts)
    said = [f"Drafted from {path.name} by c360 import.", *(f"{line[0].upper()}{line[1:]}." for line in notes)]
    draft = without_lint_errors(drafted(name, tables, said, own={**document, "name": name}), levels)
    if "dataContractSpecification" in source:
        draft = draft.without(not_carried(source, unfolded(draft)))
    return draft
