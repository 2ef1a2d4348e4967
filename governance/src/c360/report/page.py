"""What stands on the page of one contract, as frozen values: read from the overview and the history, without HTML."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from c360.clause.description import describe
from c360.clause.kinds import ANOMALY
from c360.contract.sunset import replacement_of, sunset
from c360.ledger.deliveries import Arrival, arrivals
from c360.ledger.history import BADNESS
from c360.ledger.outcomes import Past
from c360.ledger.quarantine import Quarantined
from c360.ledger.standings import Standing
from c360.model import Clause, Contract, Dataset
from c360.report import charts
from c360.report.charts import Chart, Sparkline
from c360.report.history import RUNS, breaches, histories
from c360.status.anomalies import Anomaly
from c360.status.disagree import Disagreement
from c360.status.overview import STAGES, Dimension, Overview, Sla, Unjudged
from c360.status.state import STATES, State, since, trend_of, worst

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


@dataclass(frozen=True)
class DatasetSection:
    """One dataset: its clauses, the worst first, and all that the overview knows of it. `promises` are by clause id."""

    dataset: Dataset
    stages: tuple[str, ...]
    clauses: tuple[ClauseRow, ...]
    dimensions: tuple[Dimension, ...]
    unjudged: tuple[Unjudged, ...]
    runs: tuple[Standing, ...]
    disagreements: tuple[Disagreement, ...]
    anomalies: tuple[Anomaly, ...]
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


@dataclass(frozen=True)
class ContractPage:
    """The page of one contract, written to `file`."""

    file: str
    contract: Contract
    datasets: tuple[DatasetSection, ...]
    state: State

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
        about = self.contract.document.get("description")
        return about if isinstance(about, dict) else {"purpose": about or ""}

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


def contract_page(database: "Connection", overview: Overview, contract: Contract, file: str) -> ContractPage:
    """Read at the overview's clock."""
    sections = tuple(_section(database, overview, contract, dataset) for dataset in contract.datasets)
    judged = (clause.id for dataset in contract.datasets for clause in dataset.clauses if clause.id in overview.states)
    return ContractPage(file, contract, sections, worst(overview.states[clause] for clause in judged))


def _section(database: "Connection", overview: Overview, contract: Contract, dataset: Dataset) -> DatasetSection:
    last = [s for s in overview.standings if s.dataset == dataset.name]
    past = histories(database, last, overview.as_of)
    rows = [
        _row(clause, {s.stage: s for s in last if s.clause == clause.id}, past, overview)
        for clause in dataset.clauses
        if clause.kind is ANOMALY or clause.id in overview.states
    ]
    names = {clause.id for clause in dataset.clauses}
    found = arrivals(database, dataset.name, overview.as_of, RUNS) if contract.layer == "sources" else []
    return DatasetSection(
        dataset=dataset,
        stages=tuple(sorted({s.stage for s in last}, key=lambda stage: (_position(stage), stage))),
        clauses=tuple(sorted(rows, key=lambda row: row.badness, reverse=True)),
        dimensions=tuple(overview.dimensions(dataset.clauses)),
        unjudged=tuple(u for u in overview.unjudged if u.dataset == dataset.name and u.last),
        runs=tuple(run for run in overview.runs if run.clause == dataset.name and run.broken),
        disagreements=tuple(d for d in overview.disagreements if d.clause in names),
        anomalies=tuple(a for a in overview.anomalies if a.dataset == dataset.name),
        breaches=tuple(breaches(database, last, overview.as_of)),
        arrivals=tuple(found),
        chart=charts.deliveries(found),
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
        state=overview.states.get(clause.id, "untold"),  # of an anomaly, where Elementary is not installed
    )


def _position(stage: str) -> int:
    return STAGES.index(stage) if stage in STAGES else len(STAGES)
