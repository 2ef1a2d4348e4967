"""Finds the contracts of a folder and reads each into a Contract with its clauses."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from c360.clause.kinds import FRESHNESS
from c360.clause.promise import Table, custom_properties
from c360.clause.reading import identity_of, relationship_of
from c360.clause.types import own_type, stored_type
from c360.contract.clauses import clauses_of
from c360.contract.current import SEMVER, name_of, precedence
from c360.contract.document import read_document
from c360.contract.enum_columns import add_enum_columns
from c360.contract.live import live
from c360.contract.names import located
from c360.contract.older import read_as_now
from c360.contract.problems import Problems
from c360.contract.servers import schema_of
from c360.errors import Breach, CouldNotTell
from c360.model import Column, Contract, Dataset
from c360.printable import shown

LAYERS = ("sources", "products")
RAW = "raw"
"""The schema of a dataset whose contract names none, where c360.toml says no other."""

__all__ = ["find_contracts", "load_contract", "relationship_of"]


def find_contracts(folder: Path, raw_schema: str = RAW, strict: bool = True) -> list[Contract]:
    """The live versions of every contract below `folder`, sources before products, then by name, the newest first.

    What names no schema of its own lies in `raw_schema`.
    Live is the current version: the highest whose status is not draft, proposed or retired, else the highest draft; and
    of a product each older major that is not retired (c360.contract.live). Partner contracts are generated, not read.

    Raises:
        CouldNotTell: there is no contract at all.
        Breach: a contract is not readable as one, or two of them share a name.
    """
    documents = {path: read_document(path) for path in contract_files(folder)}
    add_enum_columns(documents.values())
    contracts = [_of(path, folder, document, raw_schema, strict) for path, document in documents.items()]
    for contract, other in name_collisions(contracts):
        raise Breach(
            f"{contract.path}: the name {shown(contract.name)} is that of {other.path} too, which has another id.",
            "Rename one of them, or give all versions of one contract the same id.",
        )
    return in_order(contracts)


def in_order(contracts: list[Contract]) -> list[Contract]:
    """The live ones, sources before products, then by name, the newest first."""
    newest_first = sorted(live(contracts), key=lambda c: precedence(c.version), reverse=True)
    return sorted(newest_first, key=lambda c: (c.layer != "sources", c.name))


def _of(path: Path, folder: Path, document: dict[str, Any], raw_schema: str, strict: bool) -> Contract:
    problems = Problems(collect=not strict)
    contract = load_contract(path, folder, document, raw_schema, problems)
    for rule, _, breach in problems.found:
        if rule == "shape":
            raise breach
    return contract


def name_collisions(contracts: list[Contract]) -> Iterator[tuple[Contract, Contract]]:
    """Contracts whose name is that of an earlier one with another id."""
    first: dict[str, Contract] = {}
    for contract in contracts:
        other = first.setdefault(contract.name, contract)
        if other.id != contract.id:
            yield contract, other


def contract_files(folder: Path, below: bool = True) -> list[Path]:
    """The contract files in and `below` a folder, sorted: `*.odcs.yaml`, and other YAML that says it is a DataContract.

    What was generated for partners is none, nor what consumers say of themselves in `consumers/`. Raises CouldNotTell
    when there is no file at all.
    """
    look = folder.rglob if below else folder.glob
    files = sorted(
        path
        for path in (*look("*.yaml"), *look("*.yml"))
        if may_be_contract(path.relative_to(folder)) and (".odcs" in path.suffixes or _is_contract(path))
    )
    if not files:
        raise CouldNotTell(
            f"No contract (*.odcs.yaml) in {folder}.", "Point --contracts at the folder that holds them."
        )
    return files


def may_be_contract(relative: Path) -> bool:
    """Whether a file of the contracts folder lies where contracts do."""
    return relative.parts[0] != "consumers" and "partners" not in relative.parts


def _is_contract(path: Path) -> bool:
    try:
        return is_odcs_contract(path.read_bytes())
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        remedy = "Check the path; c360 import FILE drafts a first contract." if missing else "Check the path."
        raise CouldNotTell(f"Cannot read {path}: {error.strerror}.", remedy) from error


def is_odcs_contract(content: bytes) -> bool:
    return re.search(rb"^kind: *[\"']?DataContract\b", content, re.MULTILINE) is not None


def load_contract(
    path: Path,
    folder: Path | None = None,
    document: dict[str, Any] | None = None,
    raw_schema: str = RAW,
    problems: Problems | None = None,
) -> Contract:
    """Read one contract file, unless its document is given. Its layer is told by where it lies in `folder`.

    What cannot be understood is left out where `problems` collects it.

    Raises:
        Breach: a part that is needed is missing or of the wrong shape; says which and where.
    """
    document = read_document(path) if document is None else document
    read_as_now(document)
    try:
        return _contract(path, folder, document, raw_schema, problems or Problems())
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:  # a text where a mapping belongs
        raise Breach(
            f"{path} does not have the shape of an ODCS contract ({error}).", "See where: c360 lint"
        ) from error


def layer_of(path: Path, folder: Path | None) -> str:
    """The layer that a contract belongs to by where it lies in `folder`."""
    relative = path.relative_to(folder).parts if folder and path.is_relative_to(folder) else path.parts
    return next((part for part in relative if part in LAYERS), "sources")


def _contract(
    path: Path, folder: Path | None, document: dict[str, Any], raw_schema: str, problems: Problems
) -> Contract:
    version, schemas = str(document.get("version", "")), document.get("schema")
    with problems.at(("kind",)):
        if document.get("kind") != "DataContract":
            raise not_a_contract(path, document)
    with problems.at(("version",), "version"):
        if not SEMVER.fullmatch(version):
            raise Breach(f"{path}: version {version!r} is not MAJOR.MINOR.PATCH.", "Write it as 1.0.0.")
    with problems.at(("schema",), "shape" if schemas else "no-schema"):
        if not isinstance(schemas, list) or not schemas:
            raise Breach(f"{path}: it has no schema.", "Describe at least one table under schema.")
    name = name_of(document, path.stem)
    custom = custom_properties(document)
    layer, schema = layer_of(path, folder), schema_of(document, raw_schema)
    team = document.get("team")
    support = document.get("support") or [{}]
    datasets = []
    for i, part in enumerate(schemas or []):
        with problems.at(("schema", i)):
            datasets.append(_dataset(path, document, name, version, layer, part, custom, schema, problems))
    return Contract(
        path=path,
        layer=layer,
        id=str(document.get("id", name)),
        name=name,
        version=version,
        status=str(document.get("status", "active")),
        system=str(custom.get("system", name)),
        team=str((team or {}).get("name", "")) if not isinstance(team, list) else "",
        channel=str(support[0].get("channel", "")),
        datasets=tuple(datasets),
        document=document,
        custom=custom,
    )


def not_a_contract(path: Path, document: dict[str, Any]) -> Breach:
    """What to say of a file that is no ODCS contract."""
    if "dataContractSpecification" in document:
        return Breach(f"{path} is a Data Contract Specification, no ODCS contract.", f"Convert it: c360 import {path}")
    return Breach(f"{path}: kind is not DataContract.", "Write an Open Data Contract Standard contract.")


def _dataset(
    path: Path,
    document: dict[str, Any],
    name: str,
    version: str,
    layer: str,
    part: Any,
    custom: dict[str, Any],
    schema: str,
    problems: Problems,
) -> Dataset:
    if not isinstance(part, dict) or not part.get("name"):
        raise Breach(f"{path}: an entry of schema has no name.", "Give every table a name.")
    dataset, properties = str(part["name"]), part.get("properties") or []
    for prop in properties:
        if not isinstance(prop, dict) or not isinstance(prop.get("name"), str):
            raise Breach(f"{path}: a property of {dataset} has no name.", "Give every property a name.")
    columns = tuple(_column(prop) for prop in properties)
    for twice in (name for name, times in Counter(column.name for column in columns).items() if times > 1):
        raise Breach(f"{path}: {dataset} has two properties named {twice}.", "Rename one.")
    table = Table(path, part, document, delivered=layer == "sources")
    clauses = clauses_of(name, version, table, problems)
    identity: tuple[str, ...] = ()
    with problems.at(("schema", table.tables.index(dataset), "customProperties")):
        identity = identity_of(table)
    own_schema, own_table = located(part, layer)
    return Dataset(
        name=dataset,
        table=own_table,
        schema=own_schema or schema,
        description=str(part.get("description") or ""),
        columns=columns,
        clauses=clauses,
        key=table.keys,
        identity=identity,
        load_column=next((c.column for c in clauses if c.kind is FRESHNESS), None),
        model=own_table,
        custom={**custom, **custom_properties(part)},
    )


def _column(prop: dict[str, Any]) -> Column:
    return Column(
        name=prop["name"],
        physical_name=str(prop.get("physicalName") or prop["name"]),
        physical_type=stored_type(str(prop.get("physicalType") or ""), str(prop.get("logicalType") or "")),
        logical_type=str(prop.get("logicalType") or "string"),
        required=bool(prop.get("required")) or bool(prop.get("primaryKey")),
        classification=str(prop.get("classification") or ""),
        description=str(prop.get("description") or ""),
        enum=tuple(entry for entry in prop.get("enum") or []),
        options=dict(prop.get("logicalTypeOptions") or {}),
        examples=tuple(prop.get("examples") or ()),
        own_type=own_type(str(prop.get("physicalType") or "")),
    )
