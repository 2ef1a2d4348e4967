"""Alert: what has changed since the last alert, as JSON and Markdown, and to a webhook when there is one.

What is wrong is compared with what was wrong at the last alert, which the database remembers. An alert that
could not be posted stays due: the next one takes it along.
"""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from c360.errors import CouldNotTell
from c360.ledger import alerts
from c360.printable import one_line
from c360.project import Project

if TYPE_CHECKING:
    from psycopg import Connection

    from c360.status.overview import Overview

_HEADINGS = {
    "disagreement": "Engines disagree",
    "broken": "Newly broken",
    "sla_missed": "Freshness promise missed",
    "stale": "Not judged lately",
    "anomaly": "Unusual",
    "recovered": "Recovered",
}


@dataclass(frozen=True)
class Alert:
    """`changes` are of this alert and of those still due: each has change, about and text. No value of the data."""

    as_of: datetime
    changes: tuple[dict[str, Any], ...]
    json_file: Path | None = None
    markdown_file: Path | None = None
    posted: bool = False


def raise_alert(project: Project, database: "Connection", as_of: datetime, pauses: tuple[float, ...] = (1, 4)) -> Alert:
    """Compare, write, post. `pauses` are the seconds before each new try to post.

    Raises CouldNotTell when the webhook does not take it; the files are written then, and the alert stays due.
    """
    from c360.status.overview import read_overview
    from c360.status.webhook import post

    url = project.settings.webhook_url
    overview = read_overview(database, project.catalog, as_of)
    with database.transaction():
        before = alerts.last_state(database)
        state = current_problems(overview) | unjudged_problems(overview, before)
        changes = changes_between(before, state)
        files: tuple[Path | None, Path | None] = (None, None)
        if changes:
            number = alerts.put_down(database, as_of, state, changes, due=url is not None)
            stem = project.settings.home / "alerts" / f"{as_of:%Y-%m-%dT%H%M%S}-{number}"
            files = (
                _write(stem.with_suffix(".json"), json.dumps(payload(as_of, changes), indent=2) + "\n"),
                _write(stem.with_suffix(".md"), markdown(project.settings.name, as_of, changes)),
            )
    if url is None:
        return Alert(as_of, tuple(changes), *files)
    with database.transaction():
        due = alerts.due(database)
        together = tuple(change for one in due for change in one.changes)
        if together:
            post(url, payload(as_of, together) | {"text": markdown(project.settings.name, as_of, together)}, pauses)
            alerts.posted(database, due)
    return Alert(as_of, together, *files, posted=bool(together))


def current_problems(overview: "Overview") -> dict[str, dict[str, str]]:
    """All that is wrong now, by what it is about: its kind and one sentence."""
    found: dict[str, dict[str, str]] = {}
    for d in overview.disagreements:
        said = ", ".join(f"{who} says {outcome}" for who, outcome in d.sides)
        found[f"disagreement {d.clause}"] = {"kind": "disagreement", "text": f"{d.clause}: {said}"}
    for s in overview.standings:
        if s.broken:
            rows = f", {s.rows:,} row{'s' if s.rows > 1 else ''}" if s.rows else ""
            text = f"{s.clause} {s.outcome} at {s.stage} ({s.engine}{rows}) since {s.since:%Y-%m-%d %H:%M} UTC"
            found[f"{s.clause}@{s.stage}"] = {"kind": "broken", "text": text}
    for run in overview.runs:
        if run.broken:
            what = run.stage if run.clause == "*" else f"{run.stage} of {run.clause}"
            text = f"{what} {run.outcome} since {run.since:%Y-%m-%d %H:%M} UTC"
            found[f"run {what}"] = {"kind": "broken", "text": text}
    for sla in overview.sla:
        if not sla.holds and sla.month.hours:
            newest = f"{sla.newest:%Y-%m-%d %H:%M} UTC" if sla.newest else "none"
            found[f"sla {sla.dataset}"] = {
                "kind": "sla_missed",
                "text": f"{sla.dataset} is stale: newest row {newest}, held in {sla.month.share:.1%} of 30 days",
            }
    for u in overview.unjudged:
        if u.last and f"sla {u.dataset}" not in found:
            found[f"stale {u.dataset}"] = {
                "kind": "stale",
                "text": f"{u.dataset} was last judged on {u.last:%Y-%m-%d %H:%M} UTC: whether it holds is not known",
            }
    for a in overview.anomalies:
        text = f"{a.series} was {a.value:,.4g} on {a.at:%Y-%m-%d %H:%M} UTC, usually {a.low:,.4g} to {a.high:,.4g}"
        found[f"anomaly {a.series} {a.at:%Y-%m-%dT%H:%M:%S}"] = {"kind": "anomaly", "text": text}
    return found


def unjudged_problems(overview: "Overview", before: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """What was wrong, and has not been judged since: it has not recovered."""
    skipped = {f"{s.clause}@{s.stage}" for s in overview.standings if s.outcome == "skipped"}
    return {about: thing for about, thing in before.items() if about in skipped}


def changes_between(before: dict[str, dict[str, str]], now: dict[str, dict[str, str]]) -> list[dict[str, str]]:
    """What is new, and what is over; an anomaly is over by itself and does not recover."""
    changes = [
        {"change": thing["kind"], "about": about, "text": thing["text"]}
        for about, thing in now.items()
        if about not in before
    ]
    for about, thing in before.items():
        if about not in now and thing["kind"] != "anomaly":
            subject = about.removeprefix("sla ").removeprefix("run ").removeprefix("stale ")
            text = f"{subject} {'is judged again' if thing['kind'] == 'stale' else 'holds again'}"
            changes.append({"change": "recovered", "about": about, "text": text})
    return sorted(changes, key=lambda c: (list(_HEADINGS).index(c["change"]), c["about"]))


def markdown(name: str, as_of: datetime, changes: Any) -> str:
    """The changes in the project of that `name` under headings, worst first; their text is text, in Markdown as in
    Slack."""
    lines = [f"# {_plain(name)}: what changed, as of {as_of:%Y-%m-%d %H:%M} UTC", ""]
    for kind, heading in _HEADINGS.items():
        texts = [change["text"] for change in changes if change["change"] == kind]
        if texts:
            lines += [f"## {heading}", "", *(f"- {_plain(text)}" for text in texts), ""]
    return "\n".join(lines)


def _plain(text: str) -> str:
    """Names in a sentence can make no link, image, mention or HTML, neither in Markdown nor in Slack."""
    for mark, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\\", "\\\\"), ("[", "\\["), ("`", "\\`")):
        text = text.replace(mark, written)
    return one_line(text)


def payload(as_of: datetime, changes: Any) -> dict[str, Any]:
    from c360.status.machine import utc

    return {"as_of": utc(as_of), "changes": list(changes)}


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
