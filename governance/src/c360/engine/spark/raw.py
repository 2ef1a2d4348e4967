"""Raw: Delta tables that hold the current row of each key, and beside each the versions that are older, made from the
contracts. Nulls, keys and bounds are held by the gate: what Delta says of a row that breaks a constraint quotes it."""

from c360.clause.dialect import DATABRICKS
from c360.clause.kinds import RELATIONSHIP, SQL
from c360.contract.catalog import Catalog
from c360.engine.spark.lake import Lake, Tables, needs_mapping, tables
from c360.errors import CouldNotTell
from c360.model import Dataset

HASH = "c360__said"
"""Of a superseded version: what tells it from others."""

q, literal = DATABRICKS.quote, DATABRICKS.literal


def ensure_targets(lake: Lake, here: Tables, catalog: Catalog, dataset: Dataset) -> None:
    """The raw tables that clauses of a dataset look at: a reference needs its table, even while it is empty."""
    targets = {clause.argument.target for clause in RELATIONSHIP.of(dataset)} - {dataset.name}
    if any(f"{dataset.schema}." in clause.argument.query for clause in SQL.of(dataset)):
        targets.add(dataset.name)  # a rule may compare what comes with what is there
    for _, source in catalog.pairs():
        if source.name in targets:
            ensure_raw(lake, tables(source, here.catalog), source)


def ensure_raw(lake: Lake, here: Tables, dataset: Dataset) -> None:
    """Make both tables from the contract, or add the columns that a newer version of it brought.

    Raises CouldNotTell when the table there has a column of another type, and for names that Delta takes for one.
    """
    written = {column.physical_name: DATABRICKS.type_of(column.physical_type) for column in dataset.columns}
    if len({name.lower() for name in written}) < len(written):
        raise CouldNotTell(
            f"Columns of {dataset.name} differ in upper and lower case alone, which are one to Delta.", "Rename one."
        )
    lake.make_schema(here.raw.rpartition(".")[0])
    _ensure(lake, here.raw, written, dataset)
    _ensure(lake, here.superseded, written | dict(_BESIDE), dataset)


_BESIDE = (("c360__delivery_id", "bigint"), ("c360__superseded_at", "timestamp"), (HASH, "string"))


def _ensure(lake: Lake, table: str, written: dict[str, str], dataset: Dataset) -> None:
    there = lake.columns(table)
    defined = [f"{q(name)} {kind}" for name, kind in written.items() if name not in there]
    if not there:
        mapped = " tblproperties ('delta.columnMapping.mode' = 'name')" if needs_mapping(written) else ""
        lake.run(f"create table if not exists {table} ({', '.join(defined)}) using delta{mapped}")
        return
    for name, kind in written.items():
        if name in there and there[name] != kind:
            raise CouldNotTell(
                f"{table}.{name} is {there[name]}, the contract says {kind}.",
                "Migrate the table, or give the contract a new major version with a new physicalName.",
            )
    if defined:
        lake.run(f"alter table {table} add columns ({', '.join(defined)})")


def said(dataset: Dataset, row: str) -> str:
    """SQL: what tells one version from others: a digest of all its values."""
    texts = []
    for column in dataset.columns:
        value = f"{row}.{q(column.physical_name)}"
        kind = DATABRICKS.type_of(column.physical_type)
        texts.append(f"hex({value})" if kind == "binary" else f"cast({value} as string)")
    return f"sha2(to_json(array({', '.join(texts)})), 256)"
