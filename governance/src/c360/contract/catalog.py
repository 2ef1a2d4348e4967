"""The catalog: all live contracts together, and what two of them must not both claim."""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from c360.clause.dialect import POSTGRES, Dialect
from c360.contract.document import parse
from c360.contract.names import faults, where
from c360.errors import Breach, unknown
from c360.model import Contract, Dataset, Where
from c360.printable import file_stem, shown


@dataclass(frozen=True)
class Catalog:
    """All live contracts together, so that a clause of one can refer to a table of another."""

    contracts: tuple[Contract, ...]

    @classmethod
    def of(cls, contracts: Iterable[Contract]) -> "Catalog":
        """Raises Breach for a name that no tool could carry, and when two contracts claim one dataset, table, file
        or dbt node."""
        catalog = cls(tuple(contracts))
        for contract in catalog.contracts:
            sound(contract, tool="")
        for claim, owner, other in collisions(catalog.contracts):
            raise Breach(f"{owner[0].path}: {collision(claim, owner, other)}.", "Rename one of them.")
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
        said = unknown(f"No contract describes the dataset {dataset!r}.", dataset, self._by_name)
        raise Breach(said.message, said.remedy)

    def versions(self, dataset: Dataset) -> list[tuple[Contract, Dataset]]:
        """The live versions of the dbt model that a dataset is, the newest first; itself where dbt knows none of it."""
        if dataset.major is None:
            return [self.find(dataset.name)]
        found = [pair for pair in self.pairs() if pair[1].model == dataset.model]
        return sorted(found, key=lambda pair: pair[1].major or 0, reverse=True)

    def relation(self, dataset: str, seen_from: str, dialect: Dialect = POSTGRES) -> tuple[str, Dataset]:
        """How SQL about `seen_from` names `dataset`: bare within one database schema, else with its schema."""
        _, target = self.find(dataset)
        _, here = self.find(seen_from)
        table = dialect.quote(target.table)
        return (table if target.schema == here.schema else f"{dialect.quote(target.schema)}.{table}"), target

    def where(self, dataset: Dataset, now: str, dialect: Dialect = POSTGRES, itself: str = "") -> Where:
        """How a dataset is measured; `itself` is what SQL calls its own table where that is not its name."""

        def resolve(name: str) -> tuple[str, Dataset]:
            return (itself, dataset) if itself and name == dataset.name else self.relation(name, dataset.name, dialect)

        return Where(dataset, dialect, now, resolve, self.tables)


Owner = tuple[Contract, int, str]
"""A contract, the number of its dataset, and the name as it is written."""


def collisions(contracts: Iterable[Contract]) -> Iterator[tuple[tuple[str, str], Owner, Owner]]:
    """What two datasets or contracts claim, as ((kind, its name), the later one, the earlier one)."""
    seen: dict[tuple[str, str], Owner] = {}
    for claim, owner in _claims(contracts):
        other = seen.setdefault(claim, owner)
        if other is not owner:
            yield claim, owner, other


def collision(claim: tuple[str, str], owner: Owner, other: Owner) -> str:
    """A collision in words."""
    kind, name = claim
    return f"the {kind} {shown(name)} of {shown(owner[2])} is claimed by {shown(other[2])} in {other[0].path} too"


def _claims(contracts: Iterable[Contract]) -> Iterator[tuple[tuple[str, str], Owner]]:
    """Files are compared as a file system does that knows no upper and lower case. Versions of a model share a name."""
    models: dict[tuple[str, str], Owner] = {}
    for contract in contracts:
        yield ("page", on_disk(contract.key)), (contract, 0, contract.key)
        for number, dataset in enumerate(contract.datasets):
            owner = (contract, number, dataset.name)
            yield ("file", on_disk(dataset.name)), owner
            yield ("table", f"{dataset.schema}.{dataset.table}"), owner
            if contract.layer == "sources":
                yield ("dbt source", f"{contract.system}.{dataset.name}"), owner
            else:
                if dataset.major is not None:
                    yield ("dbt model", f"{dataset.model}_v{dataset.major}"), owner
                    owner = models.setdefault((contract.name, dataset.model), owner)
                yield ("dbt model", dataset.model), owner


def on_disk(name: str) -> str:
    """A name as contracts are told apart by it: as files are, without upper and lower case."""
    return unicodedata.normalize("NFKC", file_stem(name)).casefold()


def sound(contract: Contract, tool: str) -> None:
    for fault in faults(contract.document, contract.layer):
        if fault.tool == tool:
            line = parse(contract.path).line(fault.place) if contract.path.is_file() else 1
            at = f"{contract.path}:{line}: {where(fault.place)}"
            raise Breach(f"{at}: {fault.message}.", "See every such place: c360 lint")
