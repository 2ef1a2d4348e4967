"""What has changed from each released version to the next: `contracts/CHANGELOG.md`, generated, for people."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

from c360.compat.changes import Diff
from c360.compat.diff import diff
from c360.compat.grades import Step
from c360.compat.render import code, markdown
from c360.compat.steps import all_contracts, beside
from c360.contract.classifications import classifications
from c360.contract.current import precedence
from c360.contract.lock import Locked, read_lock
from c360.model import Contract
from c360.settings import Settings

NAME = "CHANGELOG.md"
_MARK = "<!-- Generated from the contracts and their lock by c360 generate; do not edit. -->"
_OF_ONE_VERSION = {
    "version-raised",
    "released",
    "deprecated",
    "reinstated",
    "retired",
    "sunset-changed",
    "sunset-too-near",
}
_HEAD = "| contract | version | released | breaking changes | what |\n|---|---|---|---|---|\n"


def changelog(folder: Path, settings: Settings) -> dict[str, str]:
    """The file, by its path below the project's root, and its text; the day of a version is that of its lock.

    Nothing where nothing is locked, and where people write the file themselves. Raises Breach for a contract or lock
    that cannot be read.
    """
    lock = read_lock(folder)
    file = folder / NAME
    if not lock or (file.exists() and not file.read_text(encoding="utf-8", errors="replace").startswith(_MARK)):
        return {}
    contracts = {path: contract for path, contract in all_contracts(folder).items() if not contract.draft}
    steps = {new.path: old for old, new in beside(contracts)}
    levels = classifications(settings.classifications)
    listed = []
    for path, contract in contracts.items():
        entry = lock.get(path.relative_to(folder).as_posix())
        if entry is not None and entry.version == contract.version:
            old = steps.get(path)
            listed.append((contract, entry, _step(diff(old, contract, levels, entry.day)) if old else None))
    listed.sort(key=lambda one: (one[0].name, precedence(one[0].version)))
    listed.sort(key=lambda one: one[1].day, reverse=True)
    rows = "".join(_row(contract, entry, step) for contract, entry, step in listed)
    parts = [markdown(step) for _, _, step in listed if step is not None]
    return {
        file.relative_to(settings.root).as_posix(): "\n".join([_MARK, "# Contract changes\n", _HEAD + rows, *parts])
    }


def _step(step: Diff) -> Diff:
    """Without what is of one version alone: where in its life it is, which goes on when the next one is long there."""
    return replace(step, changes=tuple(change for change in step.changes if change.rule.name not in _OF_ONE_VERSION))


def _row(contract: Contract, entry: Locked, step: Diff | None) -> str:
    breaks = sum(change.step >= Step.MAJOR for change in step.changes) if step else 0
    cells = [code(contract.name), code(contract.version), str(entry.day), str(breaks), _summary(step)]
    return f"| {' | '.join(cells)} |\n"


def _summary(step: Diff | None) -> str:
    """How many changes of each kind, the worst first."""
    if step is None:
        return "first version"
    kinds = Counter(change.rule.name for change in step.changes)
    return ", ".join(f"{count} {name.replace('-', ' ')}" for name, count in kinds.items()) or "nothing"
