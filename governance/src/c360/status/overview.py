"""The overview: everything `c360 status` tells, the alert compares and the owner page shows, read once."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from c360.clause.kinds import FRESHNESS
from c360.contract.catalog import Catalog
from c360.ledger.deliveries import Arrival, arrivals, deliveries_of, erased, newest_delivery
from c360.ledger.history import BADNESS, RUN_ENGINE
from c360.ledger.outcomes import newest_run
from c360.ledger.quarantine import Quarantined, quarantined
from c360.ledger.standings import Standing, standings
from c360.model import Clause, Rule
from c360.status.anomalies import Anomaly, Series, delivery_series, last_anomaly, measured_series
from c360.status.disagree import Disagreement, disagreements
from c360.status.sla import Attainment, Day, attainment, by_day, holds
from c360.status.state import State, allowed, is_judged, state_of

if TYPE_CHECKING:
    from psycopg import Connection

DELIVERIES = 30
"""So many of the last deliveries of a source are read."""
STAGES = ("gate", "replay", "build", "verify", "publish")
"""In the order of the flow; others come after them."""


@dataclass(frozen=True)
class Sla:
    """The freshness promise of one dataset in seconds, the newest accepted row (UTC), and how long it held."""

    dataset: str
    clause: str
    promise: float
    newest: datetime | None
    holds: bool
    week: Attainment
    month: Attainment
    days: tuple[Day, ...] = ()
    """The last 30 days of the calendar."""


@dataclass(frozen=True)
class Dimension:
    """How many clauses of one quality dimension are to be judged, and how many of them hold and are broken."""

    name: str
    clauses: int
    holding: int
    broken: int


@dataclass(frozen=True)
class Unjudged:
    """Clauses of one dataset without a verdict that is young enough: `allowed` is its age, `last` the newest one's
    time (UTC), None when there never was one."""

    dataset: str
    clauses: tuple[str, ...]
    last: datetime | None
    allowed: timedelta


@dataclass(frozen=True)
class Overview:
    """What holds at `as_of`. `standings` are of clauses that a contract makes today, `runs` of the stages themselves;
    `states` of all that are on record or ought to be; `unjudged` are those stale or unknown, by dataset; `gone` counts
    clauses on record that no contract makes any more."""

    as_of: datetime
    clauses: dict[str, Clause]
    standings: tuple[Standing, ...]
    runs: tuple[Standing, ...]
    disagreements: tuple[Disagreement, ...]
    sla: tuple[Sla, ...]
    quarantine: tuple[Quarantined, ...]
    anomalies: tuple[Anomaly, ...]
    gone: int
    states: dict[str, State]
    unjudged: tuple[Unjudged, ...]
    erased: int
    """Rows of people who were forgotten, of what the last 30 days delivered."""
    arrivals: dict[str, tuple[Arrival, ...]] = field(default_factory=dict)
    """The last deliveries and replays of each source, oldest first."""

    def broken(self) -> list[str]:
        """Ids of the clauses that do not hold at some stage, the worst first."""
        worst: dict[str, int] = {}
        for s in self.standings:
            if s.broken:
                worst[s.clause] = max(worst.get(s.clause, 0), BADNESS.index(s.outcome))
        return sorted(worst, key=lambda clause: (-worst[clause], clause))

    def recovered(self) -> list[str]:
        """Ids of the clauses that hold everywhere now, and got better in the last run of some stage."""
        better = {s.clause for s in self.standings if s.trend == "better" and s.outcome == "passed"}
        return sorted(clause for clause in better if self.states[clause] == "holds")

    def known(self) -> int:
        """How many clauses are on record."""
        return len({s.clause for s in self.standings})

    def count(self, state: State) -> int:
        return sum(one == state for one in self.states.values())

    def dimensions(self, clauses: Iterable[Clause]) -> list[Dimension]:
        """These clauses by quality dimension, in the order of its name."""
        states: dict[str, list[State]] = {}
        for clause in clauses:
            if clause.id in self.states:
                states.setdefault(clause.dimension, []).append(self.states[clause.id])
        counted = ((name, len(found), found.count("holds"), found.count("broken")) for name, found in states.items())
        return [Dimension(*counts) for counts in sorted(counted)]

    def exit_code(self) -> int:
        """For `--fail`: 1 when something is broken, 2 when something could not be told or is stale, else 0.

        A breach of severity warning is none, as in every other command; rows in quarantine are breaches.
        """
        outcomes = {s.outcome for s in (*self.standings, *self.runs)}
        if "failed" in outcomes or any(not s.holds for s in self.sla if s.month.hours):
            return 1
        untold = "errored" in outcomes or self.disagreements or not self.states
        return 2 if untold or self.count("unknown") or self.count("stale") else 0


def clock_of(database: "Connection", given: datetime | None) -> datetime:
    """The time to judge by: the one given; else now, or the clock of the newest run where that is later."""
    if given is not None:
        return given
    known = (datetime.now(UTC), newest_delivery(database), newest_run(database, STAGES))
    return max(clock for clock in known if clock is not None)


def read_overview(database: "Connection", catalog: Catalog, as_of: datetime) -> Overview:
    """Read everything at `as_of` (with time zone)."""
    clauses = {clause.id: clause for _, dataset in catalog.pairs() for clause in dataset.clauses}
    products = {d.name for contract, d in catalog.pairs() if contract.layer == "products"}
    last = standings(database, as_of)
    current = tuple(s for s in last if s.clause in clauses)
    datasets = {d.name for _, d in catalog.pairs()} | {"*"}
    runs = tuple(s for s in last if s.engine == RUN_ENGINE and s.clause in datasets)
    gone = {s.clause for s in last if s.clause not in clauses and s.engine != RUN_ENGINE}
    states = _states(catalog, current, as_of)
    anomalies = (last_anomaly(series) for series in series_of(database, catalog, current, as_of))
    return Overview(
        as_of=as_of,
        clauses=clauses,
        standings=current,
        runs=runs,
        disagreements=tuple(disagreements(database, current, clauses, products)),
        sla=tuple(_slas(database, catalog, as_of)),
        quarantine=tuple(quarantined(database, as_of)),
        anomalies=tuple(a for a in anomalies if a),
        gone=len(gone),
        states=states,
        unjudged=tuple(_unjudged(catalog, states, current)),
        erased=erased(database, as_of, 30),
        arrivals={
            dataset.name: tuple(arrivals(database, dataset.name, as_of, DELIVERIES))
            for contract, dataset in catalog.pairs()
            if contract.layer == "sources"
        },
    )


def _states(catalog: Catalog, last: Sequence[Standing], as_of: datetime) -> dict[str, State]:
    """Of every clause that a stage has judged, or has to."""
    found: dict[str, list[Standing]] = {}
    for s in last:
        found.setdefault(s.clause, []).append(s)
    return {
        clause.id: state_of(found.get(clause.id, ()), as_of, allowed(dataset))
        for _, dataset in catalog.pairs()
        for clause in dataset.clauses
        if is_judged(clause) or clause.id in found
    }


def _unjudged(catalog: Catalog, states: dict[str, State], last: Sequence[Standing]) -> Iterator[Unjudged]:
    for _, dataset in catalog.pairs():
        names = [c.id for c in dataset.clauses if states.get(c.id) in ("stale", "unknown")]
        if names:
            judged = [s.as_of for s in last if s.clause in names and s.outcome == "passed"]
            yield Unjudged(dataset.name, tuple(names), max(judged, default=None), allowed(dataset))


def series_of(database: "Connection", catalog: Catalog, last: Sequence[Standing], as_of: datetime) -> list[Series]:
    """Every series that is watched: deliveries of sources, and what is measured of whole tables."""
    clauses = {clause.id: clause for _, dataset in catalog.pairs() for clause in dataset.clauses}
    found = []
    for contract, dataset in catalog.pairs():
        if contract.layer == "sources":
            found += delivery_series(database, dataset.name, as_of)
    for s in last:
        clause = clauses[s.clause]
        watched = clause.scope == "delivery" and (clause.kind is FRESHNESS or isinstance(clause.argument, Rule))
        if watched and s.measured is not None and s.stage in ("gate", "verify"):
            found.append(measured_series(database, s.clause, s.dataset, s.stage, as_of))
    return found


def _slas(database: "Connection", catalog: Catalog, as_of: datetime) -> list[Sla]:
    found = []
    for contract, dataset in catalog.pairs():
        for clause in FRESHNESS.of(dataset):
            if contract.layer == "sources":
                promise = timedelta(seconds=clause.argument)
                history = deliveries_of(database, dataset.name, as_of, 30)
                newest = max((d.newest for d in history if d.accepted and d.newest), default=None)
                found.append(
                    Sla(
                        dataset.name,
                        clause.id,
                        float(clause.argument),
                        newest,
                        holds(history, promise, as_of),
                        attainment(history, promise, as_of, 7),
                        attainment(history, promise, as_of, 30),
                        by_day(history, promise, as_of, 30),
                    )
                )
    return found
