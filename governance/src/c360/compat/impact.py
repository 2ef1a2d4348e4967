"""Who is downstream of a contract: the consumers that registered, and what dbt's manifest says reads its tables."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from c360.compat.affected import reaches
from c360.compat.compare import ContractComparison, compare_all
from c360.compat.steps import all_contracts
from c360.contract.consumers import Consumer, consumers
from c360.dbt.manifest import downstream, nodes_of, read_manifest
from c360.errors import unknown
from c360.model import Contract
from c360.printable import shown

_READERS = ("model", "snapshot", "exposure")


@dataclass(frozen=True)
class User:
    """`what` is `consumer`, or what dbt calls it and how far downstream; `uses` the columns, contact or table."""

    contract: str
    who: str
    what: str
    uses: str


@dataclass(frozen=True)
class Impact:
    users: tuple[User, ...]
    notes: tuple[str, ...]


def impact(folder: Path, name: str | None, base: str | None, levels: Path | None, path: Path, today: date) -> Impact:
    """Who uses the contract `name`, or any; with `base`, who is affected by what changed since. `path` is dbt's
    manifest.

    Raises CouldNotTell when there is no such contract, and for a manifest that cannot be read.
    """
    now = all_contracts(folder)
    names = {contract.name for contract in now.values()}
    if name is not None and name not in names:
        raise unknown(f"There is no contract {shown(name)}.", name, names)
    comparisons = None if base is None else compare_all(folder, base, levels, today)
    manifest = read_manifest(path)
    registered = consumers(folder, now.values())
    users: list[User] = []
    for own in [name] if name else names:
        versions = [contract for contract in now.values() if contract.name == own]
        changed = (
            None
            if comparisons is None
            else [one for one in comparisons if own in (one.diff.old.name, one.diff.new.name)]
        )
        for consumer in registered:
            if consumer.contract == own and (changed is None or _is_affected(consumer, changed)):
                uses = ", ".join(consumer.columns) or "all columns"
                users.append(User(own, consumer.name, "consumer", f"{consumer.versions}: {uses}; {consumer.contact}"))
        users += _models(manifest, versions, None if changed is None else _datasets(changed))
    notes = () if manifest else (f"There is no {path}, so dbt's models are not among them: c360 build writes it.",)
    return Impact(tuple(users), notes)


def _is_affected(consumer: Consumer, comparisons: list[ContractComparison]) -> bool:
    return any(
        change.consumers != "safe" and consumer.uses_version(one.diff.old.version) and reaches(change, consumer)
        for one in comparisons
        for change in one.diff.changes
    )


def _datasets(comparisons: list[ContractComparison]) -> set[str]:
    """The datasets that change; a change of the contract as a whole is one of all its datasets."""
    found = set()
    for one in comparisons:
        for change in one.diff.changes:
            if change.consumers != "safe":
                found |= {change.dataset} if change.dataset else {d.name for d in one.diff.new.datasets}
    return found


def _models(manifest: dict[str, Any], versions: list[Contract], only: set[str] | None) -> Iterator[User]:
    seen = set()
    for contract in versions:
        for dataset in contract.datasets:
            if only is not None and dataset.name not in only:
                continue
            for node in nodes_of(manifest, contract, dataset):
                for reader, depth in downstream(manifest, node):
                    kind, *_, name = reader.split(".", 2)
                    if kind in _READERS and (reader, node) not in seen:
                        seen.add((reader, node))
                        far = "" if depth == 1 else f", {depth} steps on"
                        version = manifest.get("nodes", {}).get(node, {}).get("version")
                        yield User(
                            contract.name, name, f"{kind}{far}", dataset.name + (f" v{version}" if version else "")
                        )
