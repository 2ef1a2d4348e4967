"""What the gate needs of an engine: the place where deliveries land and raw lies.

An engine is a folder beside this module. It knows the dialect of its SQL, how text is cast there and how rows are
moved; what is asked of a delivery, in which order, and when it is refused is told by the gate and is the same for all.
What is put on record (`c360.ledger`) is in a Postgres, whatever the engine.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from c360.contract.catalog import Catalog
from c360.delivery.files import Delivery
from c360.delivery.form import Form
from c360.delivery.shapes import Shapes
from c360.ledger.quarantine import Chosen, Evidence
from c360.model import Contract, Dataset

Order = Literal["newer", "unordered", "decided"]
"""What rows without a load time are beside those of raw: newer, as a delivery is, or unordered, as what was in
quarantine is, so that they contradict them. What was decided takes the place of raw's, whatever was loaded when."""


@dataclass(frozen=True)
class Verdict:
    """The word of the scan on one clause; `measured` is None when it could not tell."""

    outcome: str
    measured: float | None
    engine: str = "soda"
    """Who looked."""
    why: str = ""
    """Why it could not tell, and what to do about it."""
    remedy: str = ""


@dataclass(frozen=True)
class Split:
    """Rows that each clause lost, by clause id; exact duplicates that collapsed; rows to be quarantined."""

    rows: dict[str, int]
    collapsed: int
    quarantined: int
    looked: bool = True
    """False where there was no need to look."""


@dataclass(frozen=True)
class Promotion:
    """What became of the rows that hold.

    `promoted` are in raw now or, where raw holds a newer version, among the superseded rows; `superseded` moved or went
    there; `duplicates` say what was known.
    """

    promoted: int
    superseded: int
    duplicates: int


class Landing(Protocol):
    """One dataset's delivery while it is in the gate. Numbers of deliveries and decisions are the ledger's."""

    def transaction(self) -> AbstractContextManager[None]:
        """What happens in it, in engine and ledger, is done as a whole when it ends, or undone when it raises."""

    def land(self, delivery: Delivery) -> int:
        """Take the delivery in as text; returns how many records it holds, lines that are none included.

        Raises CouldNotTell for a file that cannot be read to its end, and when not all of it arrived, and TwoReadings
        for one that can be read in two ways; never with anything of its contents.
        """

    def land_quarantined(self, chosen: Chosen) -> int:
        """Take open rows of the quarantine in as text, as they were delivered; returns how many they are."""

    def cast(self, form: Form, in_shape: bool = False) -> None:
        """Cast what landed to the contract's types, losing nothing; when it is `in_shape`, the plain cast will do."""

    def keep_out(self) -> int:
        """Take out of what landed the rows of people who were forgotten (`c360.ledger.erasure`), and what mentions
        them; rows of the quarantine that landed again leave it for good. Returns how many rows that were."""

    def ensure_targets(self) -> None:
        """Make the raw tables that clauses of the dataset look at, where they are not there yet."""

    def ensure_raw(self) -> None:
        """Make the dataset's raw table, or add the columns that the contract brought.

        Raises CouldNotTell when the table there has a column of another type.
        """

    def scan(self, contract: Contract, now: datetime) -> dict[str, Verdict]:
        """Measure what landed, which is committed: by Soda or, where the project has none, by the engine itself.

        Returns a verdict by clause id.
        """

    def split(self, as_of: datetime, clean: bool = False, order: Order = "newer") -> Split:
        """Judge each row alone, collapse those that say the same, and judge the others together and beside raw; when
        the scan found the delivery `clean`, there is nothing to look for but values without their type, and raw."""

    def promote(self, delivery_id: int, candidates: int) -> Promotion:
        """Rows that hold, `candidates` in number, go to raw, as the split compared them with it."""

    def newest_load(self, as_of: datetime) -> str | None:
        """The time of the newest row up to `as_of`, as text, in UTC: a row from the future would hide a stale load."""

    def quarantine(self, delivery_id: int) -> None:
        """Keep the rows that were lost, and the lines that are no record, with their numbers in the delivery."""

    def evidence(self) -> Evidence | None:
        """Which rows broke the delivery, to outlive the transaction; None when it was not rows."""

    def close_corrected(self, delivery_id: int, as_of: datetime) -> int:
        """Open rows of earlier deliveries whose key this one brought, as it should be, leave the quarantine; returns
        how many.

        A row is corrected by one of its key that was loaded later, or that says the same; by one that was loaded at
        the same time only if it broke a clause by itself: which of two that contradict each other is right, none can
        tell.
        """

    def close_replayed(self, delivery_id: int) -> None:
        """Of rows that landed again, those that hold leave; the others stay, with the clauses they break now."""

    def close_rivals(self, decision_id: int) -> None:
        """Open rows of the key that landed are discarded."""


class Engine(Shapes, Protocol):
    """Where the data of one project lies, and what is known of text there."""

    def landing(self, catalog: Catalog, dataset: Dataset) -> AbstractContextManager[Landing]:
        """A dataset's landing, for who is alone with it; whatever becomes of the delivery, it is empty afterwards."""
