"""The history: what every stage found out about every clause, appended and never changed."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from c360.contract.model import Clause

if TYPE_CHECKING:
    from psycopg2.extensions import connection

Outcome = Literal["passed", "failed", "warned", "skipped", "errored"]


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
    """What one engine found out about one clause. `rows` broke it; `detail` never holds a value of the data."""

    clause: Clause
    engine: str
    outcome: Outcome
    measured: float | None = None
    rows: int | None = None
    detail: str | None = None


def failing(clause: Clause) -> Outcome:
    """What a breach of this clause is called."""
    return "warned" if clause.severity == "warning" else "failed"


def record(database: "connection", run: Run, findings: Iterable[Finding]) -> None:
    """Append findings in the caller's transaction."""
    from psycopg2.extras import execute_values

    rows = [
        (
            str(run.id), run.as_of, run.stage, found.engine, found.clause.contract, found.clause.version,
            found.clause.dataset, found.clause.id, found.outcome, found.measured, found.rows, found.detail,
        )
        for found in findings
    ]  # fmt: skip
    with database.cursor() as cursor:
        execute_values(
            cursor,
            "insert into governance.history (run_id, as_of, stage, engine, contract, version, dataset, clause, "
            "outcome, measured, rows, detail) values %s",
            rows,
        )
