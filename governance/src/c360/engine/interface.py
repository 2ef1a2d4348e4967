"""What the gate needs of an engine: the place where deliveries land, and where raw and the quarantine lie.

An engine is a folder beside this module. It knows the dialect of its SQL, how text is cast there and how rows are
moved; what is asked of a delivery, in which order, and when it is refused is told by the gate and is the same for all.
What is put on record (`c360.ledger`) is in a Postgres, whatever the engine. What a second one has to bring is told in
docs/decisions/0016-an-engine-is-a-folder.md.
"""

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from c360.clause.watched import is_share
from c360.contract.catalog import Catalog
from c360.delivery.files import Delivery
from c360.delivery.form import Form
from c360.delivery.shapes import Shapes
from c360.ledger.history import Outcome
from c360.ledger.quarantine import Chosen, Evidence
from c360.model import Contract, Dataset

How = Literal["delivered", "replayed", "decided"]
"""How rows came. What decides where no load time does: delivered ones are newer than those of raw; replayed ones, from
the quarantine, are in no order with them, and contradict them. What was decided takes the place of raw's, whatever was
loaded when."""


@dataclass(frozen=True)
class Verdict:
    """The word of the scan on one clause; `measured` is None when it could not tell."""

    outcome: Outcome
    measured: float | None
    engine: str = "soda"
    """Who looked."""
    why: str = ""
    """Why it could not tell, or found no number, and what to do about it."""
    remedy: str = ""
    rows: int | None = None
    """How many rows break it, where that is what was measured."""


@dataclass(frozen=True)
class Plan:
    """What will become of the rows that landed, known before anything of it is written:
    rows = promoted + quarantined + duplicates."""

    how: How
    broken: dict[str, int]
    """How many rows break each clause, by its id."""
    quarantined: int
    promoted: int
    """In raw afterwards or, where raw holds a newer version, among the superseded rows."""
    superseded: int
    """Moved there, or went there."""
    duplicates: int
    """They say what is known: `collapsed` in the delivery itself, the others in raw."""
    collapsed: int = 0
    newest_load: str | None = None
    """The time of the newest row up to the clock, as text, in UTC: a row from the future would hide a stale load."""
    looked: bool = True
    """False where there was no need to look at each row."""
    decision: int | None = None
    """The number of the decision, for rows that came by one."""


Numbers = dict[str, dict[str, float]]
"""What later deliveries are compared with, by clause id and name (`c360.clause.watched`)."""


def named_numbers(asked: Sequence[tuple[str, str, str]], answers: Sequence[Any]) -> Numbers:
    """The numbers that were asked for, out of the count of rows and then an answer to each; none where a number is
    null or not finite, and no share of no rows."""
    rows, *values = answers
    found: Numbers = {}
    for (clause, name, _), value in zip(asked, values, strict=True):
        if value is None or (is_share(name) and not rows) or not math.isfinite(value):
            continue
        found.setdefault(clause, {})[name] = float(value) / rows if is_share(name) else float(value)
    return found


class Landing(Protocol):
    """One dataset's delivery while it is in the gate, for who is alone with it (`c360.gate.entry`). Numbers of
    deliveries and decisions are the ledger's.

    It is called in this order: land or land_quarantined, cast, keep_out; scan; plan, numbers; evidence or apply; clear.
    """

    def transaction(self) -> AbstractContextManager[None]:
        """Where engine and ledger are one database, what happens in it is done as a whole when it ends, or undone when
        it raises. Elsewhere it does nothing: a plan that is in the ledger is applied by who comes next."""

    def land(self, delivery: Delivery) -> int:
        """Take the delivery in as it is; returns how many records it holds, lines that are none included.

        Raises CouldNotTell for a file that cannot be read to its end, and when not all of it arrived, and TwoReadings
        for one that can be read in two ways; never with anything of its contents.
        """

    def land_quarantined(self, chosen: Chosen) -> int:
        """Take open rows of the quarantine in, as they were delivered; returns how many they are."""

    def cast(self, form: Form, in_shape: bool = False) -> None:
        """Cast what landed to the contract's types, losing nothing; when it is `in_shape`, the plain cast will do."""

    def keep_out(self) -> int:
        """Take out of what landed the rows of people who were forgotten (`c360.ledger.erasure`), and what mentions
        them; rows of the quarantine that landed again leave it for good. Returns how many rows that were."""

    def scan(self, contract: Contract, now: datetime) -> dict[str, Verdict]:
        """Measure what landed: by Soda or, where the project has none, by the engine itself. By clause id."""

    def numbers(self) -> Numbers:
        """What later deliveries are compared with, of the rows that landed and could be cast, in one pass."""

    def plan(self, as_of: datetime, how: How = "delivered", clean: bool = False) -> Plan:
        """Judge each row alone, collapse those that say the same, judge the others together and beside raw, and say
        what that comes to. When the scan found the delivery `clean`, there is nothing to look for but values without
        their type, and raw.

        Raises CouldNotTell when raw has a column of another type.
        """

    def evidence(self) -> Evidence | None:
        """Which rows broke the delivery, by their numbers; None when it was not rows."""

    def apply(self, delivery_id: int, plan: Plan, as_of: datetime) -> int:
        """Do what was planned: rows that are lost, and lines that are no record, go to the quarantine, or stay there;
        older versions to the superseded rows; the others to raw. Rows that came from the quarantine and hold leave it,
        and those in dispute with what was decided. By the delivery's number: doing it again changes nothing, however
        much of it was done before.

        Returns how many open rows of earlier deliveries leave the quarantine because this one brought their key as it
        should be. A row is corrected by one of its key that was loaded later, or that says the same; by one that was
        loaded at the same time only if it broke a clause by itself: which of two that contradict each other is right,
        none can tell.
        """

    def clear(self) -> None:
        """Nothing is left of what landed."""


class Engine(Shapes, Protocol):
    """Where the data of one project lies, and what is known of text there."""

    def landing(self, catalog: Catalog, dataset: Dataset) -> Landing:
        """The landing of a dataset, with what a plan that was not applied to its end left there."""

    def measured(self, catalog: Catalog, dataset: Dataset, now: datetime) -> dict[str, Verdict]:
        """A verdict by clause id on a dataset's table as it stands, on each clause that `c360 verify` asks about."""
