"""Which versions are live: the current one of each contract, and of a product the older majors that it still promises.

What readers of an older major rely on is a table of its own beside that of the newer one, so it is built, tested and on
record by itself, as `customers_v1`, until it is retired. A source is delivered in one version: the current.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from c360.clause.arguments import Argument, Relationship
from c360.contract.current import current, precedence
from c360.model import Clause, Contract, Dataset


def live(contracts: Sequence[Contract]) -> list[Contract]:
    """Of each contract the current version, and behind it the older majors that stand beside it, under names of their
    own. `contracts` are all versions of all contracts."""
    return [named for kept, _, versions in _families(contracts) for named in _named(kept, versions)]


def displaced_versions(contracts: Sequence[Contract]) -> list[tuple[Contract, Contract]]:
    """Older majors that are promised and that nobody can keep, since a newer version has their table: with that one."""
    return [pair for _, crowded, _ in _families(contracts) for pair in crowded]


Family = tuple[list[Contract], list[tuple[Contract, Contract]], list[Contract]]


def _families(contracts: Sequence[Contract]) -> Iterator[Family]:
    """Of each contract the versions that are live side by side, those that are crowded out and by which, and all."""
    for newest in current(contracts, lambda contract: contract.document):
        versions = [contract for contract in contracts if contract.name == newest.name]
        kept, crowded = [newest], []
        for older in _older(newest, versions):
            taker = next((c for c in kept if _tables(c) & _tables(older)), None)
            if taker is None:
                kept.append(older)
            else:
                crowded.append((older, taker))
        yield kept, crowded, versions


def _older(newest: Contract, versions: Sequence[Contract]) -> list[Contract]:
    """The highest released version of each lower major, from new to old, unless that one is retired."""
    highest: dict[int, Contract] = {}
    for contract in sorted(versions, key=lambda c: precedence(c.version)):
        if not contract.draft and _major(contract) < _major(newest):
            highest[_major(contract)] = contract
    kept = [c for c in highest.values() if c.status != "retired"] if newest.layer == "products" else []
    return kept[::-1]


def _named(kept: Sequence[Contract], versions: Sequence[Contract]) -> Iterator[Contract]:
    """Names by which they can stand in one catalog, and in dbt: tables `customers` and `customers_v2` are two versions
    of one model, as dbt itself would name them; tables of other names are models of their own."""
    taken: set[str] = set()
    for contract in kept:
        suffix = "" if contract is kept[0] else f"_v{_major(contract)}"
        renamed = {d.name: d.name + suffix for d in contract.datasets if d.name in taken}
        taken |= {dataset.name for dataset in contract.datasets}
        datasets = (_modelled(d, contract, versions) for d in contract.datasets)
        yield replace(contract, suffix=suffix, datasets=tuple(_renamed(d, renamed) for d in datasets))


def _modelled(dataset: Dataset, contract: Contract, versions: Sequence[Contract]) -> Dataset:
    """With the version of the dbt model that it is, where other released versions, retired ones too, are of that."""
    model = dataset.table.removesuffix(f"_v{_major(contract)}")
    tables = {
        (d.table, d.table.removesuffix(f"_v{_major(other)}"))
        for other in versions
        for d in other.datasets
        if d.name == dataset.name and not other.draft and contract.layer == "products"
    }
    if len({table for table, stem in tables if stem == model}) < 2:
        return dataset
    return replace(dataset, model=model, major=_major(contract))


def _renamed(dataset: Dataset, names: dict[str, str]) -> Dataset:
    name = names.get(dataset.name, dataset.name)

    def clause(said: Clause[Argument]) -> Clause[Argument]:
        target = said.argument
        if isinstance(target, Relationship):
            target = replace(target, target=names.get(target.target, target.target))
        return replace(said, id=name + said.id.removeprefix(dataset.name), dataset=name, argument=target)

    return replace(dataset, name=name, clauses=tuple(map(clause, dataset.clauses))) if names else dataset


def _major(contract: Contract) -> int:
    """The first number of the version; 0 where there is none."""
    numbers: tuple[int, ...] = precedence(contract.version)[0]
    return numbers[0] if numbers else 0


def _tables(contract: Contract) -> set[tuple[str, str]]:
    return {(dataset.schema, dataset.table) for dataset in contract.datasets}
