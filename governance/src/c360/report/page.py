"""What stands on the page of one contract, as frozen values: read from the overview and the history, without HTML."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from c360.clause.description import describe
from c360.clause.kinds import ANOMALY
from c360.contract.sunset import replacement_of, sunset
from c360.ledger.deliveries import Arrival
from c360.ledger.history import BADNESS
from c360.ledger.outcomes import Past
from c360.ledger.quarantine import Quarantined
from c360.ledger.standings import Standing
from c360.lineage import Users, upstream
from c360.model import Clause, Contract, Dataset
from c360.publish.pages import about, channels
from c360.report import charts
from c360.report.charts import Chart, Sparkline
from c360.report.history import breaches, histories
from c360.status.causes import Cause, Level, built_at, good, level_of, of
from c360.status.overview import DELIVERIES, STAGES, Dimension, Overview, Sla
from c360.status.state import STATES, State, since, trend_of

if TYPE_CHECKING:
    from psycopg import Connection

_LAYERS = {"sources": "Source", "products": "Data product"}


@dataclass(frozen=True)
class ClauseRow:
    """A clause with its last outcome and the outcomes before, by stage; `since` is in UTC."""

    clause: Clause[Any]
    found: dict[str, Standing]
    sparklines: dict[str, Sparkline]
    promise: str
    since: datetime | None
    trend: str
    state: State

    @property
    def badness(self) -> tuple[int, int]:
        """Of two clauses the worse one has the higher."""
        outcomes = [BADNESS.index(s.outcome) for s in self.found.values() if s.broken]
        return -STATES.index(self.state), max(outcomes, default=0)

    def tone(self, stage: str) -> str:
        """How an outcome looks: a row that was set aside at the gate is no breach of the table."""
        outcome = self.found[stage].outcome
        aside = outcome == "failed" and stage in ("gate", "replay") and self.clause.kind.loses_rows
        return "aside" if aside else outcome


@dataclass(frozen=True)
class DatasetSection:
    """One dataset: its clauses, the worst first, and all that the overview knows of it. `promises` are by clause id."""

    dataset: Dataset
    stages: tuple[str, ...]
    clauses: tuple[ClauseRow, ...]
    dimensions: tuple[Dimension, ...]
    causes: tuple[Cause, ...]
    good: str
    """What the page says where there is no cause."""
    behind: tuple[str, ...]
    """Products that are built on it, and partners who get it or one of them."""
    upstream: tuple[str, ...]
    built: datetime | None
    breaches: tuple[Past, ...]
    arrivals: tuple[Arrival, ...]
    chart: Chart
    sla: tuple[Sla, ...]
    quarantine: tuple[Quarantined, ...]
    promises: dict[str, str]

    @property
    def name(self) -> str:
        return self.dataset.name

    @property
    def broken(self) -> int:
        return sum(row.state == "broken" for row in self.clauses)

    @property
    def holding(self) -> int:
        return sum(row.state == "holds" for row in self.clauses)

    @property
    def known(self) -> int:
        """How many clauses have an outcome."""
        return sum(bool(row.found) for row in self.clauses)

    @property
    def waits(self) -> Cause | None:
        """Why its newest rows are not of today: a refused delivery, or none."""
        return next((cause for cause in self.causes if cause.level in ("refused", "late")), None)

    @property
    def accepted(self) -> Arrival | None:
        """The last delivery that was accepted."""
        return next((a for a in reversed(self.arrivals) if a.outcome == "accepted"), None)


@dataclass(frozen=True)
class ContractPage:
    """The page of one contract, written to `file`."""

    file: str
    contract: Contract
    datasets: tuple[DatasetSection, ...]

    @property
    def causes(self) -> tuple[Cause, ...]:
        return tuple(cause for section in self.datasets for cause in section.causes)

    @property
    def level(self) -> Level:
        return level_of(self.causes)

    @property
    def label(self) -> str:
        """What its pill says."""
        worst = next((cause for cause in self.causes if cause.level == self.level), None)
        return (worst.label if worst else "") or {"new": "not told yet", "warned": "warning"}.get(
            self.level, self.level
        )

    @property
    def channels(self) -> list[tuple[str, str]]:
        """Where to ask: each channel, and its address where that is one of the web or of mail."""
        return channels(self.contract)

    @property
    def layer(self) -> str:
        return _LAYERS.get(self.contract.layer, self.contract.layer)

    @property
    def team(self) -> str:
        return self.contract.team or "no team"

    @property
    def product(self) -> str:
        return str(self.contract.document.get("dataProduct") or "")

    @property
    def about(self) -> dict[str, Any]:
        """The contract's own description: purpose, usage, limitations."""
        return about(self.contract)

    @property
    def lifecycle(self) -> str:
        """Its status, and where it ends, when and what comes then."""
        ends, replacement = sunset(self.contract.document), replacement_of(self.contract)
        until = f"{self.contract.status} until {ends}" if ends else self.contract.status
        return f"{until}, then {replacement}" if ends and replacement else until

    @property
    def broken(self) -> int:
        return sum(section.broken for section in self.datasets)

    @property
    def holding(self) -> int:
        return sum(section.holding for section in self.datasets)

    @property
    def known(self) -> int:
        return sum(section.known for section in self.datasets)


def contract_page(
    database: "Connection",
    overview: Overview,
    contract: Contract,
    file: str,
    found: Sequence[Cause] = (),
    users: Mapping[str, Users] | None = None,
) -> ContractPage:
    """Read at the overview's clock. `found` are the causes of all datasets, `users` what is built on each."""
    sections = (_section(database, overview, contract, dataset, found, users or {}) for dataset in contract.datasets)
    return ContractPage(file, contract, tuple(sections))


def _section(
    database: "Connection",
    overview: Overview,
    contract: Contract,
    dataset: Dataset,
    causes: Sequence[Cause],
    users: Mapping[str, Users],
) -> DatasetSection:
    last = [s for s in overview.standings if s.dataset == dataset.name]
    past = histories(database, last, overview.as_of)
    rows = [
        _row(clause, {s.stage: s for s in last if s.clause == clause.id}, past, overview)
        for clause in dataset.clauses
        if clause.kind is ANOMALY or clause.id in overview.states
    ]
    found = overview.arrivals.get(dataset.name, ())
    of_it = users.get(dataset.name, Users())
    return DatasetSection(
        dataset=dataset,
        stages=tuple(sorted({s.stage for s in last}, key=lambda stage: (_position(stage), stage))),
        clauses=tuple(sorted(rows, key=lambda row: row.badness, reverse=True)),
        dimensions=tuple(overview.dimensions(dataset.clauses)),
        causes=of(causes, [dataset.name]),
        good=good(overview, dataset),
        behind=(*of_it.products, *(f"partner {name}" for name in of_it.partners)),
        upstream=tuple(upstream(users, dataset.name)),
        built=built_at(overview, dataset.name),
        breaches=tuple(breaches(database, last, overview.as_of)),
        arrivals=found,
        chart=charts.deliveries(found, overview.as_of, whole=len(found) < DELIVERIES),
        sla=tuple(s for s in overview.sla if s.dataset == dataset.name),
        quarantine=tuple(q for q in overview.quarantine if q.dataset == dataset.name),
        promises={clause.id: describe(clause) for clause in dataset.clauses},
    )


def _row(
    clause: Clause[Any], found: dict[str, Standing], past: dict[tuple[str, str], list[Past]], overview: Overview
) -> ClauseRow:
    standings: Sequence[Standing] = list(found.values())
    return ClauseRow(
        clause=clause,
        found=found,
        sparklines={stage: charts.sparkline(past.get((clause.id, stage), [])) for stage in found},
        promise=describe(clause),
        since=since(standings),
        trend=trend_of(standings),
        state=overview.states.get(clause.id, "unknown"),  # of an anomaly, where Elementary is not installed
    )


def _position(stage: str) -> int:
    return STAGES.index(stage) if stage in STAGES else len(STAGES)
