"""`c360 compat`: what changed in a folder of contracts, whether it was announced, and to whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from c360.compat.affected import AffectedConsumer, affected_consumers
from c360.compat.changes import Diff
from c360.compat.steps import all_contracts, steps
from c360.contract.classifications import classifications
from c360.contract.consumers import consumers
from c360.contract.past import files_at


@dataclass(frozen=True)
class ContractComparison:
    """A comparison of two versions, and the consumers that its changes affect."""

    diff: Diff
    affected: tuple[AffectedConsumer, ...]

    @property
    def sound(self) -> bool:
        return self.diff.enough and all(one.settled for one in self.affected)


def compare_all(
    folder: Path, base: str | None, levels: Path | None, today: date, instead: Mapping[Path, str] | None = None
) -> list[ContractComparison]:
    """Every comparison in a contracts folder, since the commit `base` or between its versions.

    `levels` is the file of classifications, None for that of the toolkit; `instead` holds texts to read instead of
    files, as if they stood there. Raises Breach for a contract or consumer that
    is not sound, CouldNotTell where there is no contract or no such commit.
    """
    now = all_contracts(folder, instead)
    registered = consumers(folder, now.values())
    before = None if base is None else files_at(base, folder)
    found = steps(folder, now, before, classifications(levels), today)
    return [ContractComparison(diff, tuple(affected_consumers(diff, registered, today))) for diff in found]
