"""The owner page: a static site that needs no server and no network, written as a whole.

An index by owner team, and a page a contract: its state, its deliveries, its promise. It holds counts and the
contracts' own words, never a value of the data; contracts are not trusted, so all text is escaped and the only
script that a page allows is ours.
"""

import os
import re
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from c360.clause.kinds import ANOMALY
from c360.contract.sunset import replacement_of, sunset
from c360.folders import replacing
from c360.generate.text import unique_slugs
from c360.ledger.deliveries import arrivals
from c360.ledger.history import BADNESS
from c360.ledger.standings import Standing
from c360.model import Contract, Dataset
from c360.pages import policy
from c360.printable import number, span
from c360.project import Project
from c360.report import charts
from c360.report.description import describe
from c360.report.history import RUNS, breaches, histories
from c360.status.overview import STAGES, Overview, read_overview
from c360.status.state import STATES, since, trend_of, worst

if TYPE_CHECKING:
    from psycopg2.extensions import connection

_TEMPLATES = Path(__file__).parent / "templates"
_LAYERS = {"sources": "Source", "products": "Data product"}


def write_site(project: Project, database: "connection", folder: Path, as_of: datetime) -> Path:
    """Write all pages as things stand at `as_of` (with time zone), in place of `folder`; returns its index.html.

    Links lead to the contract pages, Elementary's report and dbt's docs of the project's site, where these exist.
    Raises CouldNotTell when `folder` holds anything but an earlier site.
    """
    folder = folder.resolve()
    overview = read_overview(database, project.catalog, as_of.astimezone(UTC))
    slugs = unique_slugs([contract.key for contract in project.catalog.contracts], joint="-")
    pages = [
        _page(database, overview, contract, f"contract-{slugs[contract.key]}.html")
        for contract in project.catalog.contracts
    ]
    links = _links(project, folder)
    render = _renderer(overview, project.settings.name)
    with replacing(folder) as fresh:
        for page in pages:
            text = render("contract.html", page=page, links=links, contract_link=_contract_page(project, folder, page))
            (fresh / page["file"]).write_text(text, encoding="utf-8")
        teams = [
            (team, sorted(members, key=lambda page: (page["contract"].layer != "sources", page["contract"].name)))
            for team, members in groupby(sorted(pages, key=_team), key=_team)
        ]
        files = {dataset["name"]: page["file"] for page in pages for dataset in page["datasets"]}
        text = render("index.html", teams=teams, links=links, files=files)
        (fresh / "index.html").write_text(text, encoding="utf-8")
    return folder / "index.html"


def _team(page: dict[str, Any]) -> str:
    return page["contract"].team or "no team"


def _page(database: "connection", overview: Overview, contract: Contract, file: str) -> dict[str, Any]:
    datasets = [_dataset(database, overview, contract, dataset) for dataset in contract.datasets]
    broken = sum(d["broken"] for d in datasets)
    known = sum(d["known"] for d in datasets)
    about = contract.document.get("description")
    return {
        "file": file,
        "contract": contract,
        "layer": _LAYERS.get(contract.layer, contract.layer),
        "life": _lifecycle(contract),
        "product": str(contract.document.get("dataProduct") or ""),
        "about": about if isinstance(about, dict) else {"purpose": about or ""},
        "datasets": datasets,
        "broken": broken,
        "known": known,
        "holding": sum(d["holding"] for d in datasets),
        "state": worst(overview.states[c.id] for d in contract.datasets for c in d.clauses if c.id in overview.states),
    }


def _lifecycle(contract: Contract) -> str:
    """Its status, and where it ends, when and what comes then."""
    ends, replacement = sunset(contract.document), replacement_of(contract)
    until = f"{contract.status} until {ends}" if ends else contract.status
    return f"{until}, then {replacement}" if ends and replacement else until


def _dataset(database: "connection", overview: Overview, contract: Contract, dataset: Dataset) -> dict[str, Any]:
    last = [s for s in overview.standings if s.dataset == dataset.name]
    names = {clause.id for clause in dataset.clauses}
    past = histories(database, last, overview.as_of)
    stages = sorted({s.stage for s in last}, key=lambda stage: (_position(stage), stage))
    clauses = [
        _clause(clause, {s.stage: s for s in last if s.clause == clause.id}, past, overview)
        for clause in dataset.clauses
        if clause.kind is ANOMALY or clause.id in overview.states
    ]
    clauses.sort(key=lambda c: c["rank"], reverse=True)
    found = arrivals(database, dataset.name, overview.as_of, RUNS) if contract.layer == "sources" else []
    return {
        "name": dataset.name,
        "dataset": dataset,
        "stages": stages,
        "clauses": clauses,
        "broken": sum(c["state"] == "broken" for c in clauses),
        "known": sum(bool(c["found"]) for c in clauses),
        "holding": sum(c["state"] == "holds" for c in clauses),
        "dimensions": overview.dimensions(dataset.clauses),
        "unjudged": [u for u in overview.unjudged if u.dataset == dataset.name and u.last],
        "runs": [run for run in overview.runs if run.clause == dataset.name and run.broken],
        "disagreements": [d for d in overview.disagreements if d.clause in names],
        "anomalies": [a for a in overview.anomalies if a.dataset == dataset.name],
        "breaches": breaches(database, last, overview.as_of),
        "arrivals": found,
        "chart": charts.deliveries(found),
        "sla": [s for s in overview.sla if s.dataset == dataset.name],
        "quarantine": [q for q in overview.quarantine if q.dataset == dataset.name],
        "promises": {clause.id: describe(clause) for clause in dataset.clauses},
    }


def _clause(
    clause: Any, found: dict[str, Standing], past: dict[tuple[str, str], Any], overview: Overview
) -> dict[str, Any]:
    state = overview.states.get(clause.id, "untold")  # of an anomaly, where Elementary is not installed
    told = list(found.values())
    outcomes = [BADNESS.index(s.outcome) for s in told if s.broken]
    return {
        "clause": clause,
        "found": found,
        "sparks": {stage: charts.sparkline(past.get((clause.id, stage), [])) for stage in found},
        "promise": describe(clause),
        "since": since(told),
        "trend": trend_of(told),
        "rank": (-STATES.index(state), max(outcomes, default=0)),
        "state": state,
    }


def _position(stage: str) -> int:
    return STAGES.index(stage) if stage in STAGES else len(STAGES)


def _links(project: Project, folder: Path) -> list[tuple[str, str]]:
    """Name and relative address of what lies beside the site, as far as it is there."""
    site = project.settings.site
    candidates = [
        ("All contract pages", site / "contracts" / "index.html"),
        ("Elementary report", site / "elementary" / "index.html"),
        ("dbt docs", site / "dbt" / "index.html"),
    ]
    return [(name, _relative(path, folder)) for name, path in candidates if path.is_file()]


def _contract_page(project: Project, folder: Path, page: dict[str, Any]) -> str | None:
    from c360.publish.pages import page_name

    path = project.settings.site / "contracts" / page_name(page["contract"])
    return _relative(path, folder) if path.is_file() else None


def _relative(path: Path, folder: Path) -> str:
    from urllib.parse import quote

    return quote(Path(os.path.relpath(path, folder)).as_posix())


def _breakable(name: str) -> Any:
    """A name that may break over lines after its dots and underscores."""
    from markupsafe import Markup, escape

    parts = re.split(r"(?<=[._])", str(name))
    return Markup("<wbr>").join(escape(part) for part in parts)


def _renderer(overview: Overview, project: str) -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    script = (_TEMPLATES / "filter.js").read_text(encoding="utf-8")
    environment.globals |= {
        "overview": overview,
        "project": project,
        "style": (_TEMPLATES / "style.css").read_text(encoding="utf-8"),
        "script": script,
        "policy": policy([script]),
    }
    environment.filters |= {
        "when": lambda time: f"{time.astimezone(UTC):%Y-%m-%d %H:%M}",
        "breakable": _breakable,
        "day": lambda time: f"{time.astimezone(UTC):%d %b}",
        "thousands": lambda value: f"{value:,}",
        "number": number,
        "span": span,
        "percent": lambda share: f"{share:.1%}",
    }
    return lambda name, **values: environment.get_template(name).render(**values)
