"""Drafts from a file, whatever it is: data, SQL, a dbt manifest, or an older contract."""

import re
from collections.abc import Sequence
from pathlib import Path

from c360.contract.document import read_document
from c360.draft import ddl, manifest
from c360.draft.delivery import from_delivery
from c360.draft.document import Known, completed, draft_of
from c360.draft.frame import drafted
from c360.draft.older import today
from c360.draft.write import Draft
from c360.errors import CouldNotTell

DIALECT = "postgres"


def drafts_of(
    path: Path, name: str, levels: Sequence[str], known: Known, only: Sequence[str] = (), dialect: str = DIALECT
) -> list[Draft]:
    """A contract for each table that the file is about; `only` names those wanted, `known` those of the project.

    Raises CouldNotTell or Breach for a file that cannot be read, and for a table that is not in it.
    """
    kind = path.suffix.lower()
    if kind in (".yaml", ".yml"):
        return [_from_contract(path, levels, known)]
    if kind == ".sql":
        tables = [("sources", table) for table in ddl.tables_of(path, dialect)]
    elif kind == ".json":
        tables = manifest.tables_of(path)
    else:
        return [from_delivery(path, name, levels)[0]]
    missing = set(only) - {table["name"] for _, table in tables}
    if missing:
        raise CouldNotTell(f"{path} knows no table {sorted(missing)[0]!r}.", "Write --table as it is called there.")
    chosen = [(layer, table) for layer, table in tables if not only or table["name"] in only]
    known = {**known, **{t["name"]: frozenset(str(p["name"]) for p in t["properties"]) for _, t in chosen}}
    told = (f"Drafted from {path.name} by c360 import, which has seen no data.",)
    return [draft_of(table["name"], table, told, levels, known, layer) for layer, table in chosen]


def _from_contract(path: Path, levels: Sequence[str], known: Known) -> Draft:
    document, told = today(path, read_document(path))
    parts = document.pop("schema", None) or []
    own = {str(part.get("name")): frozenset(str(p.get("name")) for p in part.get("properties") or []) for part in parts}
    name = str(document.get("name") or document.get("id") or path.stem)
    name = re.sub(r"\W+", "_", name).strip("_").lower()
    tables = tuple(completed(part, levels, {**known, **own}) for part in parts)
    said = [f"Drafted from {path.name} by c360 import.", *(f"{line[0].upper()}{line[1:]}." for line in told)]
    return drafted(name, tables, said, own={**document, "name": name})
