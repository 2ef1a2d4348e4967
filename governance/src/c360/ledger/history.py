"""The history: what every stage found out about every clause, appended and never changed.

One row a clause, stage and run, and one row for the run itself (engine `c360`), so that a stage that broke down
is on record too. Time runs by `as_of`, the clock of the run; `at` is when it was written down, both in UTC.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from c360.errors import Breach, CouldNotTell, plainly
from c360.ledger import events
from c360.model import Clause

if TYPE_CHECKING:
    from psycopg import Connection

    from c360.contract.catalog import Catalog

Outcome = Literal["passed", "failed", "warned", "skipped", "errored"]
BADNESS: tuple[Outcome, ...] = ("passed", "skipped", "warned", "errored", "failed")
"""From good to bad: where one engine has several results for a clause, the worst counts."""
RUN_ENGINE = "c360"
"""The engine of the row that tells how a run itself ended."""
EVERYTHING = "*"
"""The subject of a run that looks at all contracts at once."""


@dataclass(frozen=True)
class Run:
    """One run of one stage. `as_of` is its clock, with time zone, for freshness and age."""

    id: uuid.UUID
    stage: str
    as_of: datetime

    @classmethod
    def start(cls, stage: str, as_of: datetime | None = None) -> "Run":
        return cls(uuid.uuid4(), stage, as_of or datetime.now(UTC))


@dataclass(frozen=True)
class Finding:
    """What one engine found out about one clause. `rows` broke it; `detail` never holds a value of the data.

    `dissent` is the word of another engine that was overruled, such as `datacontract: passed`.
    """

    clause: Clause[Any]
    engine: str
    outcome: Outcome
    measured: float | None = None
    rows: int | None = None
    detail: str | None = None
    dissent: str | None = None


@dataclass
class Ending:
    """How a run ended; outcome None leaves it off the record."""

    outcome: Outcome | None = "passed"
    detail: str | None = None
    made: Callable[[], list[events.Made]] = list
    """Tells the tables and views that the run made, if somebody asks."""


def failing(clause: Clause[Any]) -> Outcome:
    """What a breach of this clause is called."""
    return "warned" if clause.severity == "warning" else "failed"


def record(database: "Connection", run: Run, findings: Iterable[Finding]) -> None:
    """Append findings in the caller's transaction, one row a clause."""
    worst: dict[str, Finding] = {}
    for found in findings:
        before = worst.get(found.clause.id)
        if before is None or BADNESS.index(found.outcome) > BADNESS.index(before.outcome):
            worst[found.clause.id] = found
    _append(
        database,
        [
            (
                str(run.id), run.as_of, run.stage, f.engine, f.clause.contract, f.clause.version, f.clause.dataset,
                f.clause.id, f.clause.dimension, f.outcome, f.measured, f.rows, f.detail, f.dissent,
            )
            for f in worst.values()
        ],
    )  # fmt: skip


@contextmanager
def on_record(
    database: "Connection", run: Run, subject: str = EVERYTHING, catalog: "Catalog | None" = None
) -> Iterator[Ending]:
    """Put down how a run ended, in a transaction of its own: passed, failed (Breach), errored (anything else).

    `subject` is the dataset that a delivery is for. The row's clause is the subject; its detail is our own
    sentence, or just the kind of an unforeseen error, whose text may quote data. A run begins when names, options and
    paths are known to be right: check them before. One that lacks a tool that is not installed did not begin. With
    the project's `catalog`, events of OpenLineage tell of it too, if they are on.
    """
    ending = Ending()
    with (
        events.told(database, run, subject, catalog, ending) if catalog else nullcontext(),
        _kept(database, run, subject, ending),
    ):
        yield ending


@contextmanager
def _kept(database: "Connection", run: Run, subject: str, ending: Ending) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        ending.outcome = "failed" if isinstance(error, Breach) else "errored"
        ending.detail = _why(error)
        if isinstance(error, ModuleNotFoundError):
            ending.outcome = None
        raise
    finally:
        if ending.outcome:
            _put_down(database, run, subject, ending)


def _why(error: BaseException) -> str:
    if not isinstance(error, Exception):  # Ctrl-C, SIGTERM
        return "stopped before its end"
    said = plainly(error)
    if isinstance(error, CouldNotTell):
        return error.message[:300]
    return said[0] if said else type(error).__name__


def _put_down(database: "Connection", run: Run, subject: str, ending: Ending) -> None:
    import psycopg

    row = (
        str(run.id), run.as_of, run.stage, RUN_ENGINE, subject, "", subject, subject, None, ending.outcome,
        None, None, ending.detail, None,
    )  # fmt: skip
    try:
        with database.transaction():
            _append(database, [row])
    except psycopg.Error:  # what broke the run broke this too; the run's own error is the one to see
        if ending.outcome == "passed":
            raise


def _append(database: "Connection", rows: list[tuple[Any, ...]]) -> None:
    with database.cursor() as cursor:
        cursor.executemany(
            "insert into governance.history (run_id, as_of, stage, engine, contract, version, dataset, clause, "
            "dimension, outcome, measured, rows, detail, dissent) values (" + "%s, " * 13 + "%s)",
            rows,
        )


def prune(database: "Connection", keep: timedelta, now: datetime) -> int:
    """Delete what is older than `keep`, but never the last outcome of a clause at a stage. Returns the rows."""
    with database.transaction(), database.cursor() as cursor:
        cursor.execute("set local c360.pruning = 'on'")
        cursor.execute(
            """
            delete from governance.history as h
            where h.as_of < %s and exists (
                select 1 from governance.history as newer
                where newer.clause = h.clause and newer.stage = h.stage
                and (newer.as_of, newer.at) > (h.as_of, h.at)
            )
            """,
            (now - keep,),
        )
        return int(cursor.rowcount)
