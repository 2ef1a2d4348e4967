"""Alert: what changed is told once, to files and to a webhook; what could not be posted is told next time."""

import json
import os
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from unittest import mock

import pytest
from click.testing import CliRunner

from c360.commands.alert import alert
from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.database import connect
from c360.errors import Breach, CouldNotTell
from c360.ledger.alerts import Acknowledged
from c360.ledger.history import Finding, Run, record
from c360.project import Project
from c360.report.site import write_site
from c360.settings import Settings, load
from c360.status.alert import acknowledge, compare, raise_alert
from c360.status.webhook import post

T = datetime(2026, 3, 10, 12, tzinfo=UTC)
SECRET = "T0ken-of-the-hook"
CLAUSE = "contacts.mail.pattern"


@contextmanager
def hook(*answers, wait=0.0):
    """A webhook on this machine that gives these answers in turn, and the documents that it got."""
    got, left = [], list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = left.pop(0) if left else 200
            if wait:
                stop.wait(wait)
            got.append((self.path, json.loads(body), answer))
            self.send_response(answer)
            if answer == 302:
                self.send_header("Location", f"http://127.0.0.1:{server.server_port}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *args):
            pass

    stop = threading.Event()
    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/services/{SECRET}", got
    finally:
        stop.set()
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def catalog(database):
    return Catalog.of(find_contracts(database.contracts))


@pytest.fixture
def project(database, catalog, tmp_path):
    return Project(replace(database, home=tmp_path), catalog, database.contracts)


def at(project, url):
    return replace(project, settings=replace(project.settings, webhook_url=url))


def say(db, catalog, outcome, when, clause=CLAUSE, rows=None):
    found = next(c for _, d in catalog.pairs() for c in d.clauses if c.id == clause)
    with db.transaction():
        record(db, Run.start("build", when), [Finding(found, "dbt", outcome, rows=rows)])


def changes(told):
    return [(change["change"], change["about"]) for change in told.changes]


def test_each_change_is_told_once(db, project, catalog):
    say(db, catalog, "passed", T)
    assert changes(raise_alert(project, db, T)) == []
    say(db, catalog, "failed", T + timedelta(hours=1), rows=3)
    told = raise_alert(project, db, T + timedelta(hours=1))
    assert changes(told) == [("new", "contacts clauses")]
    assert "3 rows break contacts.mail.pattern" in told.changes[0]["text"]
    document = json.loads(told.json_file.read_text())
    assert document == {"as_of": "2026-03-10T13:00:00Z", "changes": list(told.changes)}
    assert (
        "## Broken\n\n- contacts: 1 clause is broken at build since 2026-03-10 13:00 UTC"
        in told.markdown_file.read_text()
    )
    say(db, catalog, "failed", T + timedelta(hours=2), rows=9)
    assert changes(raise_alert(project, db, T + timedelta(hours=2))) == [], "it is still broken, and that was told"
    say(db, catalog, "passed", T + timedelta(hours=3))
    assert changes(raise_alert(project, db, T + timedelta(hours=3))) == [("recovered", "contacts clauses")]
    say(db, catalog, "failed", T + timedelta(hours=4))
    assert changes(raise_alert(project, db, T + timedelta(hours=4))) == [("new", "contacts clauses")]
    assert len(list((project.settings.home / "alerts").iterdir())) == 6, "and no half-written file"


def deliver(db, when, delivered=1_000):
    with db.transaction(), db.cursor() as cursor:
        cursor.execute(
            "insert into governance.delivery (sha256, dataset, contract, version, file_name, outcome, delivered, "
            "promoted, quarantined, duplicates, superseded, as_of, newest_load) values (gen_random_uuid()::text, "
            "'contacts', 'contacts', '1.0.0', 'f', 'accepted', %s, %s, 0, 0, 0, %s, %s)",
            (delivered, delivered, when, when.replace(tzinfo=None)),
        )


def test_stale_sources_and_anomalies_are_told(db, project):
    for day in range(28, 0, -1):
        deliver(db, T - timedelta(days=day))
    deliver(db, T, 10)
    assert changes(raise_alert(project, db, T)) == [("new", "anomaly contacts.delivered 2026-03-10T12:00:00")]
    late = raise_alert(project, db, T + timedelta(days=2))
    assert changes(late) == [("new", "contacts delivery")]
    assert "newest row is 2 days old; 1 day is promised" in late.changes[0]["text"]
    deliver(db, T + timedelta(days=3))
    assert changes(raise_alert(project, db, T + timedelta(days=3))) == [("recovered", "contacts delivery")]


def test_what_was_skipped_since_has_not_recovered(db, project, catalog):
    clause = "customers.age.minimum"
    say(db, catalog, "failed", T, clause)
    assert changes(raise_alert(project, db, T)) == [("new", "customers clauses")]
    say(db, catalog, "skipped", T + timedelta(hours=1), clause)
    assert changes(raise_alert(project, db, T + timedelta(hours=1))) == []
    say(db, catalog, "passed", T + timedelta(hours=2), clause)
    assert changes(raise_alert(project, db, T + timedelta(hours=2))) == [("recovered", "customers clauses")]


def test_a_product_that_nobody_built_for_days_is_told_once(db, project, catalog):
    say(db, catalog, "passed", T, "customers.age.minimum")
    later = T + timedelta(days=3)
    told = raise_alert(project, db, later)
    assert changes(told) == [("new", "customers stale")]
    assert (
        "customers: not judged for 3 days since 2026-03-12 12:00 UTC (1 day): judged last on 2026-03-10 12:00 UTC"
        in told.changes[0]["text"]
    )
    assert changes(raise_alert(project, db, later)) == []
    say(db, catalog, "passed", later, "customers.age.minimum")
    told = raise_alert(project, db, later)
    assert changes(told) == [("recovered", "customers stale")]
    assert told.changes[0]["text"] == "customers: it is judged again, after 1 day; it holds"


def test_an_anomaly_does_not_recover():
    one = {"level": "warned", "dataset": "a", "where": [], "since": None, "told": None, "ever": []}
    before = {"anomaly x": one | {"about": "anomaly x"}, "a warnings": one | {"about": "a warnings"}}
    state, changes = compare(before, {}, set(), T)
    assert [c["about"] for c in changes] == ["a warnings"] and state == {}


def test_what_an_alert_of_an_older_release_remembers_is_told_anew():
    cause = {"level": "broken", "severity": "red", "dataset": "a", "about": "a clauses", "clauses": ["a.b.required"],
             "acknowledged": "", "where": ["a.b.required@build"]}  # fmt: skip
    before = {"a.b.required@build": {"kind": "broken", "text": "…"}}
    _, changes = compare(before, {"a clauses": cause}, set(), T)
    assert [(c["change"], c["about"]) for c in changes] == [("new", "a clauses")]


def test_it_is_posted_once(db, project, catalog):
    say(db, catalog, "failed", T)
    with hook() as (url, got):
        assert raise_alert(at(project, url), db, T).posted
        assert not raise_alert(at(project, url), db, T).posted
    ((path, document, _),) = got
    assert path == f"/services/{SECRET}"
    assert document["changes"][0]["about"] == "contacts clauses"
    assert document["text"].startswith("# Customer 360: what changed")


def test_a_failure_that_may_pass_is_tried_again(db, project, catalog):
    say(db, catalog, "failed", T)
    with hook(503, 429) as (url, got):
        assert raise_alert(at(project, url), db, T, pauses=(0, 0)).posted
    assert [answer for *_, answer in got] == [503, 429, 200]


def test_what_could_not_be_posted_goes_with_the_next(db, project, catalog):
    say(db, catalog, "failed", T)
    with hook(500, 500, 500) as (url, got):
        with pytest.raises(CouldNotTell, match=r"The webhook at 127\.0\.0\.1 answered 500; the alert stays due"):
            raise_alert(at(project, url), db, T, pauses=(0, 0))
        assert len(got) == 3
        assert len(list((project.settings.home / "alerts").iterdir())) == 2, "the files are there"
        say(db, catalog, "failed", T + timedelta(hours=1), "contacts.name.required")
        told = raise_alert(at(project, url), db, T + timedelta(hours=1), pauses=(0, 0))
    assert changes(told) == [("new", "contacts clauses"), ("worse", "contacts clauses")]
    assert [change["about"] for change in got[-1][1]["changes"]] == [about for _, about in changes(told)]


def test_without_a_webhook_nothing_piles_up(db, project, catalog):
    say(db, catalog, "failed", T)
    raise_alert(project, db, T)
    with hook() as (url, got):
        assert not raise_alert(at(project, url), db, T).posted
    assert got == []


@pytest.mark.parametrize("answer", [302, 404])
def test_a_refusal_and_a_redirect_are_final(answer):
    with hook(answer) as (url, got), pytest.raises(CouldNotTell, match=f"answered {answer}"):
        post(url, {}, (0, 0))
    assert len(got) == 1


def test_a_slow_webhook_has_a_time_limit():
    with hook(wait=5) as (url, _), pytest.raises(CouldNotTell, match="did not answer in time"):
        post(url, {}, (), seconds=0.2)


@pytest.mark.parametrize(
    "url",
    [f"ftp://example.com/{SECRET}", f"file:///{SECRET}", SECRET, f"http://[::1/{SECRET}", f"http:///{SECRET}",
     f"http://127.0.0.1:1/{SECRET}", f"http://127.0.0.1:99999/{SECRET}", f"http://user:{SECRET}@127.0.0.1:1/x"],
)  # fmt: skip
def test_the_address_is_never_shown(url):
    with pytest.raises(CouldNotTell) as caught:
        post(url, {}, ())
    assert SECRET not in str(caught.value) + repr(caught.value.__cause__)
    assert SECRET not in repr(load({"C360_WEBHOOK_URL": url, "C360_ROOT": "/"}))


def test_the_command(db, database, catalog, tmp_path):
    say(db, catalog, "failed", T)
    env = {"C360_ROOT": str(database.root), "C360_HOME": str(tmp_path), "C360_DATABASE_URL": database.database_url}
    with hook() as (url, got), mock.patch.dict(os.environ, env | {"C360_WEBHOOK_URL": url}):
        first = CliRunner().invoke(alert, ["--as-of", "2026-03-10T12:00:00Z"])
        second = CliRunner().invoke(alert, ["--as-of", "2026-03-10T12:00:00Z"])
        third = CliRunner().invoke(alert, ["--as-of", "2026-03-10T12:00:00Z", "--json"])
    assert first.exit_code == 0 and "Posted to the webhook." in first.output and SECRET not in first.output
    assert second.output == "Nothing has changed since the last alert.\n"
    assert json.loads(third.output)["changes"] == []
    assert len(got) == 1


def test_two_alerts_at_once_tell_it_once(db, project, catalog, database):
    say(db, catalog, "failed", T)
    told, gate = [], threading.Barrier(3)

    def one(settings: Settings):
        mine = connect(settings)
        gate.wait()
        told.append(raise_alert(at(project, url), mine, T))
        mine.close()

    with hook() as (url, got):
        threads = [threading.Thread(target=one, args=(database,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(got) == 1
    assert sum(alert.posted for alert in told) == 1


def test_a_reminder_comes_while_it_lasts_and_not_where_somebody_is_on_it(db, project, catalog):
    say(db, catalog, "failed", T)
    day = timedelta(days=1)
    assert changes(raise_alert(project, db, T)) == [("new", "contacts clauses")]
    assert changes(raise_alert(project, db, T + day / 2)) == []
    assert changes(raise_alert(project, db, T + day)) == [("reminder", "contacts clauses")]
    assert changes(raise_alert(project, db, T + 1.5 * day)) == []
    (cause,) = acknowledge(project, db, "contacts", Acknowledged(T + 1.5 * day, "Ada", T + 3 * day, "it is mended"))
    assert cause.about == "contacts clauses"
    assert changes(raise_alert(project, db, T + 2.9 * day)) == []
    say(db, catalog, "failed", T + 2.9 * day, "contacts.name.required")
    worse = raise_alert(project, db, T + 2.9 * day)
    assert changes(worse) == [("worse", "contacts clauses")], "more clauses are told all the same"
    assert "Ada is on it until 2026-03-13 12:00 UTC: it is mended." in worse.changes[0]["text"]
    assert changes(raise_alert(project, db, T + 4 * day)) == [("reminder", "contacts clauses")], "it is over"
    for clause in (CLAUSE, "contacts.name.required"):
        say(db, catalog, "passed", T + 4 * day, clause)
    assert changes(raise_alert(project, db, T + 4 * day)) == [("recovered", "contacts clauses")]


def test_what_breaks_anew_is_not_acknowledged(db, project, catalog):
    say(db, catalog, "failed", T)
    hour = timedelta(hours=1)
    acknowledge(project, db, "contacts", Acknowledged(T, "Ada", T + 90 * hour, "it is mended"))
    assert raise_alert(project, db, T).changes[0]["acknowledged"]
    say(db, catalog, "passed", T + hour)
    raise_alert(project, db, T + hour)
    say(db, catalog, "failed", T + 2 * hour)
    (anew,) = raise_alert(project, db, T + 2 * hour).changes
    assert (anew["change"], anew["acknowledged"]) == ("new", "")


def test_the_command_puts_down_who_is_on_it(db, database, catalog, tmp_path):
    say(db, catalog, "failed", T)
    env = {"C360_ROOT": str(database.root), "C360_HOME": str(tmp_path), "C360_DATABASE_URL": database.database_url}
    clock = ["--as-of", "2026-03-10T13:00:00Z"]

    def ack(*arguments):
        with mock.patch.dict(os.environ, env):
            return CliRunner().invoke(alert, ["ack", *arguments, *clock])

    done = ack("contacts", "--until=2026-03-12", "--reason=they know", "--by=Ada")
    assert done.exit_code == 0, done.output
    assert "contacts: 1 clause is broken at build" in done.output
    assert "Ada is on it until 2026-03-12 00:00 UTC." in done.output
    with db.cursor() as cursor:
        cursor.execute("select about, acknowledged_by, reason from governance.acknowledgement")
        assert cursor.fetchall() == [("contacts clauses", "Ada", "they know")]
    over = ack("contacts", "--until=2026-03-01", "--reason=they know")
    assert isinstance(over.exception, CouldNotTell) and over.exception.message == "2026-03-01 00:00 UTC is over."
    nothing = ack("transactions", "--until=2026-03-12", "--reason=they know")
    assert isinstance(nothing.exception, Breach) and "Nothing is wrong with 'transactions'" in nothing.exception.message
    unknown = ack("nobody", "--until=2026-03-12", "--reason=they know")
    assert isinstance(unknown.exception, CouldNotTell)


def test_a_channel_of_a_contract_gets_what_concerns_it(db, project, catalog):
    say(db, catalog, "failed", T)
    say(db, catalog, "failed", T, "transactions.amount.minimum")
    with hook() as (url, got), hook() as (crm, to_crm), hook(500) as (web, to_web):
        settings = replace(at(project, url).settings, channel_urls={"CRM_PLATFORM": crm, "WEB_COMMERCE": web})
        channelled = replace(project, settings=settings)
        with pytest.raises(CouldNotTell, match="answered 500") as caught:
            raise_alert(channelled, db, T, pauses=())
        assert "Check C360_WEBHOOK_URL_WEB_COMMERCE" in caught.value.remedy
        assert len(got) == len(to_crm) == len(to_web) == 1
        raise_alert(channelled, db, T, pauses=())
    assert len(got) == len(to_crm) == 1, "who has it gets it once"
    about = [[change["about"] for change in taken[-1][1]["changes"]] for taken in (got, to_crm, to_web)]
    assert about == [["contacts clauses", "transactions clauses"], ["contacts clauses"], ["transactions clauses"]]


def test_an_alert_leads_to_its_place_on_the_page(db, project, catalog):
    say(db, catalog, "failed", T)
    linked = replace(project, settings=replace(project.settings, pages_url="https://pages.example.com/c360/"))
    (change,) = raise_alert(linked, db, T).changes
    assert change["link"] == "https://pages.example.com/c360/owners/contract-contacts.html#cause-contacts-clauses"
    index = write_site(linked, db, project.settings.site / "owners", T)
    assert 'id="cause-contacts-clauses"' in (index.parent / "contract-contacts.html").read_text()
