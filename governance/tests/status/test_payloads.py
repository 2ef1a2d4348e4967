"""Payloads: what Slack, Teams and PagerDuty get is what they read, one entry a cause, and text stays text."""

import pytest

from c360.status.payloads import documents, form_of, markdown

HOSTILE = "<!channel> <https://x.example|y> [a](b) & `c`\n# d"
CAUSE = {
    "change": "new", "about": "orders delivery", "dataset": "orders", "contract": "orders", "level": "refused",
    "severity": "red", "text": "orders: the delivery was refused: newest row is 2 days old; 1 day is promised.",
    "why": ["newest row is 2 days old; 1 day is promised", "3 rows break orders.id.required"],
    "clauses": ["orders.freshness", "orders.id.required"], "command": "c360 status", "since": None, "channels": [],
    "link": "https://pages.example.com/owners/contract-orders.html#cause-orders-delivery",
}  # fmt: skip
OVER = CAUSE | {"change": "recovered", "text": "orders: a delivery was accepted; it holds", "why": []}
SLACK, TEAMS = "https://hooks.slack.com/services/T/B/X", "https://acme.webhook.office.com/webhookb2/x"
PAGERDUTY = "https://events.pagerduty.com/v2/enqueue#R0uting"


@pytest.mark.parametrize(
    ("url", "form"),
    [(SLACK, "slack"), (TEAMS, "teams"), ("https://prod-1.westeurope.logic.azure.com/workflows/x", "teams"),
     (PAGERDUTY, "pagerduty"), ("https://hooks.example.com/x", "json"),
     ("https://hooks.slack.com.evil.example", "json"),
     ("http://[::1", "json")],
)  # fmt: skip
def test_the_host_tells_who_reads_it(url, form):
    assert form_of(url) == form


def test_slack_gets_blocks_with_the_clauses_below_the_cause():
    (document,) = documents(SLACK, "Shop", "2026-03-10T12:00:00Z", [CAUSE])
    assert document.keys() == {"text", "blocks"}
    header, section = document["blocks"]
    assert header["type"] == "header" and section["text"]["type"] == "mrkdwn"
    assert section["text"]["text"].splitlines() == [
        f"*Broken*: {CAUSE['text']}", f"• {CAUSE['why'][0]}", f"• {CAUSE['why'][1]}", f"<{CAUSE['link']}|The page>",
    ]  # fmt: skip


def test_slack_takes_fifty_blocks():
    (document,) = documents(SLACK, "Shop", "2026-03-10T12:00:00Z", [CAUSE] * 300)
    assert len(document["blocks"]) <= 50 and "and 255 more" in document["blocks"][-1]["text"]["text"]


def test_teams_gets_an_adaptive_card():
    (document,) = documents(TEAMS, "Shop", "2026-03-10T12:00:00Z", [CAUSE, OVER])
    (attachment,) = document["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (document["type"], card["type"], card["version"]) == ("message", "AdaptiveCard", "1.4")
    assert [block.get("color") for block in card["body"]] == [None, "Attention", None, None, "Good"]
    assert card["actions"][0] == {"type": "Action.OpenUrl", "title": "orders delivery", "url": CAUSE["link"]}


def test_pagerduty_gets_one_event_a_cause_and_the_recovery_resolves_it():
    broken, over = documents(PAGERDUTY, "Shop", "2026-03-10T12:00:00Z", [CAUSE, OVER])
    assert (broken["event_action"], over["event_action"]) == ("trigger", "resolve")
    assert broken["dedup_key"] == over["dedup_key"] == "Shop/orders delivery"
    assert broken["routing_key"] == over["routing_key"] == "R0uting"
    assert broken["payload"]["severity"] == "critical" and broken["payload"]["summary"] == CAUSE["text"]
    assert broken["payload"]["source"] == "Shop" and broken["links"][0]["href"] == CAUSE["link"]
    assert "payload" not in over


def test_others_get_plain_json():
    (document,) = documents("https://hooks.example.com/x", "Shop", "2026-03-10T12:00:00Z", [CAUSE])
    assert document["changes"] == [CAUSE] and document["text"].startswith("# Shop: what changed")


def test_names_make_no_mention_link_or_heading():
    cause = CAUSE | {"text": HOSTILE, "why": [HOSTILE, HOSTILE], "about": HOSTILE}
    (slack,) = documents(SLACK, HOSTILE, "t", [cause])
    assert slack["blocks"][0]["text"]["type"] == "plain_text", "in it nothing is a mention"
    formatted = slack["text"] + slack["blocks"][1]["text"]["text"].replace(f"<{CAUSE['link']}|The page>", "")
    assert "<" not in formatted and "\n# d" not in formatted
    lines = markdown(HOSTILE, "t", [cause]).splitlines()
    assert [line[:4] for line in lines if line.startswith("#")] == ["# &l", "## B"]
    assert not any("<" in line or ("](" in line.replace("\\[", "") and "\\[" not in line) for line in lines)
