"""`c360 catalog` against OpenMetadata: the server that make catalog-test is given, else a double of it
(integration_tests/catalog/double.py), which keeps state and takes only what the client's own classes take."""

import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from importlib.resources import files
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import requests
import yaml

from c360.catalogue.actual import read
from c360.catalogue.doctor import NEEDED
from c360.catalogue.entities import Entity, Names
from c360.catalogue.server import Server
from c360.catalogue.values import Ref
from c360.database import connect
from c360.ledger.history import Finding, Run, record
from c360.ledger.tables import prepare
from c360.project import open_project

pytestmark = pytest.mark.catalog

ROOT = Path(__file__).parents[2]
TOKEN = "eyJ.only-of-this-test.x"
CLIENT = ROOT / ".venv-catalog/bin"
ODCS_SCHEMA = str(files("datacontract") / "schemas" / "odcs-3.1.0.schema.json")
BLOCKS = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
NOW = "2026-03-01T12:00:00Z"


@dataclass(frozen=True)
class Catalogue:
    """A server, and who talks to it."""

    url: str
    token: str
    double: bool

    @property
    def env(self) -> dict[str, str]:
        return {"C360_OPENMETADATA_URL": self.url, "C360_OPENMETADATA_TOKEN": self.token}

    def call(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        kind = "application/json-patch+json" if method == "PATCH" else "application/json"
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        answer = requests.request(
            method, f"{self.url}/api/v1/{path}", json=body, params=query, headers=headers, timeout=60
        )
        assert answer.status_code < 300, (method, path, answer.status_code, answer.text[:500])
        return answer.json() if answer.content else None

    def order(self, **what: Any) -> Any:
        return requests.post(f"{self.url}/double", json=what, timeout=60).json()


@pytest.fixture(scope="module")
def catalogue() -> Iterator[Catalogue]:
    url = os.environ.get("C360_CATALOG_TEST_URL")  # of make catalog-test alone: nobody's own catalogue by accident
    if url:
        yield Catalogue(url.rstrip("/"), os.environ["C360_OPENMETADATA_TOKEN"], double=False)
        return
    command = [sys.executable, ROOT / "requirements/environment.py", CLIENT.parent, ROOT / "requirements/catalog.txt"]
    made = subprocess.run(command, capture_output=True, text=True)
    if made.returncode:
        warnings.warn(f"test_catalog.py is skipped. {made.stderr.strip()}", stacklevel=2)
        pytest.skip(made.stderr.strip())
    double = ROOT / "integration_tests/catalog/double.py"
    with subprocess.Popen(
        [CLIENT / "python", "-W", "ignore", double, TOKEN, ODCS_SCHEMA], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        yield Catalogue(process.stdout.readline().strip(), TOKEN, double=True)
        process.stdin.close()
        process.wait(timeout=30)


def column(name: str, **more: Any) -> dict[str, Any]:
    described = {"description": f"The {name}.", "logicalType": "string", "physicalType": "text"}
    return {"name": name, "classification": "public", **described} | more


def contract(name: str, **more: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v3.2.0", "kind": "DataContract", "id": name, "name": name, "version": "1.0.0",
        "status": "active", "domain": "shop", "dataProduct": "things360", "team": {"name": "makers"},
        "support": [{"channel": "c", "tool": "slack"}], "description": {"purpose": f"What {name} are for."},
    } | more  # fmt: skip


THINGS = contract(
    "things",
    schema=[{
        "name": "things", "description": "One row a thing.", "businessName": "Thing", "properties": [
            column("id", primaryKey=True, required=True, classification="internal"),
            column("mail", classification="pii_direct", businessName="Mail address"),
            column("kind", enum=[{"value": "a"}, {"value": "b"}]),
            column("loaded", logicalType="timestamp", physicalType="timestamp"),
        ],
    }],
    slaProperties=[{"property": "freshness", "value": 1, "unit": "d", "element": "things.loaded"}],
)  # fmt: skip
IN_ANALYTICS = [
    {"server": "pg", "type": "postgres", "host": "h.invalid", "port": 5432, "database": "d", "schema": "analytics"}
]
TOTALS = contract("totals", servers=IN_ANALYTICS, schema=[{
    "name": "totals", "description": "One row a kind.", "properties": [column("kind", required=True), column("number")],
}])  # fmt: skip
OLD = contract("sums", status="deprecated", servers=IN_ANALYTICS, schema=[{
    "name": "sums", "description": "As totals, once.", "properties": [column("kind")],
}])  # fmt: skip
MANIFEST = {
    "sources": {"source.p.raw.things": {"schema": "raw", "identifier": "things"}},
    "nodes": {
        "model.p.stg": {"resource_type": "model", "schema": "analytics", "name": "stg"},
        "model.p.totals": {"resource_type": "model", "schema": "analytics", "name": "t", "alias": "totals"},
        "model.p.share": {"resource_type": "model", "schema": "share_acme", "name": "totals"},
        "model.p.other": {"resource_type": "model", "schema": "share_late", "name": "totals"},
    },
    "parent_map": {"model.p.stg": ["source.p.raw.things"], "model.p.totals": ["model.p.stg"]},
}
POLICY = {
    "partner": "acme", "product": "totals", "version": "1.0.0", "purpose": "p", "legal_basis": "l",
    "until": "2030-12-31", "contact": "c", "columns": {"id": "pseudonym", "age": {"band": [10, 20]}},
}  # fmt: skip
CASES = {
    f"{clause}@{stage}"
    for stage in ("gate", "verify")
    for clause in ("things.id.present", "things.id.physicalType", "things.id.primaryKey")
}


class Project:
    """A small project of its own, and the tables that ingestion would have brought."""

    def __init__(self, place: Any, catalogue: Catalogue, folder: Path) -> None:
        self.catalogue, self.folder = catalogue, folder
        self.space = f"T{uuid.uuid4().hex[:8]}"
        (folder / "c360.toml").write_text(f'[catalog]\nname = "{self.space}"\nservice = "{self.space}s"\n')
        self.place = replace(place, settings=replace(place.settings, root=folder, home=folder / "home"))
        target = folder / "home" / "dbt" / "target"
        target.mkdir(parents=True)
        (target / "manifest.json").write_text(json.dumps(MANIFEST))
        self.write(THINGS, "sources")
        self.write(TOTALS, "products")
        self.write(OLD, "products")
        self.database = place.sql("select current_database()")[0][0]
        self.service()

    @property
    def names(self) -> Names:
        return Names(self.space, f"{self.space}s", self.database)

    def write(self, document: dict[str, Any], layer: str) -> Path:
        path = self.folder / "contracts" / layer / f"{document['name']}.odcs.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document))
        return path

    def service(self) -> None:
        n, call = self.names, self.catalogue.call
        call("PUT", "services/databaseServices", {"name": n.service, "serviceType": "Postgres"})
        call("PUT", "databases", {"name": n.database, "service": n.service})
        for schema in ("raw", "analytics", "share_acme"):
            call("PUT", "databaseSchemas", {"name": schema, "database": f"{n.service}.{n.database}"})
        for document, schema in (
            (THINGS, "raw"), (TOTALS, "analytics"), (OLD, "analytics"), (TOTALS, "share_acme"),
        ):  # fmt: skip
            self.table(document["schema"][0], schema)

    def table(self, part: dict[str, Any], schema: str) -> None:
        columns = [{"name": c["name"], "dataType": "TEXT"} for c in part["properties"]]
        above = f"{self.names.service}.{self.names.database}.{schema}"
        self.catalogue.call("PUT", "tables", {"name": part["name"], "columns": columns, "databaseSchema": above})

    def remember(self, outcome: str = "passed", at: str = NOW, clause: str = "things.kind.enum") -> None:
        """What a gate and a verification would have found."""
        project = open_project(self.folder / "contracts")
        database = connect(self.place.settings)
        prepare(database)
        clauses = {clause.id: clause for _, d in project.catalog.pairs() for clause in d.clauses}
        moment = datetime.fromisoformat(at).astimezone(UTC)
        with database.transaction():
            for stage in ("gate", "verify"):
                run, rows = Run(uuid.uuid4(), stage, moment), 3 if outcome == "failed" else 0
                record(database, run, [Finding(clauses[clause], "soda", outcome, rows=rows)])
        database.close()

    def c360(self, *arguments: str, **env: str) -> Any:
        return self.place.c360("catalog", *arguments, **(self.catalogue.env | env))

    def state(self) -> dict[str, Any]:
        """All that is there for this project, without what two servers may say differently."""
        n = self.names
        wanted = [
            Entity(Ref(kind, name), None)
            for kind, name in (("team", "makers"), ("domain", "shop"), ("dataProduct", "things360"),
                               ("classification", self.space), ("glossary", self.space))
        ] + [
            Entity(Ref("table", n.table(schema, table)), None)
            for schema, table in (("raw", "things"), ("analytics", "totals"), ("analytics", "sums"))
        ]  # fmt: skip
        with Server(self.catalogue.url, self.catalogue.token) as server:
            actual = read(server, wanted, n)
        told = {f"{ref.type} {ref.name}": bare(entity) for ref, entity in actual.entities.items()}
        return told | {f"{a.name} > {b.name}": bare(details) for (a, b), details in actual.edges.items()}

    def at(self, kind: str, *names: str, **query: str) -> dict[str, Any]:
        return self.catalogue.call("GET", f"{kind}/name/{'.'.join(names)}", **query)

    def entities(self, fields: str = "columns,tags,owners,domains,dataProducts") -> dict[str, Any]:
        return self.at("tables", self.names.table("raw", "things"), fields=fields)


VOLATILE = {
    "id",
    "href",
    "updatedAt",
    "updatedBy",
    "createdAt",
    "createdBy",
    "version",
    "incidentId",
    "changeDescription",
    "resultId",
}


def bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: bare(inner) for key, inner in value.items() if key not in VOLATILE}
    return [bare(inner) for inner in value] if isinstance(value, list) else value


@pytest.fixture
def project(workplace, catalogue, tmp_path) -> Iterator[Project]:
    if catalogue.double:
        catalogue.order(save="before")
    yield Project(workplace, catalogue, tmp_path)
    if catalogue.double:
        catalogue.order(restore="before")


@contextmanager
def counted(fail: int = 0, lost: bool = False) -> Iterator[list[str]]:
    """The calls that change something; the n-th is cut, before it is sent or after it was answered."""
    calls: list[str] = []
    real = requests.Session.request

    def request(self: Any, method: str, url: str, **more: Any) -> Any:
        if method == "GET":
            return real(self, method, url, **more)
        calls.append(f"{method} {url}")
        if len(calls) == fail:
            if lost:
                real(self, method, url, **more)
            raise requests.exceptions.ConnectionError("cut")
        return real(self, method, url, **more)

    with mock.patch.object(requests.Session, "request", request):
        yield calls


def needs_double(project: Project) -> Catalogue:
    if not project.catalogue.double:
        pytest.skip("a real server does not do this when it is told to")
    return project.catalogue


def open_incidents(project: Project) -> list[str]:
    query = {
        "limit": "1000",
        "fields": "incidentId",
        "entityLink": f"<#E::table::{project.names.table('raw', 'things')}>",
    }
    cases = project.catalogue.call("GET", "dataQuality/testCases", **query)["data"]
    return [case["name"] for case in cases if case.get("incidentId")]


def contract_of(project: Project, schema: str = "raw", table: str = "things") -> dict[str, Any]:
    entity = project.at("tables", project.names.table(schema, table))["id"]
    (made,) = project.catalogue.call("GET", "dataContracts", entity=entity, fields="owners")["data"]
    return made


def tags_of(project: Project) -> dict[str, list[str]]:
    """By column, the levels."""
    return {
        column["name"]: [
            tag["tagFQN"].rpartition(".")[2] for tag in column["tags"] if tag["source"] == "Classification"
        ]
        for column in project.entities()["columns"]
    }


def test_a_second_push_sends_nothing(project):
    project.remember()
    with counted() as first:
        done = project.c360("push")
    assert done.code == 0, done.out + done.err
    assert len(first) > 30
    with counted() as second:
        told = project.c360("push")
    assert second == []
    assert told.out == "Sent: 0 changes and 0 results.\n", "quiet"
    assert project.c360("check").code == 0


def test_everything_that_the_contracts_say_is_there(project):
    project.remember("failed")
    assert project.c360("push").code == 0
    space = project.space
    table = project.entities()
    assert [o["name"] for o in table["owners"]] == ["makers"]
    assert [d["name"] for d in table["domains"]] == ["shop"]
    assert [p["name"] for p in table["dataProducts"]] == ["things360"]
    assert table["description"] == "One row a thing."
    tags = {c["name"]: [t["tagFQN"] for t in c.get("tags", [])] for c in table["columns"]}
    assert tags == {
        "id": [f"{space}.internal"], "mail": [f"{space}.pii_direct", f"{space}.Mail address"],
        "kind": [f"{space}.public"], "loaded": [f"{space}.public"],
    }  # fmt: skip
    assert [t["tagFQN"] for t in table["tags"]] == [f"{space}.Thing"]
    assert project.at("glossaryTerms", f"{space}.Mail address")["description"] == "The mail."
    assert project.at("classifications", space)["mutuallyExclusive"] is True

    (made,) = project.catalogue.call("GET", "dataContracts", entity=table["id"], fields="owners")["data"]
    assert made["name"] == f"{space}_things" and made["entityStatus"] == "Approved"
    assert made["description"] == "things 1.0.0\n\nWhat things are for."
    assert made["sla"]["refreshFrequency"] == {"interval": 1, "unit": "day"}
    types = {c["name"]: (c["dataType"], c.get("constraint")) for c in made["schema"]}
    assert types == {
        "id": ("TEXT", "PRIMARY_KEY"), "mail": ("TEXT", None), "kind": ("TEXT", None), "loaded": ("TIMESTAMP", None),
    }  # fmt: skip

    state = project.state()
    cases = {key for key in state if key.startswith("testCase ")}
    entities = project.names.table("raw", "things")
    for name in CASES:
        column_of = name.split(".")[1]
        assert f'testCase {entities}.{column_of}."{name}"' in cases
    for stage in ("gate", "verify"):
        result = state[f'testCase {entities}.kind."things.kind.enum@{stage}"']["testCaseResult"]
        assert result["testCaseStatus"] == "Failed"
        assert result["timestamp"] == 1772366400000
        assert result["testResultValue"] == [{"name": "rows that break it", "value": "3"}]
    assert {key for key in state if " > " in key} == {f"{entities} > {project.names.table('analytics', 'totals')}"}

    old = project.at("tables", project.names.table("analytics", "sums"), fields="tags")
    assert f"{space}.DeprecatedVersion" in [t["tagFQN"] for t in old["tags"]]
    (ended,) = project.catalogue.call("GET", "dataContracts", entity=old["id"])["data"]
    assert ended["entityStatus"] == "Deprecated"


def test_lineage_goes_on_to_what_a_partner_gets(project):
    (part,) = TOTALS["schema"]
    key = column("id", primaryKey=True, required=True, relationships=[{"type": "foreignKey", "to": "things.id"}])
    part = part | {"properties": [key, column("age", logicalType="integer", physicalType="integer")]}
    project.write(TOTALS | {"schema": [part]}, "products")
    project.table(part, "analytics")
    policy = project.folder / "policies" / "partners" / "acme.yaml"
    policy.parent.mkdir(parents=True)
    policy.write_text(json.dumps(POLICY))
    done = project.c360("push")
    assert done.code == 0, done.out + done.err
    totals, share = (project.names.table(schema, "totals") for schema in ("analytics", "share_acme"))
    assert f"{totals} > {share}" in project.state()
    policy.unlink()
    assert project.c360("push", "--prune").code == 0
    assert f"{totals} > {share}" not in project.state()


def test_the_next_push_goes_on_wherever_the_connection_was_cut(project):
    """Cut at every call in turn, when the server has done it and nobody heard: the end is that of an uncut push. And so
    for a call that never arrived, which finds the server as the call before it left it. The first push makes all; the
    second replaces results, ends an incident and changes a contract's columns."""
    double = needs_double(project)
    (part,) = THINGS["schema"]
    things = THINGS | {"schema": [part | {"properties": part["properties"][2:3]}], "slaProperties": []}
    project.write(things, "sources")
    (project.folder / "contracts/products/sums.odcs.yaml").unlink()
    project.remember("failed")
    for stage in ("first", "second"):
        double.order(save=stage)
        with counted() as calls:
            assert project.c360("push").code == 0
        whole = project.state()
        for n in range(0, len(calls) + 1):
            double.order(restore=stage)
            with counted(max(n, 1), lost=n > 0):
                done = project.c360("push")
            assert done.code == 2 and "Run it again: it goes on." in done.err, done.out + done.err
            assert "Traceback" not in done.err and double.token not in done.out + done.err
            assert project.c360("push").code == 0
            assert project.state() == whole, (stage, calls[n - 1])
        assert len(open_incidents(project)) == (2 if stage == "first" else 0)
        project.remember("passed")
        things["schema"][0]["properties"][0]["description"] = "Another."
        project.write(things, "sources")


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("cut", "ended before there was an answer"),
        ("lost", "ended before there was an answer"),
        (503, "is not well: it answered 503"),
        (429, "is not well: it answered 429"),
        (400, "did not take"),
    ],
)
def test_a_server_that_fails_in_the_middle_is_told_and_the_next_push_goes_on(project, how, said):
    needs_double(project).order(fail=40, how=how)  # by then it is being sent to
    done = project.c360("push")
    assert done.code == 2 and said in done.err, done.out + done.err
    assert "Traceback" not in done.err and project.catalogue.token not in done.out + done.err
    assert project.c360("check").code == 1
    assert project.c360("push").code == 0
    assert project.c360("check").code == 0


def soon() -> str:
    """A second from now, as the header Retry-After may say it."""
    return format_datetime(datetime.now(UTC) + timedelta(seconds=1), usegmt=True)


@pytest.mark.parametrize(("how", "after"), [(429, lambda: "1"), (503, soon)], ids=["429, seconds", "503, a date"])
@pytest.mark.parametrize("call", [3, 40], ids=["while it is read", "while it is sent to"])
def test_a_server_that_says_when_to_come_again_is_asked_again(project, how, after, call):
    needs_double(project).order(fail=call, how=how, after=after(), times=2)
    began = time.monotonic()
    done = project.c360("push")
    assert done.code == 0, done.out + done.err
    assert time.monotonic() - began > 1
    assert project.c360("check").code == 0


@pytest.mark.parametrize(("after", "waited"), [("3600", 0), ("0", 2)], ids=["too long", "again and again"])
def test_patience_with_a_busy_server_has_an_end(project, after, waited):
    needs_double(project).order(fail=40, how=429, after=after, times=1000)
    with mock.patch("c360.catalogue.server._PATIENCE_S", 2), mock.patch("c360.catalogue.server.time.sleep") as slept:
        done = project.c360("push")
    assert sum(call.args[0] for call in slept.call_args_list) == waited
    assert done.code == 2 and "is not well: it answered 429" in done.err, done.out + done.err
    assert f"Run it again in {max(1, int(after))} seconds: it goes on." in done.err
    project.catalogue.order(fail=0, how=None)
    assert project.c360("push").code == 0
    assert project.c360("check").code == 0


def edits(p: Project) -> dict[str, tuple[str, str, Any, str]]:
    """Hand edits: method, path, body, and the name under which the check tells of them."""
    table, name = p.entities(), p.names.table("raw", "things")
    (made,) = p.catalogue.call("GET", "dataContracts", entity=table["id"])["data"]
    case = p.at("dataQuality/testCases", f'{name}.kind."things.kind.enum@gate"')
    totals = p.at("tables", p.names.table("analytics", "totals"))
    term = p.at("glossaryTerms", f"{p.space}.Mail address")
    tag = p.at("tags", f"{p.space}.internal")

    def patched(path: str, value: Any, op: str = "replace") -> list[dict[str, Any]]:
        return [{"op": op, "path": path} | ({} if op == "remove" else {"value": value})]

    return {
        "a tag is removed": ("PATCH", f"tables/{table['id']}", patched("/columns/0/tags/0", None, "remove"), name),
        "a description": ("PATCH", f"tables/{table['id']}", patched("/columns/1/description", "mine"), name),
        "the owner": ("PATCH", f"tables/{table['id']}", patched("/owners", []), name),
        "the contract": ("PATCH", f"dataContracts/{made['id']}", patched("/entityStatus", "Draft"), made["name"]),
        "the words of a contract's column": ("PATCH", f"dataContracts/{made['id']}", [
            *patched("/schema/0/description", "mine"), *patched("/entityStatus", "Draft")], made["name"]),
        "a service level": ("PATCH", f"dataContracts/{made['id']}",
                            patched("/sla/refreshFrequency/interval", 9), made["name"]),
        "a column's type": ("PATCH", f"dataContracts/{made['id']}", patched("/schema/0/dataType", "INT"), made["name"]),
        "a test case": ("DELETE", f"dataQuality/testCases/{case['id']}", None, "things.kind.enum@gate"),
        "a term": ("PATCH", f"glossaryTerms/{term['id']}", patched("/description", "mine"), term["name"]),
        "a tag's meaning": ("PATCH", f"tags/{tag['id']}", patched("/description", "mine"), tag["name"]),
        "an edge": ("DELETE", f"lineage/table/{table['id']}/table/{totals['id']}", None, "→"),
    }  # fmt: skip


def test_a_hand_edit_is_found_and_mended(project):
    project.remember()
    assert project.c360("push").code == 0
    whole = project.state()
    for what in edits(project):
        method, path, body, told = edits(project)[what]
        project.catalogue.call(method, path, body, **({"hardDelete": "true"} if method == "DELETE" else {}))
        found = project.c360("check", "--json")
        assert found.code == 1, what
        differ = [step for step in found.json["steps"] if step["action"] != "leave"]
        assert len(differ) == 1 and told in differ[0]["name"], (what, differ)
        assert "c360 catalog push" in found.err
        with counted() as calls:
            assert project.c360("push").code == 0
        assert 0 < len(calls) < 3, what  # what is mended, and its result again
        assert project.c360("check").code == 0, what
        assert project.state() == whole, what


def test_what_others_made_stays(project):
    """Tags of others, a second data product, test cases and contracts of theirs: pushed over, pruned over."""
    call, table = project.catalogue.call, project.entities()
    mine = f"M{project.space}"
    call("PUT", "classifications", {"name": mine, "description": "mine"})
    call("PUT", "tags", {"name": "hot", "classification": mine, "description": "mine"})
    call("PUT", "domains", {"name": "shop", "domainType": "Aggregate", "description": "The shop, by people."})
    call("PUT", "dataProducts", {"name": f"{mine}p", "domains": ["shop"], "description": "mine"})
    product = project.at("dataProducts", f"{mine}p")
    label = {"tagFQN": f"{mine}.hot", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
    call("PATCH", f"tables/{table['id']}", [
        {"op": "add", "path": "/columns/0/tags", "value": [label]},
        {"op": "add", "path": "/dataProducts", "value": [{"id": product["id"], "type": "dataProduct"}]},
        {"op": "add", "path": "/domains", "value": [
            {"id": project.at("domains", "shop")["id"], "type": "domain"}]},
    ])  # fmt: skip
    call("PUT", "dataQuality/testDefinitions", {"name": f"{mine}d", "entityType": "TABLE", "testPlatforms": ["Other"]})
    name = project.names.table("raw", "things")
    case = {"name": "mine", "testDefinition": f"{mine}d", "entityLink": f"<#E::table::{name}>"}
    call("PUT", "dataQuality/testCases", case)

    assert project.c360("push", "--prune").code == 0
    assert project.c360("check").code == 0
    (project.folder / "contracts/sources/things.odcs.yaml").unlink()
    assert project.c360("push", "--prune").code == 0

    table = project.entities()
    assert [t["tagFQN"] for t in table["columns"][0]["tags"]] == [f"{mine}.hot"]
    assert f"{mine}p" in [p["name"] for p in table["dataProducts"]]
    assert project.at("dataQuality/testCases", f"{name}.mine")
    assert project.at("domains", "shop")["description"] == "The shop, by people."


def test_prune_removes_what_was_made_for_contracts_that_are_gone(project):
    project.remember()
    assert project.c360("push").code == 0
    (project.folder / "contracts/sources/things.odcs.yaml").unlink()
    before = project.state()
    told = project.c360("push")
    assert told.code == 0 and "left over" in told.out and "--prune" in told.out
    assert project.state() == before
    assert project.c360("check").code == 1

    assert project.c360("push", "--prune").code == 0
    assert project.c360("check").code == 0
    after = project.state()
    name = project.names.table("raw", "things")
    gone = set(before) - set(after)
    assert (
        f"glossaryTerm {project.space}.Thing" in gone
        and f"dataContract {name}.dataContract_{project.space}_things" in gone
    )
    assert f"{name} > {project.names.table('analytics', 'totals')}" in gone
    assert not any(key.startswith(f"testCase {name}") for key in after)
    assert not any(column_.get("tags") for column_ in project.entities()["columns"])
    assert f"table {name}" in after or project.entities(), "the table is the database's"
    assert {"team makers", "domain shop", "dataProduct things360", f"tag {project.space}.public"} <= set(after)


def test_one_that_is_refused_keeps_nobody_else_away(project):
    """Somebody else's data contract is on the table, and a table takes one: it is told, the rest goes on."""
    table = project.entities()
    theirs = {
        "apiVersion": "v3.1.0", "kind": "DataContract", "id": "x", "name": "theirs", "version": "1", "status": "active",
        "schema": [{"name": "t", "logicalType": "object", "properties": [{"name": "id", "logicalType": "string"}]}],
    }  # fmt: skip
    made = project.catalogue.call("POST", "dataContracts/odcs", theirs, entityId=table["id"], entityType="table")
    done = project.c360("push")
    assert done.code == 2
    assert re.search(r"did not take 1 entity; first dataContract .*things: A data contract already exists", done.err)
    assert project.entities()["description"] == "One row a thing."
    assert f"testCase {project.names.table('raw', 'things')}" in "".join(project.state())
    project.catalogue.call("DELETE", f"dataContracts/{made['id']}", hardDelete="true")
    assert project.c360("push").code == 0
    assert project.c360("check").code == 0


def test_a_table_that_is_missing_is_waited_for(project):
    more = contract(
        "late", servers=IN_ANALYTICS, schema=[{"name": "late", "description": "Later.", "properties": [column("id")]}]
    )
    project.write(more, "products")
    done = project.c360("push")
    assert done.code == 2 and "analytics.late is not there (1 tables in all)" in done.err
    assert "metadata ingest" in done.err
    assert project.entities()["description"] == "One row a thing."
    project.table(more["schema"][0], "analytics")
    assert project.c360("push").code == 0


LATER = "2026-03-02T12:00:00Z"
LAST = "2026-03-03T12:00:00Z"


def test_the_last_result_of_an_instant_stands(project):
    """The server takes one result of a case and an instant, and keeps the first for ever."""
    for outcome in ("failed", "passed"):  # two deliveries of one --as-of
        project.remember(outcome)
    assert project.c360("push").code == 0
    case = f'testCase {project.names.table("raw", "things")}.kind."things.kind.enum@gate"'
    assert project.state()[case]["testCaseResult"]["testCaseStatus"] == "Success"
    project.remember("failed")  # a rerun
    done = project.c360("push")
    assert done.code == 0 and "3 results" in done.out, done.out + done.err
    assert project.state()[case]["testCaseResult"]["testCaseStatus"] == "Failed"
    assert contract_of(project)["latestResult"]["status"] == "Failed"
    with counted() as calls:
        assert project.c360("push").code == 0
    assert calls == []


def test_an_incident_is_of_now_and_ends_with_the_failure(project):
    project.remember("failed", NOW)
    project.remember("warned", LATER)
    assert project.c360("push").code == 0
    assert open_incidents(project) == [], "what has recovered, and what is only warned of"
    project.remember("failed", LAST)
    assert project.c360("push").code == 0
    assert sorted(open_incidents(project)) == ["things.kind.enum@gate", "things.kind.enum@verify"]
    told = contract_of(project)["latestResult"]
    assert told["status"] == "Failed"
    assert told["message"] == "2 failed of 2 checks: things.kind.enum at gate, things.kind.enum at verify"
    project.remember("passed", LAST)
    assert project.c360("push").code == 0
    assert open_incidents(project) == []
    assert contract_of(project)["latestResult"]["status"] == "Success"
    assert contract_of(project)["latestResult"]["message"] == "all of 2 checks hold"


def test_a_contract_by_a_uuid_may_have_two_tables_and_two_spellings_of_a_word(project):
    """The server takes a UUID for the data contract's own id, and terms that differ in case alone for one."""
    parts = [
        {"name": "pair", "description": "d", "businessName": "Counts", "properties": [column("id")]},
        {"name": "peer", "description": "d", "properties": [column("id", businessName="counts")]},
    ]
    project.write(contract("pairs", id=str(uuid.uuid4()), servers=IN_ANALYTICS, schema=parts), "products")
    for part in parts:
        project.table(part, "analytics")
    done = project.c360("push")
    assert done.code == 0, done.out + done.err
    assert contract_of(project, "analytics", "pair")["id"] != contract_of(project, "analytics", "peer")["id"]
    column_of = project.at("tables", project.names.table("analytics", "peer"), fields="columns,tags")["columns"][0]
    assert [tag["tagFQN"] for tag in column_of["tags"]] == [f"{project.space}.public", f"{project.space}.Counts"]
    assert project.c360("check").code == 0


def test_what_is_refused_takes_no_tag_and_no_owner_with_it(project):
    call, space = project.catalogue.call, project.space
    call("PUT", "glossaries", {"name": space, "description": "d"})
    call("PUT", "glossaryTerms", {"name": "MAIL ADDRESS", "glossary": space, "description": "d"})
    done = project.c360("push")
    assert done.code == 2 and "A term with the name 'Mail address' already exists" in done.err
    assert "did not take 1 entity" in done.err and ".." not in done.err
    assert tags_of(project) == {"id": ["internal"], "mail": ["pii_direct"], "kind": ["public"], "loaded": ["public"]}
    assert [owner["name"] for owner in project.entities()["owners"]] == ["makers"]


def test_a_field_that_breaks_a_rule_of_the_server_takes_no_other_with_it(project):
    """Of a new server's rules: a data product is of its table's domain. People have put it into one of their own."""
    call, theirs = project.catalogue.call, f"D{project.space}"
    call("PUT", "domains", {"name": theirs, "domainType": "Aggregate", "description": "d"})
    call("PUT", "dataProducts", {"name": theirs, "domains": [theirs], "description": "d"})
    for name in ("things", "totals", "sums"):
        layer = "sources" if name == "things" else "products"
        path = project.folder / "contracts" / layer / f"{name}.odcs.yaml"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"dataProduct": theirs}))
    done = project.c360("push")
    assert done.code == 2 and "did not take 3 entities" in done.err, done.out + done.err
    assert "dataProducts: Rule [Data Product Domain Validation] validation failed" in done.err
    assert tags_of(project) == {"id": ["internal"], "mail": ["pii_direct"], "kind": ["public"], "loaded": ["public"]}
    table = project.entities()
    assert ([o["name"] for o in table["owners"]], [d["name"] for d in table["domains"]]) == (["makers"], ["shop"])
    assert table["description"] == "One row a thing." and not table.get("dataProducts")
    with counted() as calls:
        assert project.c360("push").code == 2
    assert len(calls) == 6, "what was refused, and by itself, of three tables"
    product = project.at("dataProducts", theirs)
    shop = [{"id": project.at("domains", "shop")["id"], "type": "domain"}]
    call("PATCH", f"dataProducts/{product['id']}", [{"op": "add", "path": "/domains", "value": shop}])
    assert project.c360("push").code == 0
    assert project.c360("check").code == 0


def test_a_word_may_change_its_case(project):
    assert project.c360("push").code == 0
    (part,) = THINGS["schema"]
    key, mail, *others = part["properties"]
    renamed = [key, mail | {"businessName": "Mail Address"}, *others]
    project.write(THINGS | {"schema": [part | {"properties": renamed}]}, "sources")
    told = project.c360("push")
    assert told.code == 2 and "1 entity is left over of contracts that are gone; --prune removes them." in told.out
    assert project.c360("push", "--prune").code == 0
    assert project.c360("check").code == 0
    mail = next(c for c in project.entities()["columns"] if c["name"] == "mail")
    assert [t["tagFQN"] for t in mail["tags"]] == [f"{project.space}.pii_direct", f"{project.space}.Mail Address"]


def test_a_change_that_the_server_would_not_record_is_stored(project):
    """Of a data contract's columns, the server records names and types: words and constraints are stored with these."""
    assert project.c360("push").code == 0
    (part,) = THINGS["schema"]
    first, *others = part["properties"]
    for changed in ([first | {"description": "Other words."}, *others], [*others, first | {"description": "Other."}]):
        project.write(THINGS | {"schema": [part | {"properties": changed}]}, "sources")
        done = project.c360("push")
        assert done.code == 0, done.out + done.err
        assert [c["description"] for c in contract_of(project)["schema"]] == [c["description"] for c in changed]
        assert project.c360("check").code == 0


def test_a_bot_without_rights_is_told_at_the_first_refusal(project):
    double = needs_double(project)
    double.order(deny=True)
    with counted() as calls:
        done = project.c360("push")
    assert done.code == 2 and len(calls) == 1
    assert "does not let the token's bot do this" in done.err and "docs/catalog.md" in done.err
    doctor = project.c360("doctor")
    assert doctor.code == 2 and "rights: The token's bot may not Create team and 26 more." in doctor.err
    policy = re.search(r"^```json\n(.*?)^```", (ROOT / "docs/catalog.md").read_text(), re.DOTALL | re.MULTILINE)
    rules = {rule["operations"][0]: tuple(rule["resources"]) for rule in json.loads(policy[1])["rules"]}
    assert rules == NEEDED | {"ViewAll": ("All",)}


LEVELS = {"id": ["internal"], "mail": ["pii_direct"], "kind": ["public"], "loaded": ["public"]}


def moved() -> list[list[str]]:
    """What another hand makes of the columns: one more in each place, each gone, and any order with one or two more."""
    names, chance = list(LEVELS), random.Random(27)
    more = [[*names[:place], "new", *names[place:]] for place in range(len(names) + 1)]
    fewer = [[other for other in names if other != name] for name in names]
    return more + fewer + [chance.sample([*names, "new", "more"][:count], count) for count in (4, 5, 6, 4, 5, 6)]


def test_a_tag_never_lands_on_another_column(project):
    """Ingestion, or a person, adds, moves and drops columns after they were read and before they are changed."""
    double = needs_double(project)
    for names in moved():
        schema = f"{project.names.service}.{project.names.database}.raw"
        put = {"name": "things", "columns": [{"name": name, "dataType": "TEXT"} for name in names]}
        double.order(before={"method": "PUT", "path": "tables", "body": put | {"databaseSchema": schema}})
        done = project.c360("push")
        is_whole = set(LEVELS) <= set(names)
        assert done.code == 0 if is_whole else "Traceback" not in done.err, done.out + done.err
        assert tags_of(project) == {name: LEVELS.get(name, []) for name in names}, names
        double.order(restore="before")
        project.service()


def test_what_somebody_deleted_softly_is_restored(project):
    project.remember()
    assert project.c360("push").code == 0
    whole, n = project.state(), project.names
    case = f'{n.table("raw", "things")}.kind."things.kind.enum@gate"'
    for collection, name in (
        ("teams", "makers"), ("tags", f"{n.space}.internal"), ("glossaryTerms", f"{n.space}.Thing"),
        ("classifications", n.space), ("glossaries", n.space), ("dataQuality/testCases", case),
        ("dataContracts", f"{n.table('raw', 'things')}.dataContract_{n.space}_things"),
    ):  # fmt: skip
        project.catalogue.call("DELETE", f"{collection}/{project.at(collection, name)['id']}")
        assert project.c360("check").code == 1, collection
        done = project.c360("push", "--prune")
        assert done.code == 0, done.out + done.err
        assert project.state() == whole, collection
        assert project.c360("check").code == 0, collection


def test_a_column_may_have_a_dot(project):
    (part,) = TOTALS["schema"]
    part = part | {"properties": [column("kind", physicalName="a.b", required=True)]}
    project.write(TOTALS | {"schema": [part]}, "products")
    project.table({"name": "totals", "properties": [{"name": "a.b"}]}, "analytics")
    project.remember("failed", clause="totals.kind.required")
    done = project.c360("push")
    assert done.code == 0, done.out + done.err
    (case,) = (key for key in project.state() if "totals.kind.required@verify" in key)
    assert project.state()[case]["testCaseResult"]["testCaseStatus"] == "Failed"
    with counted() as calls:
        assert project.c360("push", "--prune").code == 0
    assert calls == []


def test_what_the_server_adds_is_no_difference(project):
    """A user by the name of the team, owners and domains that a table inherits, labels that a term hands down, pages of
    a list."""
    call = project.catalogue.call
    call("PUT", "users", {"name": "makers", "email": "makers@open-metadata.org"})
    nobodys = {key: value for key, value in OLD.items() if key not in ("team", "domain", "dataProduct")}
    project.write(nobodys, "products")
    assert project.c360("push").code == 0
    assert [(o["type"], o["name"]) for o in contract_of(project)["owners"]] == [("team", "makers")]
    schema = project.at("databaseSchemas", project.names.service, project.names.database, "analytics")
    for kind, path in (("user", "owners"), ("domain", "domains")):
        (name,) = {"user": ["makers"], "domain": ["shop"]}[kind]
        above = [{"id": project.at(f"{kind}s", name)["id"], "type": kind}]
        call("PATCH", f"databaseSchemas/{schema['id']}", [{"op": "add", "path": f"/{path}", "value": above}])
    inherited = project.at("tables", project.names.table("analytics", "sums"), fields="owners,domains")
    assert inherited["owners"] and inherited["domains"]
    internal = {
        "tagFQN": f"{project.space}.internal", "source": "Classification", "labelType": "Manual", "state": "Confirmed",
    }  # fmt: skip
    term = project.at("glossaryTerms", f"{project.space}.Mail address")
    call("PATCH", f"glossaryTerms/{term['id']}", [{"op": "add", "path": "/tags", "value": [internal]}])
    assert tags_of(project)["mail"] == ["pii_direct", "internal"]
    with counted() as calls, mock.patch("c360.catalogue.server._PAGE", 2):
        assert project.c360("push").code == 0
    assert calls == []
    (part,) = THINGS["schema"]
    key, mail, *others = part["properties"]
    closed = part | {"properties": [key, mail | {"classification": "pii_indirect"}, *others]}
    project.write(THINGS | {"schema": [closed]}, "sources")
    done = project.c360("push")
    assert done.code == 0, done.out + done.err
    assert tags_of(project)["mail"] == ["pii_indirect", "internal"]


@contextmanager
def another(project: Project, n: int, *arguments: str) -> Iterator[list[Any]]:
    """Before the n-th call that changes something, somebody else does all of it with a push of theirs."""
    real, sent, others = requests.Session.request, [], []

    def request(self: Any, method: str, url: str, **more: Any) -> Any:
        if method != "GET" and len(sent) < n:
            sent.append(url)
            if len(sent) == n:
                others.append(project.c360("push", *arguments))
        return real(self, method, url, **more)

    with mock.patch.object(requests.Session, "request", request):
        yield others


@pytest.mark.parametrize("n", [1, 30, 66])  # before anything, among the test cases, among the results
def test_two_pushes_at_once(project, n):
    """One has planned and sent a part; another does all of it; the first goes on. Both end well, with one of each."""
    project.remember("failed")
    with another(project, n) as others:
        done = project.c360("push")
    assert [answer.code for answer in (*others, done)] == [0, 0], others[0].err + done.err
    with counted() as calls:
        assert project.c360("push").code == 0
    assert calls == [] and project.c360("check").code == 0


def test_two_pushes_that_prune_at_once(project):
    assert project.c360("push").code == 0
    (project.folder / "contracts/sources/things.odcs.yaml").unlink()
    with another(project, 4, "--prune") as others:
        done = project.c360("push", "--prune")
    assert [answer.code for answer in (*others, done)] == [0, 0], others[0].err + done.err
    assert project.c360("check").code == 0


def test_a_token_that_is_taken_no_more_sends_nothing(project):
    with counted() as calls:
        done = project.c360("push", C360_OPENMETADATA_TOKEN="eyJ.old.x")
    assert done.code == 2 and "does not take the token" in done.err and "Settings > Bots" in done.err
    assert calls == [] and "eyJ.old.x" not in done.out + done.err


HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)> [a](javascript:alert(1)) ![p](https://evil.invalid/p.png) "
    "{{ 7*7 }} ${C360_OPENMETADATA_TOKEN} $(id) <#E::user::admin> a@b.c 'x' \"y\" `z` 1+1=2 & \u202e\u0007 \u00e9\n\nb"
)


def test_what_a_hostile_contract_says_is_text(project):
    columns = [column("id", description=HOSTILE, businessName="[x](y)")]
    part = {"name": "evil", "description": HOSTILE, "businessName": 'Wo<rd> ::"', "properties": columns}
    hostile = contract(
        "evil", domain="do::main <x>", dataProduct='pro"duct', team={"name": "te::am <b>"}, servers=IN_ANALYTICS,
        description={"purpose": HOSTILE}, schema=[part],
    )  # fmt: skip
    project.write(hostile, "products")
    project.table(part, "analytics")
    done = project.c360("push")
    assert done.code == 0, done.out + done.err
    with counted() as calls:
        assert project.c360("push").code == 0
    assert calls == []
    said = json.dumps(project.state())
    for tag in ("<script", "<img", "<#E::user", "\\u202e", "\\u0007"):
        assert tag not in said
    assert "alert(1)" in said, "it is told, as text"
    assert "![" not in said.replace("!\\\\[", "")
    assert project.catalogue.token not in said


def test_the_plan_is_told_before_anything_is_sent(project):
    with counted() as calls:
        done = project.c360("push", "--dry-run")
    assert done.code == 0 and calls == []
    assert re.search(r"^testCase +\d+$", done.out, re.MULTILINE)
    table = project.names.table("raw", "things")
    assert "cannot hold" not in done.out and table not in done.out, "short"
    told = project.c360("push", "--dry-run", "--verbose").out
    assert re.search(rf"^change +table +{re.escape(table)} +description, owners", told, re.MULTILINE)
    assert "things 1.0.0, things: the catalogue's data contract cannot hold support" in told
    data = project.c360("push", "--dry-run", "--json").json
    assert {step["action"] for step in data["steps"]} == {"create", "change"}
    assert data["unread"]["things 1.0.0, things"]


def test_the_doctor_tells_what_does_not_fit(project):
    done = project.c360("doctor", "--json")
    assert done.code == 0, done.out + done.err
    assert [fact["state"] for fact in done.json] == ["fits"] * 6
    (project.folder / "c360.toml").write_text('[catalog]\nservice = "nowhere"\n')
    lost = project.c360("doctor")
    assert lost.code == 2 and "no database service nowhere" in lost.err and "metadata ingest" in lost.err


STUB = """#!/bin/sh
echo "$(basename "$0") $*" >>"$CALLS"
case "$*" in
  *users/login*) echo '{"accessToken": "eyJ.first.x"}';;
  "compose "*" up "*)
    echo "${OPENMETADATA_DB_PASSWORD:+p}${OPENMETADATA_FERNET_KEY:+k} $COMPOSE_PROJECT_NAME" >>"$CALLS"
    exit "$UP";;
  "catalog push") [ "$C360_OPENMETADATA_TOKEN" = eyJ.first.x ] && echo "Sent: 0 changes and 0 results.";;
esac
"""
"""Stands in for docker, curl, make, c360 and the client: what is called goes into a file."""


@pytest.fixture
def stubs(tmp_path) -> dict[str, str]:
    for name in ("bin/docker", "bin/curl", "bin/make", "tree/.venv/bin/c360", "tree/.venv-catalog/bin/metadata"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(STUB)
        path.chmod(0o755)
    (tmp_path / "tree/.venv/bin/python").symlink_to(sys.executable)
    env = {key: value for key, value in os.environ.items() if not key.startswith(("C360_", "OPENMETADATA_"))}
    return env | {"PATH": f"{tmp_path / 'bin'}{os.pathsep}{env['PATH']}", "CALLS": str(tmp_path / "calls"), "UP": "0"}


@pytest.mark.parametrize("up", ["0", "1"], ids=["the server starts", "it does not"])
def test_the_smoke_test_starts_a_server_by_docker_and_removes_it(stubs, tmp_path, up):
    script = tmp_path / "tree/integration_tests/catalog/smoke.sh"
    script.parent.mkdir(parents=True)
    shutil.copyfile(ROOT / "integration_tests/catalog/smoke.sh", script)
    done = subprocess.run(["bash", script], env=stubs | {"UP": up}, capture_output=True, text=True)
    calls = Path(stubs["CALLS"]).read_text().splitlines()
    assert done.returncode == (0 if up == "0" else 2), done.stdout + done.stderr
    assert calls[0:4] == [
        "c360 --version", "docker version --format Docker {{.Server.Version}}",
        "docker compose --profile catalog up --wait openmetadata", "pk c360-smoke",
    ]  # fmt: skip
    assert calls[-1] == "docker compose --profile catalog down --volumes --timeout 10"
    if up == "1":
        assert calls[4:-1] == ["docker compose --profile catalog logs --tail 50"]
        return
    assert "http://127.0.0.1:8585/api/v1/users/login" in calls[4]
    assert [call for call in calls if call.startswith(("make", "metadata"))] == [
        "make catalog-setup", "metadata ingest -c governance/openmetadata/postgres.yaml",
        "metadata ingest -c governance/openmetadata/dbt.yaml",
    ]  # fmt: skip
    assert calls.count("c360 catalog push") == 3 and "eyJ" not in done.stdout + done.stderr


def test_a_server_to_try_wants_passwords_first(stubs):
    make = shutil.which("make", path=os.environ["PATH"])
    command = [make, "--no-print-directory", "catalog-server"]
    missing = subprocess.run(command, cwd=ROOT, env=stubs, capture_output=True, text=True)
    assert missing.returncode == 2 and "Set OPENMETADATA_DB_PASSWORD and OPENMETADATA_FERNET_KEY" in missing.stderr
    env = stubs | {"OPENMETADATA_DB_PASSWORD": "p", "OPENMETADATA_FERNET_KEY": "k"}
    assert subprocess.run(command, cwd=ROOT, env=env, capture_output=True).returncode == 0
    started = [line for line in Path(stubs["CALLS"]).read_text().splitlines() if " up " in line]
    assert started == ["docker compose --profile catalog up --wait openmetadata"], "nothing that a port is taken by"
    without = subprocess.run(command, cwd=ROOT, env=env | {"PATH": "/nowhere"}, capture_output=True, text=True)
    assert without.returncode == 2 and "There is no Docker Compose here" in without.stderr


@pytest.fixture(scope="module")
def ingested(shared_workplace, catalogue, make):
    """The repository's own contracts: delivered, built, verified, and brought as smoke.sh and docs/catalog.md say."""
    place = shared_workplace
    place.reset()
    contacts = [make.contact(n) for n in range(1, 6)]
    sales = [make.transaction(n, 1 + n % 5) for n in range(1, 20)]
    assert place.ingest("contacts", place.write("contacts.csv", contacts)).code == 0
    assert place.ingest("transactions", place.write("transactions.csv", sales)).code == 0
    assert place.c360("build", "--resource-type", "model", f"--as-of={NOW}").code == 0
    assert place.c360("verify", f"--as-of={NOW}").code == 0
    page, _, _ = (ROOT / "docs/catalog.md").read_text(encoding="utf-8").partition("## Other catalogues")
    script = ROOT / "integration_tests/catalog/smoke.sh"
    typed = re.sub(r"^make ", "true make ", script.read_text(encoding="utf-8"), flags=re.MULTILINE)
    shown = [line for block in BLOCKS.findall(page) for line in block.splitlines()]
    assert len(shown) > 8 and set(shown) <= {line.replace("true make", "make") for line in typed.splitlines()}
    env = os.environ | place.env | catalogue.env
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
    done = subprocess.run(["bash", "-c", typed, str(script)], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return place, catalogue, done.stdout + done.stderr


def documents() -> list[dict[str, Any]]:
    """The contracts as a stranger would read them: the highest version of each major that somebody may still use."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for path in sorted((ROOT / "contracts").rglob("*.odcs.yaml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        if document["status"] in ("active", "deprecated"):
            found[document["name"], document["version"].partition(".")[0]] = document
    return list(found.values())


def test_the_clients_own_workflows_bring_the_tables_and_what_dbt_knows(ingested):
    """Asserted on what is there: the client calls an ingestion that brought nothing a success too."""
    place, catalogue, said = ingested
    database = place.sql("select current_database()")[0][0]
    listed = catalogue.call("GET", "tables", database=f"postgres.{database}", limit="1000", fields="columns")["data"]
    tables = {table["fullyQualifiedName"]: table for table in listed}
    for document in documents():
        for part in document["schema"]:
            schema = next(s["schema"] for s in document["servers"] if s["type"] == "postgres")
            table = tables[f"postgres.{database}.{schema}.{part.get('physicalName', part['name'])}"]
            assert {c["name"] for c in table["columns"]} >= {p["name"] for p in part["properties"]}
    staged = tables[f"postgres.{database}.analytics.stg_web__transactions"]
    edges = catalogue.call("GET", f"lineage/table/{staged['id']}", upstreamDepth="1", downstreamDepth="0")
    assert edges["upstreamEdges"], "dbt's lineage"
    cases = catalogue.call("GET", "dataQuality/testCases", limit="10000", fields="testDefinition")["data"]
    assert {"not_null", "unique"} <= {case["testDefinition"]["name"] for case in cases}, "dbt's tests"
    assert catalogue.token not in said


def test_the_repositorys_contracts_are_there_whole(ingested):
    """Tags, owners, contracts, test results and lineage, counted from the documents themselves."""
    place, catalogue, said = ingested
    assert "The catalogue says what the contracts say." in said
    database = place.sql("select current_database()")[0][0]
    again = place.c360("catalog", "push", "--json", **catalogue.env)
    assert again.code == 0 and again.json["sent"] == 0 and again.json["results"] == 0
    for document in documents():
        schema = next(s["schema"] for s in document["servers"] if s["type"] == "postgres")
        for part in document["schema"]:
            name = f"postgres.{database}.{schema}.{part.get('physicalName', part['name'])}"
            table = catalogue.call("GET", f"tables/name/{name}", fields="columns,tags,owners,domains,dataProducts")
            assert [o["name"] for o in table["owners"]] == [document["team"]["name"]], name
            assert [d["name"] for d in table["domains"]] == [document["domain"]], name
            columns = {c["name"]: c for c in table["columns"]}
            for prop in part["properties"]:
                label = f"Customer360.{prop['classification']}"
                assert label in [t["tagFQN"] for t in columns[prop["name"]]["tags"]], (name, prop["name"])
            (made,) = catalogue.call("GET", "dataContracts", entity=table["id"])["data"]
            assert {c["name"] for c in made["schema"]} == set(columns) & {p["name"] for p in part["properties"]}
    judged = place.sql(
        "select count(distinct (clause, stage)) from governance.history where stage in ('gate', 'verify')"
        " and engine <> 'c360' and outcome <> 'skipped' and clause not like '%.noted%'"
    )[0][0]
    cases = catalogue.call("GET", "dataQuality/testCases", limit="10000", fields="testDefinition,testCaseResult")[
        "data"
    ]
    ours = [case for case in cases if case["testDefinition"]["name"].startswith("Customer360_")]
    assert sum("testCaseResult" in case for case in ours) == judged > 150
