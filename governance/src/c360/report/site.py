"""The owner page: a static site that needs no server and no network, written as a whole.

An index by owner team, and a page a contract: its state, its deliveries, its promise. It holds counts and the
contracts' own words, never a value of the data; contracts are not trusted, so all text is escaped and the only
script that a page allows is ours.
"""

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from c360.folders import replacing
from c360.ledger.alerts import acknowledged
from c360.lineage import lineage
from c360.pages import owner_pages, policy
from c360.printable import age, number, span
from c360.project import Project
from c360.report.page import ContractPage, contract_page
from c360.status.causes import LEVELS, causes, level_of
from c360.status.overview import Overview, read_overview
from c360.status.state import DEFAULT, allowed

if TYPE_CHECKING:
    from psycopg import Connection

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Team:
    """The pages of the contracts that one team answers for."""

    name: str
    pages: tuple[ContractPage, ...]


@dataclass(frozen=True)
class Link:
    """Something that lies beside the site, by its relative address."""

    name: str
    address: str


def write_site(project: Project, database: "Connection", folder: Path, as_of: datetime) -> Path:
    """Write all pages as things stand at `as_of` (with time zone), in place of `folder`; returns its index.html.

    Links lead to the contract pages, Elementary's report and dbt's docs of the project's site, where these exist.
    Raises CouldNotTell when `folder` holds anything but an earlier site.
    """
    folder = folder.resolve()
    overview = read_overview(database, project.catalog, as_of.astimezone(UTC))
    users = lineage(project, overview.as_of.date())
    found = causes(overview, project.catalog, users, acknowledged(database, overview.as_of))
    files = owner_pages(contract.key for contract in project.catalog.contracts)
    pages = [
        contract_page(database, overview, contract, files[contract.key], found, users)
        for contract in project.catalog.contracts
    ]
    links = _links(project, folder)
    until = overview.as_of + min((allowed(dataset) for _, dataset in project.catalog.pairs()), default=DEFAULT)
    render = _renderer(overview, project.settings.name, until)
    with replacing(folder) as fresh:
        at = {section.name: page.file for page in pages for section in page.datasets}
        for page in pages:
            link = _contract_page(project, folder, page)
            text = render("contract.html", page=page, links=links, contract_link=link, files=at)
            (fresh / page.file).write_text(text, encoding="utf-8")
        levels = [level for level in LEVELS if level in {page.level for page in pages}]
        shown = [cause for cause in found if cause.level not in ("behind", "new")]
        text = render(
            "index.html",
            teams=_teams(pages),
            links=links,
            files=at,
            causes=shown,
            opening=_opening(pages),
            levels=levels,
        )
        (fresh / "index.html").write_text(text, encoding="utf-8")
        (fresh / "clauses.html").write_text(render("clauses.html", pages=pages), encoding="utf-8")
    return folder / "index.html"


def _opening(pages: Sequence[ContractPage]) -> str:
    """How many datasets are how, the worst first: `2 refused, 1 with rows aside, 4 hold`."""
    levels = [level_of(section.causes) for page in pages for section in page.datasets]
    counts = [(level, levels.count(level)) for level in LEVELS if level in levels]
    return ", ".join(f"{count} {_MANY.get(level, level)}" for level, count in counts)


_MANY: dict[str, str] = {
    "aside": "with rows aside", "untold": "could not be judged", "behind": "waiting for a source",
    "warned": "with a warning",
    "new": "not judged yet", "holds": "hold",
}  # fmt: skip


def _teams(pages: Sequence[ContractPage]) -> list[Team]:
    """By name; of each its sources first, then its products, by name."""
    ordered = sorted(pages, key=lambda page: (page.team, page.contract.layer != "sources", page.contract.name))
    return [Team(name, tuple(members)) for name, members in groupby(ordered, key=lambda page: page.team)]


def _links(project: Project, folder: Path) -> list[Link]:
    site = project.settings.site
    candidates = [
        ("All contract pages", site / "contracts" / "index.html"),
        ("Elementary report", site / "elementary" / "index.html"),
        ("dbt docs", site / "dbt" / "index.html"),
    ]
    return [Link(name, _relative(path, folder)) for name, path in candidates if path.is_file()]


def _contract_page(project: Project, folder: Path, page: ContractPage) -> str | None:
    from c360.publish.pages import page_name

    path = project.settings.site / "contracts" / page_name(page.contract)
    return _relative(path, folder) if path.is_file() else None


def _relative(path: Path, folder: Path) -> str:
    from urllib.parse import quote

    return quote(Path(os.path.relpath(path, folder)).as_posix())


def _breakable(name: str) -> Any:
    """A name that may break over lines after its dots and underscores."""
    from markupsafe import Markup, escape

    parts = re.split(r"(?<=[._])", str(name))
    return Markup("<wbr>").join(escape(part) for part in parts)


def _renderer(overview: Overview, project: str, until: datetime) -> Callable[..., str]:
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
        "until": until,
    }
    environment.filters |= {
        "when": lambda time: f"{time.astimezone(UTC):%Y-%m-%d %H:%M}",
        "breakable": _breakable,
        "thousands": lambda value: f"{value:,}",
        "number": number,
        "date": lambda day: f"{day:%d %b}",
        "ago": lambda time: age((overview.as_of - time).total_seconds()),
        "span": span,
        "percent": lambda share: f"{share:.1%}",
    }
    return lambda name, **values: environment.get_template(name).render(**values)
