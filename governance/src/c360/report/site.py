"""The owner page: a static site that needs no server and no network, written as a whole.

An index by owner team, and a page a contract: its state, its deliveries, its promise. It holds counts and the
contracts' own words, never a value of the data; contracts are not trusted, so all text is escaped and the only
script that a page allows is ours.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from c360.folders import replacing
from c360.ledger.alerts import acknowledged
from c360.lineage import lineage
from c360.pages import owner_pages, renderer, write_list
from c360.project import Project
from c360.publish.pages import Stand, Told, page_name, render_pages, versions_of
from c360.report.page import ContractPage, contract_page
from c360.status.causes import LEVELS, causes, level_of
from c360.status.overview import read_overview
from c360.status.state import DEFAULT, allowed

if TYPE_CHECKING:
    from psycopg import Connection

_CAUSES = 50
"""So many causes stand on the index, the worst; the others are on the pages of their contracts."""


@dataclass(frozen=True)
class Link:
    """Something that lies beside the site, by its relative address."""

    name: str
    address: str


def write_site(project: Project, database: "Connection", folder: Path, as_of: datetime) -> Path:
    """Write all pages as things stand at `as_of` (with time zone), in place of `folder`; returns its index.html. The
    contract pages, with the state of each clause, are in its folder `contracts`.

    Links lead to Elementary's report and dbt's docs of the project's site, where these exist. Lists that are long are
    written as several pages. Raises CouldNotTell when `folder` holds anything but an earlier site.
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
    links = [Link("Contract pages", "contracts/index.html"), *_links(project, folder)]
    until = overview.as_of + min((allowed(dataset) for _, dataset in project.catalog.pairs()), default=DEFAULT)
    render = renderer(overview.as_of, overview=overview, project=project.settings.name, until=until)
    of = {section.name: page for page in pages for section in page.datasets}
    with replacing(folder) as fresh:
        for page in pages:
            link = f"contracts/{quote(page_name(page.contract))}"
            text = render("contract.html", page=page, links=links, contract_link=link, neighbours=of)
            (fresh / page.file).write_text(text, encoding="utf-8")
        cards = [(page.team, render("card.html", page=page)) for page in sorted(pages, key=_place)]
        shown = [cause for cause in found if cause.level not in ("behind", "new")]
        index = partial(
            render,
            "index.html",
            links=links,
            pages={name: page.file for name, page in of.items()},
            causes=shown[:_CAUSES],
            more=len(shown[_CAUSES:]),
            opening=_opening(pages),
            levels=[level for level in LEVELS if level in {page.level for page in pages}],
            channels={page.team: page.contract.channel for page in reversed(pages)},
        )
        write_list(fresh, "index", cards, index)
        sections = [(d.name, render("clauses_of.html", page=page, d=d)) for page in pages for d in page.datasets]
        write_list(fresh, "clauses", sections, partial(render, "clauses.html"))
        (fresh / "contracts").mkdir()
        stands = {
            row.clause.id: Stand(row.state, row.since, page.file)
            for page in pages
            for section in page.datasets
            for row in section.clauses
        }
        told = Told(versions_of(project, overview.as_of.date()), stands, overview.as_of, until, files)
        render_pages(project.catalog.contracts, fresh / "contracts", told)
    return folder / "index.html"


def _opening(pages: Sequence[ContractPage]) -> str:
    """How many datasets are how, the worst first: `2 refused, 1 with rows aside, 4 hold`."""
    levels = [level_of(section.causes) for page in pages for section in page.datasets]
    counts = [(level, levels.count(level)) for level in LEVELS if level in levels]
    return ", ".join(f"{count} {_MANY.get(level, level)}" for level, count in counts)


_MANY: dict[str, str] = {
    "aside": "with rows aside", "unknown": "could not be judged", "behind": "waiting for a source",
    "warned": "with a warning",
    "new": "not judged yet", "holds": "hold",
}  # fmt: skip


def _place(page: ContractPage) -> tuple[str, bool, str]:
    """By team; of each its sources first, then its products, by name."""
    return page.team, page.contract.layer != "sources", page.contract.name


def _links(project: Project, folder: Path) -> list[Link]:
    site = project.settings.site
    candidates = [
        ("Elementary report", site / "elementary" / "index.html"),
        ("dbt docs", site / "dbt" / "index.html"),
    ]
    return [Link(name, _relative(path, folder)) for name, path in candidates if path.is_file()]


def _relative(path: Path, folder: Path) -> str:
    return quote(Path(os.path.relpath(path, folder)).as_posix())
