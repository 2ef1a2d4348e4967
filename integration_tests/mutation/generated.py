"""One mutation for each clause, by the breakers of `c360 fake`: beside those by hand, which are near misses."""

from functools import cache

from c360.clause import kinds
from c360.contract import find_contracts
from c360.delivery.form import Form
from c360.fake import breakers
from c360.fake.asked import Asked
from c360.fake.changes import Drop, changed
from c360.fake.judge import Judge
from c360.fake.tables import Maker
from c360.model import Clause, Contract, Dataset

from .clean import NOW, clean
from .mutations import NO_TABLE, NOT_INGESTED, Mutation
from .worlds import CONTRACTS

ROW, FEW = 7, 16
NO_VERSIONS = {
    p: "a table knows nothing of what comes first: mutations by hand say so" for p in ("soda", "dbt", "verify")
}
LEFT = (kinds.READABLE, kinds.CONFLICT, kinds.SQL, kinds.CLASSIFICATION, kinds.UNENFORCED, kinds.ANOMALY)
"""What is no row, wants a second delivery, is SQL about many rows, or is about no data."""


@cache
def generated() -> tuple[Mutation, ...]:
    """For each dataset and each of its clauses that the breakers break."""
    contracts = _contracts()
    pairs = [(contract, dataset) for contract in contracts for dataset in contract.datasets]
    found = [(c, d, clause) for c, d in pairs for clause in d.clauses if clause.kind not in LEFT and d.name != "rules"]
    return tuple(made for contract, dataset, clause in found if (made := _mutation(contract, dataset, clause)))


def _mutation(contract: Contract, dataset: Dataset, clause: Clause) -> Mutation | None:
    rows = clean(dataset.name)
    judge = _judge(dataset.name)
    near = rows[:FEW] if clause.kind.loses_rows else rows
    scene = breakers.Scene(dataset, near, ROW, NOW, judge.asked)
    changes = breakers.chosen(clause, scene, judge)
    if changes is None:
        return None
    after = changed(rows, changes)
    broken = judge.whole(after)
    if not any(isinstance(change, Drop) for change in changes):
        broken |= {id_ for ids in _judge(dataset.name, True).rows(after).broken.values() for id_ in ids}
    not_here = dict(NOT_INGESTED) if contract.layer == "products" else {}
    if clause.kind.by_value or clause.kind.disputed:
        not_here |= NO_TABLE if clause.kind.by_value else NO_VERSIONS
    clauses = tuple(sorted(id_.removeprefix(f"{dataset.name}.") for id_ in broken))
    return Mutation(dataset.name, f"generated for {clause.id}", changes, clauses, {}, not_here)


@cache
def _contracts() -> list[Contract]:
    return find_contracts(CONTRACTS)


@cache
def _judge(name: str, all_rows: bool = False) -> Judge:
    """As the points judge the clean rows of a dataset: what they refer to lies in clean tables; or, of `all_rows`, also
    among themselves."""
    there = {d.name: d for contract in _contracts() for d in contract.datasets}
    parents: dict[str, set[tuple[str | None, ...]]] = {}
    asked: dict[str, Asked] = {}
    dataset = there[name]
    maker = Maker(dataset, {}, Form(), NOW, seed=1)

    def exists(clause: Clause, texts: tuple[str, ...]) -> bool:
        target = there[clause.argument.target]
        if all_rows and target.name == name:
            return False
        names = [target.physical(name) for name in clause.argument.target_columns]
        if clause.id not in parents:
            parents[clause.id] = {tuple(row[name] for name in names) for row in clean(target.name)}
        return texts in parents[clause.id]

    def of(name: str) -> Asked:
        if name not in asked:
            asked[name] = maker.asked(dataset.column(name))
        return asked[name]

    return Judge(dataset, NOW, of, exists)
