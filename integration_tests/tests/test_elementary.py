"""Elementary with its packages at hand: two builds, one report, and what no file may hold."""

import base64
import json
import os
import re
import subprocess
import sys
from datetime import datetime, timedelta

import pytest

from c360.dbt import packages
from c360.settings import load

NOW = datetime.fromisoformat("2026-03-01T12:00:00")
DAYS = 20
PLANTED = ["Zebulon Plantedname", "planted.mail.example", "plantedrawmail", "9 Planted Street", "7654321.09"]
"""Values of rows in quarantine and of rows that fail dbt's tests; none is public."""
GUARD = """
import os, socket
_connect, _look = socket.socket.connect, socket.getaddrinfo
def note(what):
    with open(os.environ["GUARD_LOG"], "a") as log:
        log.write(f"{what}\\n")
    raise OSError("no network in this test")
def connect(self, address):
    return _connect(self, address) if self.family == socket.AF_UNIX else note(address)
socket.socket.connect = connect
socket.getaddrinfo = lambda *arguments, **_: note(arguments)
"""


@pytest.fixture(scope="module")
def cache() -> str:
    settings = load()
    reason = packages.left_out(settings)
    if reason:
        pytest.skip(reason)
    return str(settings.dbt_packages)


def day(back: int) -> str:
    return f"{NOW - timedelta(days=back, hours=2):%Y-%m-%d %H:%M:%S}"


@pytest.fixture(scope="module")
def reported(shared_workplace, make, cache, tmp_path_factory):
    """Twenty days of even deliveries and a day of ten times as many, built twice (once with a broken row), reported.

    Everything after the first build runs with no network, and each attempt at one is noted.
    """
    place = shared_workplace
    contacts = [make.contact(n, _loaded_at_utc=day(0)) for n in range(1, 21)]
    contacts += [make.contact(30, name=PLANTED[0], mail=PLANTED[1], address=PLANTED[3], _loaded_at_utc=day(0))]
    sales = [(back, n) for back in range(DAYS, -1, -1) for n in range(100 if back == 1 else 10)]
    rows = [
        make.transaction(number, 1 + number % 20, _loaded_at_utc=day(back)) for number, (back, _) in enumerate(sales)
    ]
    rows += [make.transaction(900_000, 1, category="Gadgets", amount=PLANTED[4], _loaded_at_utc=day(0))]
    assert place.ingest("contacts", place.write("contacts.csv", contacts)).only["quarantined"] == 1
    assert place.ingest("transactions", place.write("transactions.csv", rows)).only["quarantined"] == 1
    at = f"--as-of={NOW.isoformat()}Z"
    first = place.c360(
        "build", at, "--select", "source:*", "package:customer360,resource_type:model", C360_DBT_PACKAGES=cache
    )
    place.sql("update raw.contacts set mail = %s where id = %s", PLANTED[2], make.id(2))
    folder = tmp_path_factory.mktemp("guard")
    (folder / "sitecustomize.py").write_text(GUARD)
    env = {
        **os.environ, **place.env, "C360_DBT_PACKAGES": cache,
        "PYTHONPATH": str(folder), "GUARD_LOG": str(folder / "log"),
    }  # fmt: skip

    def guarded(*arguments: str) -> subprocess.CompletedProcess:
        command = [sys.executable, "-c", "from c360.cli import main; main()", *arguments]
        return subprocess.run(command, env=env, cwd=place.settings.root, capture_output=True, text=True)

    second, report = guarded("build", at, "--select", "source:*"), guarded("report", at)
    assert report.returncode == 0, report.stderr
    noted = (folder / "log").read_text() if (folder / "log").exists() else ""
    page = (place.settings.site / "elementary" / "index.html").read_text(encoding="utf-8")
    data = json.loads(base64.b64decode(re.search(r"atob\('([^']+)'\)", page)[1]))
    return {"place": place, "first": first, "second": second, "report": report, "noted": noted, "page": page, **data}


def of_test(reported, part: str, name: str) -> dict:
    """What the report says in `part` of the test of that name."""
    found = [test for tests in reported[part].values() for test in tests if test["metadata"]["test_name"] == name]
    assert len(found) == 1, name
    return found[0]


def test_a_delivery_with_rows_in_quarantine_builds(reported):
    assert reported["first"].code == 0, reported["first"].err
    assert reported["second"].returncode == 1, "the broken row fails a test"


def test_history_spans_invocations(reported):
    runs = of_test(reported, "test_runs", "contacts__mail__pattern")["test_runs"]["invocations"]
    assert [run["status"] for run in runs] == ["pass", "fail"]
    assert len({run["id"] for run in runs}) == 2


def test_the_gates_verdicts_stand_beside_dbts(reported):
    place = reported["place"]
    gate = of_test(reported, "test_results", "gate__transactions__category__enum")
    assert gate["metadata"]["latest_run_status"] == "warn"
    assert gate["metadata"]["table_name"] == "transactions"
    assert of_test(reported, "test_results", "gate__transactions__freshness")["metadata"]["latest_run_status"] == "pass"
    judged = place.sql(
        "select count(distinct clause) from governance.history where stage = 'gate' and clause like '%.%'"
    )
    shown = {
        test["metadata"]["test_name"]
        for tests in reported["test_results"].values()
        for test in tests
        if test["metadata"]["test_name"].startswith("gate__")
    }
    assert len(shown) == judged[0][0] > 50


def test_a_refused_delivery_fails_and_what_was_never_judged_is_no_pass(reported, make):
    place = reported["place"]
    query = of_test(reported, "test_results", "gate__transactions__freshness")["metadata"]["test_query"]
    assert place.sql(query) == []
    stale = [make.transaction(n, 1, _loaded_at_utc=day(9)) for n in range(910_000, 910_010)]
    refused = place.ingest("transactions", place.write("stale.csv", stale))
    assert refused.code == 1
    assert place.sql(query) == [(1,)]
    assert place.sql(query.replace("transactions.freshness", "transactions.unheard_of")) == [(1,)]


def test_a_day_of_ten_times_as_many_is_found_by_the_given_clock(reported):
    said = dict(
        reported["place"].sql(
            "select distinct on (clause) clause, outcome from governance.history where engine = 'elementary' "
            "order by clause, at"
        )
    )
    assert said["transactions.volume_anomalies"] == "warned"
    assert said["transactions.category_mix"] == "warned"
    assert said["transactions.amount.level"] == said["transactions.freshness_anomalies"] == "passed"
    assert said["contacts.volume_anomalies"] == said["contacts.schema_changes"] == "passed"


def test_nothing_was_asked_of_the_network(reported):
    assert reported["noted"] == ""


def test_the_page_works_from_a_file_and_may_load_nothing(reported):
    assert reported["page"].startswith('<meta http-equiv="Content-Security-Policy" content="default-src \'none\';')
    assert not re.search(r"<(?:link|script|img)\b[^>]*(?:href|src)=[\"']https?:", reported["page"])
    assert reported["tracking"] is None


def test_the_page_is_drawn_in_a_browser_and_asks_nobody(reported, chromium):
    page, asked = chromium.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((reported["place"].settings.site / "elementary" / "index.html").as_uri())
    page.get_by_text("Monitored tables").first.wait_for()
    assert page.locator("svg, canvas").count() > 5
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    page.close()


def stored(place, *values: str) -> list[tuple[str, str]]:
    """Elementary's tables that hold one of the values anywhere."""
    tables = [table for (table,) in place.sql("select tablename from pg_tables where schemaname = 'elementary'")]
    assert len(tables) > 10
    held = {table: str(place.sql(f"select json_agg(t)::text from elementary.{table} as t")) for table in tables}
    return [(table, value) for table, text in held.items() for value in values if value in text]


def test_no_file_holds_a_value_that_is_not_public(reported):
    place = reported["place"]
    held = json.dumps(
        {key: value for key, value in reported.items() if key not in ("place", "first", "second", "report")}
    )
    texts = {"the page's data": held, "said": reported["second"].stdout + reported["second"].stderr}
    for path in place.settings.home.rglob("*"):
        if path.is_file() and not path.is_symlink():
            texts[str(path)] = path.read_bytes().decode("utf-8", "replace")
    seen = [name for name, text in texts.items() if "contacts__mail__pattern" in text]
    assert len(seen) > 5, "the builds' own files, and the page, are there to look into"
    assert {(name, value) for name, text in texts.items() for value in PLANTED if value in text} == set()
    assert stored(place, *PLANTED) == []


def test_the_cache_was_only_read(reported, cache):
    for package in packages.wanted():
        folder = package.copy(load())
        assert not (folder / "target").exists() and not (folder / "logs").exists()
    assert packages.cached(load())


def test_what_an_error_quotes_is_in_none_of_its_tables(reported, make, cache):
    """Last: the database is broken on purpose, and stays so."""
    place = reported["place"]
    place.sql("drop schema analytics cascade; create schema analytics authorization c360_transformer")
    place.sql("drop view superseded.contacts; alter table raw.contacts alter column id type text")
    place.sql("update raw.contacts set id = %s where id = %s", PLANTED[1], make.id(1))
    only = ("--select", "+customers", "--exclude", "test_type:data")
    broken = place.c360("build", *only, f"--as-of={NOW.isoformat()}Z", C360_DBT_PACKAGES=cache)
    assert broken.code == 2, broken.err
    said = place.sql("select message from elementary.dbt_run_results where message like '%invalid input syntax%'")
    assert said and all(message.endswith("for type uuid: ***") for (message,) in said)
    for table, column in (("elementary_test_results", "test_results_description"),
                          ("dbt_source_freshness_results", "error")):  # fmt: skip
        words = f'ERROR: "{PLANTED[1]}"\nDETAIL: {PLANTED[1]}'
        kept = f"insert into elementary.{table} (status, {column}) values ('runtime error', %s) returning {column}"
        assert place.sql(kept, words) == [("ERROR: ***",)]
    assert stored(place, PLANTED[1]) == []
