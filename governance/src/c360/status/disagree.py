"""Disagreement: two engines that looked at the same data and say different things about one clause.

The gate judges what is delivered; build and verify judge the tables, so only these two are compared, and only
when no delivery came in between (for a product: when verify came after the build that made it). Freshness ages
by itself: two clocks with the promise between their measured ages are no disagreement. Within verify,
datacontract-cli's word is kept beside the query that overruled it, and that is a disagreement too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from c360.ledger.deliveries import came_between
from c360.ledger.standings import Standing
from c360.model import Clause

if TYPE_CHECKING:
    from psycopg import Connection

_DECIDED = ("passed", "failed", "warned")


@dataclass(frozen=True)
class Disagreement:
    """`sides` are `stage (engine)` with what each says."""

    clause: str
    dataset: str
    sides: tuple[tuple[str, str], ...]


def disagreements(
    database: "Connection", standings: Sequence[Standing], clauses: dict[str, Clause], products: set[str]
) -> list[Disagreement]:
    """All of the last outcomes, by clause id."""
    by_stage = {(s.clause, s.stage): s for s in standings if s.clause in clauses}
    found = []
    for (clause, stage), verified in sorted(by_stage.items()):
        if stage != "verify":
            continue
        sides: list[tuple[str, str]] = []
        built = by_stage.get((clause, "build"))
        if built and _differ(built, verified) and _same_data(database, built, verified, clauses, products):
            sides.append((f"build ({built.engine})", built.outcome))
        if verified.dissent:
            engine, _, outcome = verified.dissent.partition(": ")
            sides.append((f"verify ({engine})", outcome))
        if sides:
            sides.append((f"verify ({verified.engine})", verified.outcome))
            found.append(Disagreement(clause, verified.dataset, tuple(sides)))
    return found


def _differ(one: Standing, other: Standing) -> bool:
    decided = one.outcome in _DECIDED and other.outcome in _DECIDED
    return decided and (one.outcome == "passed") is not (other.outcome == "passed")


def _same_data(
    database: "Connection",
    built: Standing,
    verified: Standing,
    clauses: dict[str, Clause],
    products: set[str],
) -> bool:
    clause = clauses[built.clause]
    if built.dataset in products and verified.at < built.at:
        return False
    if clause.kind.ages and built.as_of != verified.as_of:
        if built.measured is None or verified.measured is None:
            return False
        low, high = sorted((built.measured, verified.measured))
        if low <= clause.argument <= high:
            return False
    return not came_between(database, *sorted((built.at, verified.at)))
