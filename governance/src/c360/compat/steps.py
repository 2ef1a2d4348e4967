"""Which contracts of a folder are compared with which: a version with the one before, or with itself at a commit."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

from c360.compat.changes import Diff
from c360.compat.diff import diff
from c360.contract.current import SEMVER, precedence
from c360.contract.document import read_document
from c360.contract.load import RAW, contract_files, is_odcs_contract, load_contract, may_be_contract
from c360.contract.problems import Problems
from c360.errors import Breach, CouldNotTell
from c360.model import Contract

Contracts = dict[Path, Contract]


def all_contracts(folder: Path, instead: Mapping[Path, str] | None = None) -> Contracts:
    """Every version of every contract below `folder`, with texts `instead` of files. Raises CouldNotTell for one that
    cannot be read."""
    texts = instead or {}
    return {path: to_compare(path, folder, texts.get(path)) for path in contract_files(folder)}


def to_compare(path: Path, folder: Path | None = None, text: str | None = None) -> Contract:
    """A contract as far as it can be understood: what cannot is compared as text. Raises CouldNotTell for a file that
    cannot be read, or is no contract."""
    problems = Problems(collect=True)
    try:
        contract = load_contract(path, folder, read_document(path, text), RAW, problems)
        for _, place, breach in problems.found:
            if place == ("kind",):
                raise breach
    except Breach as error:
        raise CouldNotTell(error.message, error.remedy) from error
    return contract


def steps(
    folder: Path, now: Contracts, before: dict[Path, str] | None, levels: Iterable[str], today: date
) -> list[Diff]:
    """Every comparison in `folder`, in the order of its files, those in which nothing changes left out.

    `before` holds the files as they once were: then it is what has changed since, with a new version against the
    highest one below it, and a file that is gone as a version that is retired. Without it, each version is compared
    with the highest one below it.
    """
    levels = tuple(levels)
    pairs = beside(now) if before is None else _since(now, _read(before, folder))
    found = (diff(old, new, levels, today) for old, new in pairs)
    return [comparison for comparison in found if comparison.changes]


def _read(before: dict[Path, str], folder: Path) -> Contracts:
    """What was a contract then. One that could not be read promised nothing that could be held against it."""
    found = {}
    for path, text in before.items():
        if may_be_contract(path.relative_to(folder)) and (".odcs" in path.suffixes or is_odcs_contract(text.encode())):
            try:
                found[path] = to_compare(path, folder, text)
            except CouldNotTell:
                continue
    return found


def beside(now: Contracts) -> list[tuple[Contract, Contract]]:
    """Each version that has one below it, behind the highest of those."""
    families: dict[Path | str, Contracts] = {}
    for path, contract in now.items():
        families.setdefault(family(contract), {})[path] = contract
    pairs = [(_below(contract, families[family(contract)]), contract) for contract in now.values()]
    return [(old, new) for old, new in pairs if old is not None]


def _since(now: Contracts, before: Contracts) -> list[tuple[Contract, Contract]]:
    gone = {path: contract for path, contract in before.items() if path not in now}
    pairs = []
    for path, contract in now.items():
        old = before.get(path) or _moved(contract, gone)
        if old is None or (old.draft and old.version == contract.version):
            old = _below(contract, now) or old  # a draft itself has promised nothing
        if old is not None:
            pairs.append((old, contract))
    retired = [(old, replace(old, document={**old.document, "status": "retired"})) for old in gone.values()]
    return pairs + [(old, new) for old, new in retired if not old.draft]


def _moved(contract: Contract, gone: Contracts) -> Contract | None:
    """The same version of the same contract, from a file that is not there any more."""
    path = next((p for p, old in gone.items() if (old.id, old.version) == (contract.id, contract.version)), None)
    return gone.pop(path) if path is not None else None


def _below(contract: Contract, now: Contracts) -> Contract | None:
    """The highest version below this one, a released one if there is any."""
    own = precedence(contract.version)
    lower = [c for c in now.values() if family(c) == family(contract) and precedence(c.version) < own]
    return max(lower, key=lambda c: (not c.draft, precedence(c.version)), default=None)


def family(contract: Contract) -> Path | str:
    """What the versions of one contract have in common: they share a folder when the files are named after versions,
    else an id."""
    return contract.path.parent if SEMVER.fullmatch(contract.path.name.partition(".odcs")[0]) else contract.id
