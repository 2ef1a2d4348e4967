"""State of a clause: what its last outcomes say, and whether they are young enough to say anything.

A verdict ages: where nothing was delivered, built or verified for longer than the dataset promises to be fresh
(`DEFAULT` when it promises nothing), its clauses do not hold any more, and are not broken either: they are stale.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

from c360.clause.kinds import FRESHNESS
from c360.ledger.standings import Standing
from c360.model import Clause, Dataset

State = Literal["broken", "unknown", "stale", "holds"]
"""From bad to good. `unknown`: no stage has judged the clause, or none could tell."""
STATES: tuple[State, ...] = ("broken", "unknown", "stale", "holds")
DEFAULT = timedelta(days=2)


def allowed(dataset: Dataset) -> timedelta:
    """How old a verdict on the dataset may be: as old as its rows, by the shortest of its freshness promises."""
    promises = [clause.argument for clause in FRESHNESS.of(dataset)]
    return timedelta(seconds=min(promises)) if promises else DEFAULT


def state_of(found: Sequence[Standing], as_of: datetime, limit: timedelta) -> State:
    """Out of the last outcome of one clause at each stage. A skipped test tells nothing."""
    if any(s.broken for s in found):
        return "broken"
    judged = [s.as_of for s in found if s.outcome == "passed"]
    if not judged:
        return "unknown"
    return "stale" if max(judged) < as_of - limit else "holds"


def since(found: Sequence[Standing]) -> datetime | None:
    """Since when a clause is what it is: broken since it broke at the first stage, else since the last one changed."""
    broken = [s.since for s in found if s.broken]
    return min(broken) if broken else max((s.since for s in found), default=None)


def trend_of(found: Iterable[Standing]) -> str:
    """Of the stages where it is broken, else of all; the worst of what they say."""
    judged = list(found)
    judged = [s for s in judged if s.broken] or judged
    trends = {s.trend for s in judged}
    return next((word for word in ("worse", "better", "new", "steady") if word in trends), "")


def worst(states: Iterable[State]) -> State:
    """Of several clauses together; unknown when there is none."""
    there = set(states)
    return next((state for state in STATES if state in there), "unknown")


def is_judged(clause: Clause) -> bool:
    """Whether some stage has to judge the clause: what is only said about the contract is none, nor are anomalies,
    which Elementary judges where it is installed."""
    return clause.scope != "contract"
