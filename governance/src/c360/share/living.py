"""Shares that go on though no policy says so any more: its file is gone or cannot be read, or its last day is over."""

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from c360.contract.document import parse
from c360.database import connect
from c360.database.access import TRANSFORMER
from c360.errors import CouldNotTell
from c360.settings import Settings

if TYPE_CHECKING:
    from psycopg import Cursor

Share = tuple[str, str]
"""Partner and product."""
_OPEN = "select distinct partner, product from sharing.release where withdrawn is null order by 1, 2"


@dataclass(frozen=True)
class Ended:
    """A share that was published and never withdrawn; `until` is its last day, None where no policy is for it."""

    partner: str
    product: str
    until: date | None

    def __str__(self) -> str:
        why = f"since {self.until}" if self.until else "since no sound policy says so"
        return f"{self.partner} gets {self.product} no more, {why}"

    @property
    def remedy(self) -> str:
        return f"Withdraw it: c360 publish {self.partner}"


def policy_files(folder: Path) -> list[Path]:
    """Every YAML file of a folder and those below it, whichever way its name ends."""
    return sorted(
        Path(place, name)
        for place, _, names in os.walk(folder, followlinks=True)
        for name in names
        if name.lower().endswith((".yaml", ".yml"))
    )


def last_days(folder: Path) -> dict[Share, date]:
    """The last day of each share that a file names, sound or not."""
    found = {}
    for path in policy_files(folder):
        try:
            said = parse(path).data
            found[str(said["partner"]), str(said["product"])] = date.fromisoformat(str(said["until"]))
        except (CouldNotTell, LookupError, ValueError):  # c360 lint tells why
            continue
    return found


def open_shares(cursor: "Cursor") -> list[Share]:
    """Those that were published and not withdrawn; `cursor` is the transformer's."""
    cursor.execute("select to_regclass('sharing.release') is not null")
    if cursor.fetchone() != (True,):
        return []
    cursor.execute(_OPEN)
    return [(str(partner), str(product)) for partner, product in cursor.fetchall()]


def ended(there: list[Share], living: dict[Share, date], today: date) -> Iterator[Ended]:
    """Of the shares that are there those that nobody wants any more."""
    for share in there:
        until = living.get(share)
        if until is None or until < today:
            yield Ended(*share, until)


def ended_here(settings: Settings, today: date) -> list[Ended]:
    """Those of the project's database."""
    with closing(connect(settings, role=TRANSFORMER)) as database, database.cursor() as cursor:
        return list(ended(open_shares(cursor), last_days(settings.policies), today))


def ended_bundles(settings: Settings, today: date) -> Iterator[tuple[Path, Ended]]:
    """Those of which signed data lies where partners fetch it; that tells without a database."""
    manifests = sorted((settings.site / "partners").glob("*/*/manifest.json"))
    shares = {(path.parent.parent.name, path.parent.name): path for path in manifests}
    for one in ended(list(shares), last_days(settings.policies), today):
        yield shares[one.partner, one.product], one
