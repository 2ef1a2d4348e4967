"""An alert as Slack, Teams, PagerDuty and others read it: pure, from changes to documents to post.

Sources: api.slack.com/reference/block-kit, the schema of adaptive cards 1.4 (Teams), PagerDuty's Events API v2.
"""

from collections.abc import Sequence
from html import escape
from typing import Any, Literal
from urllib.parse import urlsplit

from c360.printable import one_line

Form = Literal["slack", "teams", "pagerduty", "json"]
Change = dict[str, Any]

HEADINGS = {"new": "Broken", "worse": "Worse", "reminder": "Still broken", "recovered": "Recovered"}
_HOSTS: dict[str, Form] = {
    "hooks.slack.com": "slack",
    "events.pagerduty.com": "pagerduty",
    "events.eu.pagerduty.com": "pagerduty",
    ".webhook.office.com": "teams",
    ".logic.azure.com": "teams",
    ".powerplatform.com": "teams",
}
_SEVERITIES = {"red": "critical", "amber": "warning", "grey": "info"}
_MOST = 10
"""So many clauses of one cause are listed."""
_BLOCKS = 45
"""Slack takes 50 blocks a message."""


def form_of(url: str) -> Form:
    """By the host of an address; JSON where it is none of these."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return "json"
    return next(
        (form for known, form in _HOSTS.items() if host == known or (host.endswith(known) and known[0] == ".")), "json"
    )


def documents(url: str, name: str, as_of: str, changes: Sequence[Change]) -> list[dict[str, Any]]:
    """What to post to `url` about the project of that `name`: one document, to PagerDuty one a cause."""
    form = form_of(url)
    if form == "slack":
        return [_slack(name, as_of, changes)]
    if form == "teams":
        return [_teams(name, as_of, changes)]
    if form == "pagerduty":
        return [_pagerduty(url, name, change) for change in changes]
    return [{"as_of": as_of, "changes": list(changes), "text": markdown(name, as_of, changes)}]


def markdown(name: str, as_of: str, changes: Sequence[Change]) -> str:
    """The changes under headings, worst first; their text is text, in Markdown as in Slack."""
    lines = [f"# {plain(name)}: what changed, as of {as_of}", ""]
    for kind, heading in HEADINGS.items():
        of_kind = [change for change in changes if change["change"] == kind]
        if of_kind:
            lines += [f"## {heading}", ""]
            for change in of_kind:
                lines.append(f"- {plain(change['text'])}" + (f" {change['link']}" if change.get("link") else ""))
                lines += [f"  - {plain(why)}" for why in _clauses(change)]
            lines.append("")
    return "\n".join(lines)


def plain(text: str) -> str:
    """Names in a sentence can make no link, image, mention or HTML, neither in Markdown nor in Slack."""
    for mark, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\\", "\\\\"), ("[", "\\["), ("`", "\\`")):
        text = text.replace(mark, written)
    return one_line(text)


def _clauses(change: Change) -> list[str]:
    """What the sentence does not say already: a single reason is in it."""
    why = list(change.get("why", ()))
    if len(why) < 2:
        return []
    return why[:_MOST] + ([f"and {len(why) - _MOST} more"] if len(why) > _MOST else [])


def _slack(name: str, as_of: str, changes: Sequence[Change]) -> dict[str, Any]:
    def section(text: str) -> dict[str, Any]:
        return {"type": "section", "text": {"type": "mrkdwn", "text": text[:2900]}}

    blocks = [{"type": "header", "text": {"type": "plain_text", "text": one_line(f"{name}, {as_of}")[:150]}}]
    for change in changes[:_BLOCKS]:
        more = "".join(f"\n• {_slack_text(why)}" for why in _clauses(change))
        link = f"\n<{change['link']}|The page>" if change.get("link") else ""
        blocks.append(section(f"*{HEADINGS[change['change']]}*: {_slack_text(change['text'])}{more}{link}"))
    if len(changes) > _BLOCKS:
        blocks.append(section(f"and {len(changes) - _BLOCKS} more: c360 status"))
    return {"text": _slack_text("; ".join(change["text"] for change in changes))[:2900], "blocks": blocks}


def _slack_text(text: str) -> str:
    """Slack knows three escapes, and links in no other way than by these signs."""
    return escape(one_line(text), quote=False)


def _teams(name: str, as_of: str, changes: Sequence[Change]) -> dict[str, Any]:
    def block(text: str, **more: Any) -> dict[str, Any]:
        return {"type": "TextBlock", "text": text, "wrap": True, **more}

    body = [block(plain(f"{name}, {as_of}"), weight="Bolder")]
    colours = {"red": "Attention", "amber": "Warning", "grey": "Default"}
    for change in changes:
        shade = "Good" if change["change"] == "recovered" else colours.get(change["severity"], "Default")
        body.append(block(f"{HEADINGS[change['change']]}: {plain(change['text'])}", color=shade))
        body += [block(f"- {plain(why)}", isSubtle=True, spacing="None") for why in _clauses(change)]
    links = [change for change in changes if change.get("link")][:5]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4",
        "body": body,
        "actions": [{"type": "Action.OpenUrl", "title": one_line(c["about"]), "url": c["link"]} for c in links],
    }  # fmt: skip
    return {
        "type": "message",
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}],
    }


def _pagerduty(url: str, name: str, change: Change) -> dict[str, Any]:
    """The routing key is the fragment of the address, which no request sends."""
    over = change["change"] == "recovered"
    document: dict[str, Any] = {
        "routing_key": urlsplit(url).fragment,
        "event_action": "resolve" if over else "trigger",
        "dedup_key": f"{name}/{change['about']}"[:255],
    }
    if not over:
        document["payload"] = {
            "summary": one_line(change["text"])[:1024],
            "source": one_line(name),
            "severity": _SEVERITIES.get(change["severity"], "warning"),
            "component": change["dataset"],
            "custom_details": {"why": _clauses(change), "clauses": change["clauses"], "command": change["command"]},
        }
        document["links"] = [{"href": change["link"], "text": "The page"}] if change.get("link") else []
    return document
