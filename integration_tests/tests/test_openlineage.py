"""Events of OpenLineage, by its own client: what stages tell, what they never tell, and a receiver that is down."""

import json
import socket
import sys
import time
from contextlib import closing

import pytest
from openlineage.client.event_v2 import RunEvent
from openlineage.client.facet_v2 import data_quality_assertions_dataset, schema_dataset

from c360.ledger import events
from governance.tests.workplace import NOW

MARK = "Zanzibar Quux"


@pytest.fixture(scope="module")
def listened(shared_workplace, make, tmp_path_factory):
    """A good and a refused delivery, a build and a verify, told to a file: the place, the events, what was said."""
    place, file = shared_workplace, tmp_path_factory.mktemp("events") / "events"
    place.reset()
    env = {
        "OPENLINEAGE__TRANSPORT__TYPE": "file", "OPENLINEAGE__TRANSPORT__APPEND": "true",
        "OPENLINEAGE__TRANSPORT__LOG_FILE_PATH": str(file), "OPENLINEAGE_NAMESPACE": "shop",
        "OPENLINEAGE_PARENT_ID": "airflow/nightly/3f5e83fa-3480-44ff-99c5-ff943904e5e8",
    }  # fmt: skip
    people = [make.contact(n, name=f"{MARK} {n}", mail=f"quux{n}@example.com") for n in range(1, 6)]
    good = place.write("contacts.csv", [*people, make.contact(7, mail=MARK)])
    bad = place.write("bad.csv", [make.contact(8, name=MARK, _loaded_at_utc="2020-01-01 00:00:00")])
    sold = place.write("sold.csv", [make.transaction(n, n, category="Books") for n in range(1, 6)])
    commands = [
        (0, "ingest", "contacts", good), (0, "ingest", "transactions", sold), (1, "ingest", "contacts", bad),
        (0, "build", "--resource-type", "model"), (0, "verify"),
    ]  # fmt: skip
    for code, *command in commands:
        done = place.c360(*command, "--as-of", NOW, **env)
        assert done.code == code, done.out + done.err
        assert "OpenLineage" not in done.err
    return place, file.read_text(), [json.loads(line) for line in file.read_text().splitlines()]


def of(told, job):
    return [event for event in told if event["job"]["name"] == job]


def test_each_run_starts_and_ends_once(listened):
    _, _, told = listened
    by_run = {}
    for event in told:
        by_run.setdefault(event["run"]["runId"], []).append(event["eventType"])
    assert list(by_run.values()) == [["START", "COMPLETE"]] * 2 + [["START", "FAIL"]] + [["START", "COMPLETE"]] * 2
    assert {event["job"]["namespace"] for event in told} == {"shop"}
    parents = {event["run"]["facets"]["parent"]["job"]["name"] for event in told}
    assert parents == {"nightly"}, "whoever calls the command is above it"


def test_a_delivery_is_a_file_that_is_judged_clause_by_clause_and_rows_of_raw(listened):
    place, _, told = listened
    _, done, _, refused = of(told, "ingest.contacts")
    (file,), (raw,) = done["inputs"], done["outputs"]
    assert (file["namespace"], file["name"]) == ("file", "contacts.csv")
    assert file["inputFacets"]["dataQualityMetrics"]["rowCount"] == 6
    assert raw["outputFacets"]["outputStatistics"]["rowCount"] == 5
    database = place.sql("select current_database()")[0][0]
    assert raw["namespace"].startswith("postgres://localhost:") and raw["name"] == f"{database}.raw.contacts"
    assert [field["name"] for field in raw["facets"]["schema"]["fields"]][:2] == ["id", "username"]
    assertions = {one["name"]: one for one in file["inputFacets"]["dataQualityAssertions"]["assertions"]}
    assert {name for name, one in assertions.items() if not one["success"]} == {"contacts.mail.pattern"}
    assert assertions["contacts.mail.pattern"]["column"] == "mail"
    assert assertions["contacts.mail.pattern"]["actual"] == "1"
    recorded = place.sql("select distinct clause from governance.history where stage = 'gate' and run_id = %s "
                         "and engine <> 'c360'", done["run"]["runId"])  # fmt: skip
    assert set(assertions) == {clause for (clause,) in recorded}
    assert refused["run"]["facets"]["errorMessage"]["message"] == "the delivery was refused"
    failed = [one["name"] for one in refused["inputs"][0]["inputFacets"]["dataQualityAssertions"]["assertions"]
              if not one["success"]]  # fmt: skip
    assert failed == ["contacts.freshness"]


def test_a_build_makes_the_products_of_the_sources(listened):
    _, _, told = listened
    _, built = of(told, "build")
    assert {one["name"].rpartition(".")[2] for one in built["outputs"]} >= {"customers_v2", "transactions_enriched"}
    assert {one["name"].partition(".")[2] for one in built["inputs"]} >= {"raw.contacts", "raw.transactions"}
    _, verified = of(told, "verify")
    names = [one["name"].partition(".")[2] for one in verified["inputs"]]
    assert "analytics.customers_v2" in names and not verified["outputs"]


def test_a_publication_makes_the_view_of_a_product(listened, make, tmp_path):
    place, _, _ = listened
    file = tmp_path / "events"
    env = {"OPENLINEAGE__TRANSPORT__TYPE": "file", "OPENLINEAGE__TRANSPORT__APPEND": "true",
           "OPENLINEAGE__TRANSPORT__LOG_FILE_PATH": str(file)}  # fmt: skip
    clean = place.write("clean.csv", [make.contact(20)])
    for command in (["ingest", "contacts", clean], ["build", "--resource-type", "model"], ["verify"]):
        assert place.c360(*command, "--as-of", NOW).code == 0
    done = place.c360("publish", "harbour_media", "--as-of", NOW, **env)
    assert done.code == 0, done.err
    (ended,) = (e for e in map(json.loads, file.read_text().splitlines()) if e["eventType"] == "COMPLETE")
    assert ended["job"]["name"] == "publish.harbour_media"
    assert [one["name"].partition(".")[2] for one in ended["inputs"]] == ["analytics.customers_v2"]
    (view,) = ended["outputs"]
    assert view["name"].partition(".")[2] == "analytics_share_harbour_media.customers"
    assert view["outputFacets"]["outputStatistics"]["rowCount"] == 0, "too few for anybody"


def test_no_value_of_a_row_is_in_an_event(listened):
    _, text, _ = listened
    for value in (MARK, MARK.split()[0], "quux1", "00000000-0000-4000", str(listened[0].folder), "/tmp"):
        assert value not in text, value


def test_events_are_what_the_client_s_own_classes_take(listened):
    """Made of them, and read back into them: a name or type that the standard does not have would not pass."""
    _, _, told = listened
    for event in told:
        assert event["producer"].startswith("https://") and event["schemaURL"].startswith(
            "https://openlineage.io/spec/"
        )
        assert set(event) <= {a.name for a in RunEvent.__attrs_attrs__}
        for one in event["inputs"]:
            for each in one["inputFacets"].get("dataQualityAssertions", {}).get("assertions", []):
                data_quality_assertions_dataset.Assertion(**each)
        for one in event["outputs"]:
            for each in one["facets"]["schema"]["fields"]:
                schema_dataset.SchemaDatasetFacetFields(**each)


@pytest.mark.parametrize("answers", [False, True], ids=["nobody listens", "somebody accepts and says nothing"])
def test_a_receiver_that_is_down_changes_nothing_but_a_line(shared_workplace, make, answers):
    file = shared_workplace.write("again.csv", [make.contact(9)])
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        port = listening.getsockname()[1]
        if not answers:
            listening.close()
        began = time.monotonic()
        done = shared_workplace.c360("ingest", "contacts", file, "--as-of", NOW,
                                     OPENLINEAGE_URL=f"http://127.0.0.1:{port}")  # fmt: skip
        assert time.monotonic() - began < events.PATIENCE_S + 20
    assert done.code == 0 and "accepted" in done.out
    assert done.err.count("OpenLineage has no event of this run") == 1


def test_without_a_receiver_nothing_of_it_is_imported(shared_workplace, make, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("openlineage")]:
        monkeypatch.delitem(sys.modules, name)
    file = shared_workplace.write("quiet.csv", [make.contact(10)])
    assert shared_workplace.c360("ingest", "contacts", file, "--as-of", NOW, OPENLINEAGE_DISABLED="true",
                                 OPENLINEAGE_URL="http://127.0.0.1:1").code == 0  # fmt: skip
    assert shared_workplace.c360("verify", "contacts", "--as-of", NOW).code == 0
    assert not [name for name in sys.modules if name.startswith("openlineage")]
