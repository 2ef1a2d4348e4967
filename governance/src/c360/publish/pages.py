"""A page for each live version of a contract, and their index: what it promises, in words, with nothing from outside.

On the owners' site the pages tell how each clause stands; the pages of `c360 publish` and of partners know of no
ledger, and do not.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from pathlib import Path
from statistics import mode
from typing import Any

from c360.clause.description import Consequence, consequence, describe
from c360.compat.changes import Change, Diff
from c360.compat.diff import diff
from c360.compat.render import verdict
from c360.compat.steps import all_contracts, beside, family
from c360.contract.classifications import classifications
from c360.contract.current import precedence
from c360.contract.document import dicts
from c360.contract.sunset import replacement_of, sunset
from c360.folders import replacing
from c360.model import Clause, Contract, Dataset
from c360.pages import address, renderer, write_list
from c360.printable import file_stem
from c360.project import Project

_SHOWN = 150
"""So many changes stand on one page; `c360 diff` shows the others."""
_SAID = ("server", "type", "environment", "description", "id", "customProperties", "roles")
"""What a server says that is no part of where it is."""


@dataclass(frozen=True)
class Step:
    """What changes from a version to the one above it; `changes` are those that a page has room for."""

    diff: Diff
    changes: tuple[Change, ...]

    @property
    def verdict(self) -> str:
        return verdict(self.diff).removeprefix(f"{self.diff.old.name} ")


@dataclass(frozen=True)
class Version:
    """A version of a contract, live or not; `file` is its page, empty where it has none."""

    contract: Contract
    file: str
    step: Step | None
    """From the version below it."""

    @property
    def ends(self) -> date | None:
        return sunset(self.contract.document)


@dataclass(frozen=True)
class Stand:
    """How a clause stands on the owners' site: its state, since when (UTC), and the file of the page that says why."""

    state: str
    since: datetime | None
    file: str


@dataclass(frozen=True)
class Promise:
    """A clause in words, and what a breach of it does."""

    clause: Clause[Any]
    words: str
    does: Consequence
    effect: str
    stand: Stand | None


@dataclass(frozen=True)
class Part:
    """One dataset of a contract."""

    dataset: Dataset
    promises: tuple[Promise, ...]

    @property
    def effects(self) -> dict[Consequence, str]:
        """What most breaches of a word do; the others say it themselves, as does each clause that nothing enforces."""
        words = list(dict.fromkeys(promise.does for promise in self.promises if promise.does != "nothing"))
        return {word: mode(one.effect for one in self.promises if one.does == word) for word in words}


@dataclass(frozen=True)
class Page:
    """What the page of one version shows."""

    contract: Contract
    parts: tuple[Part, ...]
    versions: tuple[Version, ...] = ()
    """All of the contract, the newest first."""

    @property
    def file(self) -> str:
        return page_name(self.contract)

    @property
    def about(self) -> dict[str, Any]:
        return about(self.contract)

    @property
    def told(self) -> str:
        """How many clauses there are, and, on the owners' site, how many of them hold or do not."""
        stands = [promise.stand for part in self.parts for promise in part.promises if promise.stand]
        clauses = sum(len(part.promises) for part in self.parts)
        counts = [(state, sum(stand.state == state for stand in stands)) for state in ("broken", "unknown", "stale")]
        return ", ".join([f"{clauses}", *(f"{count} {state}" for state, count in counts if count)])

    @property
    def ends(self) -> date | None:
        return sunset(self.contract.document)

    @property
    def replacement(self) -> str:
        return replacement_of(self.contract)

    @property
    def replaced_by(self) -> str:
        """The file of the version to use instead; empty where it has no page, or none is named."""
        named = self.replacement.rpartition(" ")[2]
        return next((v.file for v in self.versions if v.contract.version == named), "")

    @property
    def said(self) -> list[tuple[str, str]]:
        """Short facts that a contract may state about itself, each with its name."""
        document = self.contract.document
        tags = document.get("tags")
        named = {
            "Data product": document.get("dataProduct"),
            "Domain": document.get("domain"),
            "Tenant": document.get("tenant"),
            "Tags": ", ".join(map(str, tags)) if isinstance(tags, list) else None,
            "Id": self.contract.id,
        }
        return [(name, str(value)) for name, value in named.items() if value]

    @property
    def members(self) -> list[str]:
        """Who of the team is named, with the role: `Data Owner: analytics.owner`."""
        team = self.contract.document.get("team")
        members = dicts(team.get("members")) if isinstance(team, dict) else ()
        named = ((m.get("role"), m.get("name") or m.get("username")) for m in members)
        return [f"{role}: {name}" if role else str(name) for role, name in named if name]

    @property
    def channels(self) -> list[tuple[str, str]]:
        return channels(self.contract)

    @property
    def links(self) -> list[tuple[str, str]]:
        """Definitions elsewhere: the type of each, and its address."""
        said = dicts(self.contract.document.get("authoritativeDefinitions"))
        return [(str(one.get("type") or "definition"), address(one.get("url"))) for one in said]

    @property
    def servers(self) -> list[dict[str, str]]:
        """Each with its name, type, environment, where it is, and description."""
        return [
            {
                **{key: str(server.get(key) or "") for key in ("server", "type", "environment", "description")},
                "where": ", ".join(f"{key} {value}" for key, value in server.items() if key not in _SAID),
            }
            for server in dicts(self.contract.document.get("servers"))
        ]

    @property
    def levels(self) -> list[dict[str, str]]:
        """Service levels as the contract has them."""
        return [
            {
                "property": str(level.get("property") or ""),
                "value": " ".join(str(level[key]) for key in ("value", "unit") if level.get(key) is not None),
                "element": str(level.get("element") or ""),
                "description": str(level.get("description") or ""),
            }
            for level in dicts(self.contract.document.get("slaProperties"))
        ]


@dataclass(frozen=True)
class Told:
    """What pages know beyond the contracts: their versions by `family`, and, on the owners' site, how clauses stand
    at `as_of` (until when that is young), and the owners' page of each contract, by its key."""

    versions: Mapping[Any, Sequence[Version]] = field(default_factory=dict)
    stands: Mapping[str, Stand] = field(default_factory=dict)
    as_of: datetime | None = None
    until: datetime | None = None
    owners: Mapping[str, str] = field(default_factory=dict)


def about(contract: Contract) -> dict[str, Any]:
    """The contract's own description: purpose, usage, limitations."""
    said = contract.document.get("description")
    return said if isinstance(said, dict) else {"purpose": said or ""}


def channels(contract: Contract) -> list[tuple[str, str]]:
    """Where to ask: each channel, and its address where that is one of the web or of mail."""
    support = dicts(contract.document.get("support"))
    return [(str(one["channel"]), address(one.get("url"))) for one in support if one.get("channel")]


def page_name(contract: Contract) -> str:
    """The file name of a contract's page."""
    return f"{file_stem(contract.name)}-{contract.version}.html"


def versions_of(project: Project, today: date) -> dict[Any, list[Version]]:
    """Every version below the project's contracts, the newest first, with what changes from each to the next; `today`
    is in UTC. Raises CouldNotTell for a file that cannot be read."""
    every = all_contracts(project.contracts)
    levels = classifications(project.settings.classifications)
    below = {new.path: old for old, new in beside(every)}
    live = {contract.path: page_name(contract) for contract in project.catalog.contracts}
    found: dict[Any, list[Version]] = {}
    for contract in sorted(every.values(), key=lambda one: precedence(one.version), reverse=True):
        versions = found.setdefault(family(contract), [])
        room = _SHOWN - sum(len(version.step.changes) for version in versions if version.step)
        step = diff(below[contract.path], contract, levels, today) if contract.path in below else None
        shown = Step(step, step.changes[:room]) if step else None
        versions.append(Version(contract, live.get(contract.path, ""), shown))
    return found


def write_pages(contracts: Iterable[Contract], folder: Path, told: Told | None = None) -> int:
    """Render into a fresh folder beside `folder` and swap it in, so that no half of a site is ever seen. Returns how
    many contracts have a page."""
    with replacing(folder) as fresh:
        return render_pages(contracts, fresh, told or Told())


def render_pages(contracts: Iterable[Contract], folder: Path, told: Told) -> int:
    """As `write_pages`, into a folder that is there."""
    pages = [_page(contract, told) for contract in contracts]
    render = renderer(told.as_of, until=told.until, owners=told.owners)
    for page in pages:
        (folder / page.file).write_text(render("version.html", page=page), encoding="utf-8")
    rows = [(page.contract.name, render("versions_row.html", page=page)) for page in pages]
    write_list(folder, "index", rows, partial(render, "versions.html", count=len(pages)))
    return len(pages)


def _page(contract: Contract, told: Told) -> Page:
    parts = tuple(
        Part(
            dataset,
            tuple(
                Promise(clause, describe(clause), *consequence(contract, dataset, clause), told.stands.get(clause.id))
                for clause in dataset.clauses
            ),
        )
        for dataset in contract.datasets
    )
    return Page(contract, parts, tuple(told.versions.get(family(contract), ())))
