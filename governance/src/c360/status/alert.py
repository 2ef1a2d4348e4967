"""Alert: what has changed since the last alert, as JSON and Markdown, and to webhooks where there are any.

What is wrong is compared with what was wrong at the last alert, which the database remembers: one entry a cause, told
when it begins, when more clauses break, as a reminder while it lasts, and once when it is over. An alert that could not
be posted stays due: the next one takes it along.
"""

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from c360.errors import Breach, CouldNotTell
from c360.ledger import alerts
from c360.ledger.alerts import Acknowledged
from c360.lineage import lineage
from c360.pages import owner_pages
from c360.printable import age, shown
from c360.project import Project
from c360.status.causes import LEVELS, Cause, causes
from c360.status.machine import utc
from c360.status.payloads import documents, markdown

if TYPE_CHECKING:
    from psycopg import Connection

    from c360.status.overview import Overview

REMIND = {"red": timedelta(days=1), "amber": timedelta(days=7)}
"""After so long it is told again, while nobody has acknowledged it; what is only a warning never is."""
_UNTOLD = ("behind", "new")
"""Of the levels of causes those that are no alert: the first follows from another cause, the second is no news."""
_ORDER = ("new", "worse", "reminder", "recovered")
State = dict[str, dict[str, Any]]
"""By what it is about: what a change says, and `where` its clauses are broken, and when it was `told` last."""


@dataclass(frozen=True)
class Alert:
    """`changes` are of this alert and of those still due (c360.status.payloads shows them). No value of the data."""

    as_of: datetime
    changes: tuple[dict[str, Any], ...]
    json_file: Path | None = None
    markdown_file: Path | None = None
    posted: bool = False


def raise_alert(project: Project, database: "Connection", as_of: datetime, pauses: tuple[float, ...] = (1, 4)) -> Alert:
    """Compare, write, post. `pauses` are the seconds before each new try to post.

    Raises CouldNotTell when a webhook does not take it; the files are written then, and the alert stays due for it.
    """
    from c360.status.overview import read_overview

    targets = _targets(project)
    overview = read_overview(database, project.catalog, as_of)
    found = causes(overview, project.catalog, lineage(project, as_of.date()), alerts.acknowledged(database, as_of))
    now = current_state(project, overview, found)
    with database.transaction():
        state, changes = compare(alerts.last_state(database), now, skipped(overview), as_of)
        files: tuple[Path | None, Path | None] = (None, None)
        if changes:
            number = alerts.put_down(database, as_of, state, changes, due=bool(targets))
            stem = project.settings.home / "alerts" / f"{as_of:%Y-%m-%dT%H%M%S}-{number}"
            said = markdown(project.settings.name, str(utc(as_of)), changes)
            files = (
                _write(stem.with_suffix(".json"), json.dumps(payload(as_of, changes), indent=2) + "\n"),
                _write(stem.with_suffix(".md"), said),
            )
    if not targets:
        return Alert(as_of, tuple(changes), *files)
    together = _post_all(project, database, as_of, targets, pauses)
    return Alert(as_of, tuple(together), *files, posted=bool(together))


def acknowledge(project: Project, database: "Connection", dataset: str, what: Acknowledged) -> list[Cause]:
    """Put down who is on all that is wrong with a dataset; returns what that is.

    Raises CouldNotTell for a dataset that no contract has, Breach when nothing is wrong with it.
    """
    from c360.status.overview import read_overview

    project.catalog.find(dataset)
    overview = read_overview(database, project.catalog, what.as_of)
    found = [c for c in causes(overview, project.catalog, {}) if c.dataset == dataset and c.level not in _UNTOLD]
    if not found:
        raise Breach(f"Nothing is wrong with {shown(dataset)}.", "See: c360 status")
    with database.transaction():
        alerts.acknowledge(database, [cause.about for cause in found], what)
    return found


def current_state(project: Project, overview: "Overview", found: Sequence[Cause]) -> State:
    """All that is to be told about, as it is now."""
    catalog = project.catalog
    files = owner_pages(contract.key for contract in catalog.contracts)
    contracts = {dataset.name: contract for contract, dataset in catalog.pairs()}
    state: State = {}
    for cause in found:
        if cause.level in _UNTOLD:
            continue
        contract = contracts.get(cause.dataset)
        page = f"owners/{files[contract.key] if contract else 'index.html'}#{cause.anchor}"
        base = project.settings.pages_url
        support = (contract.document.get("support") if contract else None) or []
        state[cause.about] = {
            "about": cause.about, "dataset": cause.dataset, "contract": contract.name if contract else "",
            "level": cause.level, "severity": cause.colour, "text": cause.sentence, "why": list(cause.why),
            "since": utc(cause.since), "clauses": list(cause.clauses), "command": cause.command,
            "team": contract.team if contract else "", "page": page,
            "link": f"{base.rstrip('/')}/{page}" if base else None,
            "channels": [str(one.get("channel", "")) for one in support if isinstance(one, dict)],
            "acknowledged": cause.acknowledged,
            "where": [
                f"{s.clause}@{s.stage}" for s in overview.standings if s.broken and s.clause in cause.clauses
            ],
        }  # fmt: skip
    return state


def skipped(overview: "Overview") -> set[str]:
    """`<clause>@<stage>` of what was not judged: it has not recovered."""
    return {f"{s.clause}@{s.stage}" for s in overview.standings if s.outcome == "skipped"}


def compare(before: State, now: State, skipped: set[str], as_of: datetime) -> tuple[State, list[dict[str, Any]]]:
    """What to remember, and what to tell, the worst first."""
    state: State = {}
    changes = []
    for about, cause in now.items():
        known = before.get(about)
        kind = _change(known, cause, as_of)
        told = utc(as_of) if kind or known is None else known["told"]
        once: list[str] = known.get("ever", []) if known else []
        state[about] = cause | {"told": told, "ever": sorted({*once, *cause["clauses"]})}
        if kind:
            changes.append({"change": kind} | _shown(cause))
    for about, known in before.items():
        if about in now or "level" not in known:  # before 1.5.0 an alert knew clauses, and no causes
            continue
        waits = f"{known['dataset']} delivery" in now and about != f"{known['dataset']} delivery"
        if waits or skipped & set(known["where"]):
            state[about] = known  # whether it holds again, no delivery and no stage has shown
        elif not about.startswith("anomaly "):  # which is over by itself
            others = any(cause["dataset"] == known["dataset"] for cause in now.values())
            changes.append({"change": "recovered"} | _shown(known) | {"text": _over(known, others, as_of), "why": []})
    changes.sort(key=lambda c: (_ORDER.index(c["change"]), LEVELS.index(c["level"]), c["about"]))
    return state, changes


_REGAINED = {
    "delivery": "a delivery was accepted", "rows": "no row was set aside", "clauses": "no clause is broken any more",
    "warnings": "no warning is left", "stale": "it is judged again", "unknown": "every clause could be judged",
}  # fmt: skip


def _over(known: dict[str, Any], others: bool, as_of: datetime) -> str:
    """The sentence about what is over; `others` says that more is wrong with the dataset."""
    subject = known["dataset"] or known["about"]
    what = _REGAINED.get(known["about"].rpartition(" ")[2], f"{known['about']} is over")
    lasted = (
        f", after {age((as_of - datetime.fromisoformat(known['since'])).total_seconds())}" if known["since"] else ""
    )
    return f"{subject}: {what}{lasted}" + ("" if others else "; it holds")


def _change(known: dict[str, Any] | None, cause: dict[str, Any], as_of: datetime) -> str | None:
    if known is None or "level" not in known or known["level"] != cause["level"]:
        return "new"
    if set(cause["clauses"]) - set(known["ever"]):
        return "worse"
    pause = REMIND.get(cause["severity"])
    if pause is None or cause["acknowledged"] or as_of < datetime.fromisoformat(known["told"]) + pause:
        return None
    return "reminder"


def _shown(cause: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in cause.items() if key not in ("where", "told", "ever")}


def payload(as_of: datetime, changes: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"as_of": utc(as_of), "changes": list(changes)}


def _targets(project: Project) -> dict[str, str]:
    """By name the addresses to post to: an empty name takes everything, that of a channel what concerns it."""
    settings = project.settings
    return ({"": settings.webhook_url} if settings.webhook_url else {}) | dict(settings.channel_urls)


def _post_all(
    project: Project, database: "Connection", as_of: datetime, targets: Mapping[str, str], pauses: tuple[float, ...]
) -> list[dict[str, Any]]:
    """To every target what is due there. Raises the first error, after all others had theirs."""
    from c360.status.webhook import post

    errors: list[CouldNotTell] = []
    told: dict[str, dict[str, Any]] = {}
    for name, url in targets.items():
        with database.transaction():
            due = alerts.due(database, name)
            together = [c for one in due for c in one.changes if not name or name in map(_variable, c["channels"])]
            try:
                if together:
                    for document in documents(url, project.settings.name, str(utc(as_of)), together):
                        post(url, document, pauses, variable="_".join(filter(None, ("C360_WEBHOOK_URL", name))))
                alerts.posted(database, due, name, targets)
            except CouldNotTell as error:
                errors.append(error)
                continue
            told |= {f"{c['about']} {c['change']}": c for c in together}
    if errors:
        raise errors[0]
    return list(told.values())


def _variable(channel: str) -> str:
    """How the environment names a channel: CRM_PLATFORM for #crm-platform."""
    return re.sub(r"[^A-Z0-9]+", "_", channel.upper()).strip("_")


def _write(path: Path, text: str) -> Path:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        half.write_text(text, encoding="utf-8")
        half.replace(path)
    except OSError as error:
        raise CouldNotTell(
            f"{path} could not be written: {error.strerror}.", "Free the disk, or set C360_HOME."
        ) from None
    return path
