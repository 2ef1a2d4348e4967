"""A world for each mutation: the contract under a name of its own, a schema with its tables, and its delivered file.

So that one `c360 generate`, one dbt run and one `c360 verify` cover all mutations at once.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from c360.clause.dialect import POSTGRES, canonical_type
from c360.contract import load_contract
from c360.model import Dataset

from .changes import Row, of_table
from .clean import clean
from .mutations import Mutation

CONTRACTS = Path(__file__).parent / "contracts"
SHARED = ("people", "places")
"""What the rows of other contracts refer to: kept clean, in a schema of its own."""

q = POSTGRES.quote


@dataclass(frozen=True)
class World:
    """One mutation, and where its copy of the contract, its table and its file are."""

    mutation: Mutation
    name: str
    contract: Path
    layer: str

    @property
    def dataset(self) -> str:
        return self.renamed(self.mutation.dataset)

    def renamed(self, dataset: str) -> str:
        return f"{dataset}__{self.name}"

    def original(self, clause: str) -> str:
        """The id of a clause as the contract in this folder has it."""
        return clause.replace(f"__{self.name}.", ".", 1)


def contract_of(dataset: str) -> Path:
    """The contract file of a dataset; that of `owners` is also about `keys`."""
    for path in sorted(CONTRACTS.rglob("*.odcs.yaml")):
        if any(part["name"] == dataset for part in yaml.safe_load(path.read_text())["schema"]):
            return path
    raise LookupError(dataset)


def make_world(mutation: Mutation, number: int, folder: Path) -> World:
    """Write the contract's copy: the same clauses, other names of contract, datasets and schema."""
    path = contract_of(mutation.dataset)
    name, layer = f"m{number:03}", path.parent.name
    text = path.read_text()
    document = yaml.safe_load(text)
    world = World(mutation, name, folder / layer / f"{name}.odcs.yaml", layer)
    own = {part["name"]: world.renamed(part["name"]) for part in document["schema"]}
    document["name"] = document["id"] = world.renamed(document["name"])
    document["customProperties"] = [{"property": "system", "value": name}]
    document["servers"][0]["schema"] = name
    for part in document["schema"]:
        part["name"] = own[part["name"]]
        if layer == "products":  # a model of dbt's bears the name of its table
            part["physicalName"] = part["name"]
        for holder in (part, *part["properties"]):
            for relation in holder.get("relationships") or []:
                for end in ("from", "to"):
                    if end in relation:
                        relation[end] = _renamed(relation[end], own)
    for sla in document.get("slaProperties") or []:
        sla["element"] = ",".join(_renamed(element.strip(), own) for element in sla["element"].split(","))
    world.contract.parent.mkdir(parents=True, exist_ok=True)
    world.contract.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True))
    return world


def _renamed(reference: Any, own: dict[str, str]) -> Any:
    if isinstance(reference, list):
        return [_renamed(one, own) for one in reference]
    dataset, _, column = reference.partition(".")
    return f"{own.get(dataset, dataset)}.{column}"


def copy_shared(folder: Path) -> None:
    for name in SHARED:
        path = contract_of(name)
        copy = folder / path.parent.name / path.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(path.read_text())


def mutated(mutation: Mutation) -> list[Row]:
    """The rows, with the columns as a file would hold them."""
    rows = clean(mutation.dataset)
    for change in mutation.changes:
        if hasattr(change, "on_rows"):
            change.on_rows(rows)
    return rows


def make_shared(cursor: Any, folder: Path) -> None:
    for name in SHARED:
        contract = load_contract(folder / "sources" / f"{name}.odcs.yaml", folder)
        (dataset,) = contract.datasets
        cursor.execute(f"create schema if not exists {q(dataset.schema)}")
        make_table(cursor, dataset, clean(name))


def make_tables(cursor: Any, world: World, folder: Path) -> None:
    """The typed tables of a world: the mutated one, and those that its contract describes beside it."""
    contract = load_contract(world.contract, folder)
    cursor.execute(f"create schema {q(world.name)}")
    for dataset in contract.datasets:
        if dataset.name != world.dataset:
            make_table(cursor, dataset, clean(dataset.name.rpartition("__")[0]))
            continue
        # columns come and go by statements, so that the table is made with the contract's columns
        rows = clean(world.mutation.dataset)
        for change in world.mutation.changes:
            if not of_table(change, ""):
                change.on_rows(rows)
        make_table(cursor, dataset, rows)
        for change in world.mutation.changes:
            statement = of_table(change, f"{q(dataset.schema)}.{q(dataset.table)}")
            if statement:
                cursor.execute(statement)


def make_table(cursor: Any, dataset: Dataset, rows: list[Row]) -> None:
    table = f"{q(dataset.schema)}.{q(dataset.table)}"
    kinds = {c.physical_name: canonical_type(c.physical_type) for c in dataset.columns}
    order = list(rows[0]) if rows else list(kinds)
    cursor.execute(f"create table {table} ({', '.join(f'{q(n)} {kinds[n]}' for n in order)})")
    with cursor.copy(f"copy {table} from stdin (format csv)") as copy:
        copy.write(as_csv(rows))


def as_csv(rows: list[Row], header: list[str] | None = None) -> str:
    """A null is an empty field, an empty text is quoted."""
    lines = [list(map(_quoted, row.values())) for row in rows]
    if header is not None:
        lines.insert(0, [_quoted(name) for name in header])
    return "".join(",".join(line) + "\n" for line in lines)


def _quoted(value: str | None) -> str:
    return "" if value is None else '"' + value.replace('"', '""') + '"'


def write_file(world: World, folder: Path) -> Path:
    rows = mutated(world.mutation)
    header = list(rows[0]) if rows else list(clean(world.mutation.dataset)[0])
    path = folder / f"{world.name}.csv"
    path.write_text(as_csv(rows, header), newline="")
    return path
