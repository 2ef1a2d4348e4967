"""The plan: contracts in, {path: text} out. Pure and clock-free, so the same contracts give the same bytes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from c360.contract.model import Contract, Dataset
from c360.errors import Breach
from c360.sql.dialect import POSTGRES, Dialect


@dataclass(frozen=True)
class Catalog:
    """All current contracts together, so that a clause of one can refer to a table of another."""

    contracts: tuple[Contract, ...]

    @classmethod
    def of(cls, contracts: Iterable[Contract]) -> "Catalog":
        """Raises Breach when two contracts claim one dataset or one table."""
        catalog = cls(tuple(contracts))
        seen: dict[object, Contract] = {}
        for contract, dataset in catalog.pairs():
            for claim in (dataset.name, (dataset.schema, dataset.table)):
                other = seen.setdefault(claim, contract)
                if other is not contract:
                    named = claim if isinstance(claim, str) else ".".join(claim)
                    raise Breach(f"{contract.path}: {named} is claimed by {other.path} too.", "Rename one of them.")
        return catalog

    def pairs(self) -> Iterator[tuple[Contract, Dataset]]:
        return ((contract, dataset) for contract in self.contracts for dataset in contract.datasets)

    @cached_property
    def _by_name(self) -> dict[str, tuple[Contract, Dataset]]:
        return {dataset.name: (contract, dataset) for contract, dataset in self.pairs()}

    @cached_property
    def tables(self) -> frozenset[tuple[str, str]]:
        """(schema, table) of every dataset: what SQL of a contract may read."""
        return frozenset((dataset.schema, dataset.table) for _, dataset in self.pairs())

    def find(self, dataset: str) -> tuple[Contract, Dataset]:
        """The contract and dataset of that name. Raises Breach naming those that there are."""
        if dataset in self._by_name:
            return self._by_name[dataset]
        known = ", ".join(sorted(candidate.name for _, candidate in self.pairs()))
        raise Breach(f"No contract describes the dataset {dataset!r}.", f"There are: {known}.")

    def relation(self, dataset: str, seen_from: str, dialect: Dialect = POSTGRES) -> tuple[str, Dataset]:
        """How SQL about `seen_from` names `dataset`: bare within one database schema, else with its schema."""
        _, target = self.find(dataset)
        _, here = self.find(seen_from)
        table = dialect.quote(target.table)
        return (table if target.schema == here.schema else f"{dialect.quote(target.schema)}.{table}"), target


def header(contract: Contract) -> str:
    """What the first line of a generated file says."""
    return f"Generated from {source_path(contract)} ({contract.label}). Do not edit; run: c360 generate"


def source_path(contract: Contract) -> str:
    """The contract's path from its contracts folder on, alike on every machine."""
    parts = contract.path.parts
    start = max((i for i, part in enumerate(parts) if part == contract.layer), default=len(parts) - 1)
    return "/".join(("contracts", *parts[start:]))


def plan(catalog: Catalog) -> dict[str, str]:
    """Every generated file: its path below the project's root, and its text.

    Raises Breach for a clause that a renderer cannot express.
    """
    from c360.generate import dbt_enums, dbt_models, dbt_sources, elementary, soda

    files: dict[str, str] = {}
    for contract, dataset in catalog.pairs():
        files[f"soda_checks/{file_name(dataset)}.yml"] = soda.render(catalog, contract, dataset)
        if contract.layer == "sources":
            files[f"integration_tests/models/gate/{file_name(dataset)}.yml"] = elementary.gate(contract, dataset)
        renderer = dbt_sources if contract.layer == "sources" else dbt_models
        files[f"dbt_package/models/contracts/{file_name(dataset)}.yml"] = renderer.render(catalog, contract, dataset)
    files["dbt_package/macros/contracts/contract_enum.sql"] = dbt_enums.render(catalog)
    return files


def file_name(dataset: Dataset) -> str:
    """A dataset's name as a file's: it cannot leave the folder."""
    return "".join(ch if ch.isalnum() or ch in "-_" else "_" for ch in dataset.name)
