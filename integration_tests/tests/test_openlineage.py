"""Events of OpenLineage, by its own client: what stages tell, what they never tell, and a receiver that is down."""

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path
from unittest import mock

import jsonschema_rs
import pytest
from dbt.cli.main import dbtRunner

from c360.gate import ingest
from c360.ledger import events
from governance.tests.servers import ROOT
from governance.tests.workplace import NOW

MARK = "Zanzibar Quux"
STANDARD = "https://openlineage.io/"
ABOVE = {
    "OPENLINEAGE_PARENT_ID": "airflow/nightly/3f5e83fa-3480-44ff-99c5-ff943904e5e8",
    "OPENLINEAGE_ROOT_PARENT_ID": "airflow/all/0e1f7f4e-4bb1-4b34-8a3d-0a8e8a1f7d11",
}


def to_file(file: Path) -> dict[str, str]:
    return {"OPENLINEAGE__TRANSPORT__TYPE": "file", "OPENLINEAGE__TRANSPORT__APPEND": "true",
            "OPENLINEAGE__TRANSPORT__LOG_FILE_PATH": str(file)}  # fmt: skip


@pytest.fixture(scope="module")
def listened(shared_workplace, make, tmp_path_factory):
    """A good and a refused delivery, a build and a verify, told to a file: the place, the text, the events."""
    place, file = shared_workplace, tmp_path_factory.mktemp("events") / "events"
    place.reset()
    env = {**to_file(file), **ABOVE, "OPENLINEAGE_NAMESPACE": "shop"}
    people = [make.contact(n, name=f"{MARK} {n}", mail=f"quux{n}@example.com") for n in range(1, 6)]
    good = place.write("contacts.csv", [*people, make.contact(7, mail=MARK)])
    bad = place.write("bad.csv", [make.contact(8, name=MARK, _loaded_at_utc="2020-01-01 00:00:00")])
    sold = place.write("sold.csv", [make.transaction(n, n, category="Books") for n in range(1, 6)])
    commands = [
        (0, "ingest", "contacts", good), (0, "ingest", "transactions", sold), (1, "ingest", "contacts", bad),
        (0, "build", "--resource-type", "model"), (0, "verify"),
    ]  # fmt: skip
    seen = []

    def invoke(self, *arguments, **more):
        seen.append(dict(os.environ))
        return run_dbt(self, *arguments, **more)

    run_dbt = dbtRunner.invoke
    with mock.patch.object(dbtRunner, "invoke", invoke):
        for code, *command in commands:
            done = place.c360(*command, "--as-of", NOW, **env)
            assert done.code == code, done.out + done.err
            assert "OpenLineage" not in done.err
    (of_dbt,) = {(env["OPENLINEAGE_PARENT_ID"], env["OPENLINEAGE_ROOT_PARENT_ID"]) for env in seen}
    assert of_dbt == (f"shop/build/{of(lines(file), 'build')[0]['run']['runId']}", ABOVE["OPENLINEAGE_ROOT_PARENT_ID"])
    return place, file.read_text(), lines(file)


def lines(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def of(told, job):
    return [event for event in told if event["job"]["name"] == job]


def test_each_run_starts_and_ends_once(listened):
    _, _, told = listened
    by_run = {}
    for event in told:
        by_run.setdefault(event["run"]["runId"], []).append(event["eventType"])
    assert list(by_run.values()) == [["START", "COMPLETE"]] * 2 + [["START", "FAIL"]] + [["START", "COMPLETE"]] * 2
    assert {event["job"]["namespace"] for event in told} == {"shop"}
    (parent,) = {json.dumps(event["run"]["facets"]["parent"]) for event in told}
    parent = json.loads(parent)
    assert (parent["job"]["name"], parent["root"]["job"]["name"]) == ("nightly", "all"), "who calls it is above it"


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
    place, _, told = listened
    _, built = of(told, "build")
    made = {one["name"].partition(".")[2]: one for one in built["outputs"]}
    assert {*made} == {f"analytics.{name}" for name in ("customers", "customers_v2", "next_best_category",
                       "next_best_category_evaluation", "transactions_enriched")}  # fmt: skip
    assert {one["name"].partition(".")[2] for one in built["inputs"]} == {"raw.contacts", "raw.transactions"}
    rows = {name: one["outputFacets"].get("outputStatistics", {}).get("rowCount") for name, one in made.items()}
    assert rows["analytics.customers"] is None, "it is a view"
    for name in ("analytics.customers_v2", "analytics.next_best_category"):
        assert rows[name] == place.sql(f"select count(*) from {name}")[0][0] > 0
    lineage = made["analytics.customers_v2"]["facets"]["columnLineage"]["fields"]
    (born,), (spent,) = lineage["age"]["inputFields"], lineage["total_expense"]["inputFields"]
    assert (born["name"].partition(".")[2], born["field"]) == ("raw.contacts", "birthdate")
    assert (spent["name"], spent["field"]) == (made["analytics.transactions_enriched"]["name"], "amount")
    assert born["namespace"] == built["inputs"][0]["namespace"]
    _, verified = of(told, "verify")
    names = [one["name"].partition(".")[2] for one in verified["inputs"]]
    assert "analytics.customers_v2" in names and not verified["outputs"]


def test_a_publication_makes_the_view_of_a_product(listened, make, tmp_path):
    place, _, _ = listened
    file = tmp_path / "events"
    env = to_file(file)
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
    lineage = view["facets"]["columnLineage"]["fields"]
    assert sorted(field["name"] for field in view["facets"]["schema"]["fields"]) == sorted(lineage)
    (of_whom,) = lineage["id_pseudonym"]["inputFields"]
    assert (of_whom["name"], of_whom["field"]) == (ended["inputs"][0]["name"], "id")
    for event in lines(file):
        require_standard(event)


def test_no_value_of_a_row_is_in_an_event(listened):
    _, text, _ = listened
    for value in (MARK, MARK.split()[0], "quux1", "00000000-0000-4000", str(listened[0].folder), "/tmp"):
        assert value not in text, value


def schema(address):
    """A JSON schema of the standard, from its own address, kept where what tests fetch is kept."""
    kept = Path.home() / ".cache/customer360/openlineage" / address.removeprefix(STANDARD)
    if not kept.is_file():
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                text = answer.read()
        except (urllib.error.URLError, TimeoutError) as error:
            pytest.skip(f"no schema of OpenLineage can be had: {address}: {error}")
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(text)
    return json.loads(kept.read_bytes())


def require_standard(thing):
    """An event, and each facet in it, is valid by the schema that it names itself."""
    named = thing.get("schemaURL") or thing.get("_schemaURL")
    if named:
        assert named.startswith(STANDARD)
        require = jsonschema_rs.validator_for({"$ref": named}, retriever=schema, validate_formats=True)
        require.validate(thing)
    for inner in [*thing.values()]:
        for each in inner if isinstance(inner, list) else [inner]:
            if isinstance(each, dict):
                require_standard(each)


def test_every_event_and_facet_is_valid_by_the_standard_s_schemas(listened):
    _, _, told = listened
    for event in told:
        require_standard(event)
    facets = {name for event in told for one in event["outputs"] for name in (*one["facets"], *one["outputFacets"])}
    assert facets == {"schema", "columnLineage", "outputStatistics"}
    with pytest.raises(jsonschema_rs.ValidationError):
        require_standard(told[0] | {"eventTime": "yesterday"})
    broken = next(event for event in told if event["outputs"])
    broken["outputs"][0]["facets"]["schema"]["fields"][0].pop("name")
    with pytest.raises(jsonschema_rs.ValidationError):
        require_standard(broken)


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.got.append((body["eventType"], self.headers["Authorization"], self.path))
        self.send_response(self.server.answer)
        self.end_headers()

    def log_message(self, *arguments):
        pass


@pytest.mark.parametrize("answer", [201, 422])
def test_a_server_gets_every_event_with_its_key_also_after_one_that_it_refuses(shared_workplace, make, answer):
    file = shared_workplace.write("sent.csv", [make.contact(answer)])
    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        server.got, server.answer = [], answer
        threading.Thread(target=server.serve_forever, daemon=True).start()
        done = shared_workplace.c360("ingest", "contacts", file, "--as-of", NOW, OPENLINEAGE_API_KEY="sesame",
                                     OPENLINEAGE_URL=f"http://127.0.0.1:{server.server_port}")  # fmt: skip
        server.shutdown()
    assert [state for state, _, _ in server.got] == ["START", "COMPLETE"]
    assert {(key, path) for _, key, path in server.got} == {("Bearer sesame", "/api/v1/lineage")}
    assert done.code == 0 and "sesame" not in done.out + done.err
    assert done.err == (
        "" if answer == 201 else "OpenLineage lacks events of this run: HTTPError 422. The ledger has them.\n"
    )


@pytest.mark.parametrize("answers", [False, True], ids=["nobody listens", "somebody accepts and says nothing"])
def test_a_receiver_that_is_down_costs_a_command_seconds_and_a_line_however_many_files(shared_workplace, make, answers):
    files = [shared_workplace.write(f"again{n}.csv", [make.contact(30 + n + 5 * answers)]) for n in range(5)]
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        port = listening.getsockname()[1]
        if not answers:
            listening.close()
        began = time.monotonic()
        done = shared_workplace.c360("ingest", "contacts", *files, "--as-of", NOW,
                                     OPENLINEAGE_URL=f"http://127.0.0.1:{port}")  # fmt: skip
        with_it = time.monotonic() - began
    for n in range(5):
        shared_workplace.write(f"again{n}.csv", [make.contact(50 + n + 5 * answers)])
    began = time.monotonic()
    alone = shared_workplace.c360("ingest", "contacts", *files, "--as-of", NOW)
    assert with_it - (time.monotonic() - began) < events.PATIENCE_S + 3 < len(files) * events.PATIENCE_S
    assert (done.code, done.out) == (alone.code, alone.out) and "accepted" in done.out
    assert done.err.count("\n") == 1 and done.err.startswith("OpenLineage lacks events of this run: ")


class Odd(BaseHTTPRequestHandler):
    """A receiver by its way: it answers late, never ends, breaks down or sends elsewhere."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append(self.path)
        if self.server.way == "slow":
            time.sleep(0.8)
        codes = {"breaks down": 500, "sends elsewhere": 302, "sends elsewhere for ever": 307}
        self.send_response(codes.get(self.server.way, 201))
        if self.server.way.startswith("sends elsewhere"):
            self.send_header("Location", "/sign-in")
        if self.server.way in ("hangs after its headers", "drips"):
            self.send_header("Content-Length", "100")
        self.end_headers()
        for _ in range(100 if self.server.way == "drips" else 0):
            self.wfile.write(b".")
            time.sleep(0.2)
        if self.server.way == "hangs after its headers":
            time.sleep(20)

    def do_GET(self):
        self.server.got.append(self.path)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments):
        pass


@pytest.mark.parametrize(
    ("way", "said"),
    [("slow", "no answer within 3 seconds|is slow"), ("hangs after its headers", "no answer within 3 seconds"),
     ("drips", "no answer within 3 seconds"), ("breaks down", "no answer within 3 seconds"),
     ("sends elsewhere", "TooManyRedirects"), ("sends elsewhere for ever", "TooManyRedirects")],
)  # fmt: skip
def test_an_odd_receiver_costs_a_command_seconds_and_a_line(shared_workplace, make, monkeypatch, way, said):
    """However many files, with the patience of one: what the ends of runs waited for it is counted together."""
    waited, real = [], events._Sender.wait

    def wait(self):
        began = time.monotonic()
        real(self)
        waited.append(time.monotonic() - began)

    monkeypatch.setattr(events._Sender, "wait", wait)
    files = [shared_workplace.write(f"odd{n}.csv", [make.contact(60 + n)]) for n in range(6)]
    with ThreadingHTTPServer(("127.0.0.1", 0), Odd) as server:
        server.got, server.way, server.daemon_threads = [], way, True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        done = shared_workplace.c360("ingest", "contacts", *files, "--as-of", NOW, OPENLINEAGE_API_KEY="sesame",
                                     OPENLINEAGE_URL=f"http://127.0.0.1:{server.server_port}")  # fmt: skip
        server.shutdown()
        server.block_on_close = False
    assert done.code == 0 and "sesame" not in done.out + done.err, done.err
    assert len(waited) == 6 and sum(waited) < events.PATIENCE_S + 1, waited
    assert re.search(said, done.err) and "/sign-in" not in server.got
    assert done.err.count("\n") == 1, done.err


def test_what_names_no_receiver_is_told(shared_workplace, make, tmp_path):
    file = shared_workplace.write("nowhere.csv", [make.contact(12)])
    done = shared_workplace.c360("ingest", "contacts", file, "--as-of", NOW, OPENLINEAGE_CONFIG=str(tmp_path / "none"))
    assert (done.code, done.err.count("name no receiver")) == (0, 1)
    lost = shared_workplace.c360("verify", "contacts", "--as-of", NOW, **to_file(tmp_path / "none" / "events"))
    assert (
        lost.err
        == "OpenLineage lacks events of this run: RuntimeError No such file or directory. The ledger has them.\n"
    )
    again = shared_workplace.c360("ingest", "contacts", file, "--as-of", NOW, OPENLINEAGE_URL="")
    assert (again.code, again.err) == (0, "")


def test_a_parent_that_is_no_run_is_left_out(shared_workplace, make, tmp_path):
    file = shared_workplace.write("orphan.csv", [make.contact(13)])
    env = to_file(tmp_path / "events") | {"OPENLINEAGE_PARENT_ID": "airflow/nightly/manual__2026-03-01"}
    done = shared_workplace.c360("ingest", "contacts", file, "--as-of", NOW, **env)
    assert (done.code, done.err) == (0, "")
    assert all("parent" not in event["run"]["facets"] for event in lines(tmp_path / "events"))


def test_a_delivery_that_broke_down_is_not_told_by_the_numbers_of_another(
    shared_workplace, make, tmp_path, monkeypatch
):
    def broken(*arguments, **more):
        raise RuntimeError(MARK)

    file = shared_workplace.write("held.csv", [make.contact(14)])
    assert shared_workplace.c360("ingest", "contacts", file, "--as-of", NOW).code == 0
    monkeypatch.setattr(ingest, "_decide", broken)
    other = shared_workplace.write("broken.csv", [make.contact(15)])
    assert shared_workplace.c360("ingest", "contacts", other, "--as-of", NOW, **to_file(tmp_path / "events")).code == 2
    _, failed = lines(tmp_path / "events")
    assert (failed["eventType"], failed["inputs"], failed["outputs"]) == ("FAIL", [], [])
    assert failed["run"]["facets"]["errorMessage"]["message"] == "RuntimeError"


def test_the_commands_of_the_guide_work(listened, tmp_path):
    place, _, _ = listened
    _, _, guide = (ROOT / "docs/catalog.md").read_text(encoding="utf-8").partition("## Other catalogues")
    (block,) = re.findall(r"^```sh\n(.*?)^```", guide, re.DOTALL | re.MULTILINE)
    (tmp_path / ".c360").mkdir()
    env = os.environ | place.env
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
    done = subprocess.run(["bash", "-c", block.replace("verify", f"verify --as-of {NOW}")], cwd=tmp_path, env=env,
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert [event["eventType"] for event in lines(tmp_path / ".c360/events")] == ["START", "COMPLETE"]


def test_pages_are_told_of_too(shared_workplace, tmp_path):
    done = shared_workplace.c360("publish", "--out", tmp_path / "pages", **to_file(tmp_path / "events"))
    assert done.code == 0, done.err
    told = [(event["job"]["name"], event["eventType"]) for event in lines(tmp_path / "events")]
    assert told == [("publish", "START"), ("publish", "COMPLETE")]


def test_without_a_receiver_nothing_of_it_is_imported(shared_workplace, make, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("openlineage")]:
        monkeypatch.delitem(sys.modules, name)
    file = shared_workplace.write("quiet.csv", [make.contact(10)])
    assert shared_workplace.c360("ingest", "contacts", file, "--as-of", NOW, OPENLINEAGE_DISABLED="true",
                                 OPENLINEAGE_URL="http://127.0.0.1:1").code == 0  # fmt: skip
    assert shared_workplace.c360("verify", "contacts", "--as-of", NOW).code == 0
    assert not [name for name in sys.modules if name.startswith("openlineage")]
