"""What the owner page needs beyond the overview: histories of outcomes and breaches."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from c360.ledger.outcomes import Past, outcomes
from c360.ledger.standings import Standing

if TYPE_CHECKING:
    from psycopg import Connection

RUNS = 30
"""So many of the last runs and deliveries a chart shows."""


def histories(database: "Connection", last: Sequence[Standing], as_of: datetime) -> dict[tuple[str, str], list[Past]]:
    """The last outcomes by clause and stage, oldest first."""
    found: dict[tuple[str, str], list[Past]] = {}
    for past in outcomes(database, _pairs(last), as_of, RUNS):
        found.setdefault((past.clause, past.stage), []).append(past)
    return found


def breaches(database: "Connection", last: Sequence[Standing], as_of: datetime, limit: int = 12) -> list[Past]:
    """The last breaches of these clauses, newest first."""
    found: list[Past] = []
    for outcome in ("failed", "warned", "errored"):
        found += outcomes(database, _pairs(last), as_of, limit, outcome)
    return sorted(found, key=lambda past: (-past.as_of.timestamp(), -(past.rows or 0), past.clause))[:limit]


def _pairs(last: Sequence[Standing]) -> list[tuple[str, str]]:
    return [(s.clause, s.stage) for s in last]
