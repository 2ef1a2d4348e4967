"""Events of OpenLineage: when they are on, what a parent is, what tables of Databricks are called."""

import os
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest

from c360.ledger import events
from c360.ledger.history import Run
from c360.project import open_project
from governance.tests.servers import ROOT

RUN = "3f5e83fa-3480-44ff-99c5-ff943904e5e8"


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch, tmp_path):
    """No variable and no file of the machine says anything."""
    for name in [name for name in os.environ if name.startswith("OPENLINEAGE")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home/.openlineage").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("said", "on"),
    [({}, False), ({"OPENLINEAGE_URL": "http://a"}, True), ({"OPENLINEAGE_URL": ""}, False),
     ({"OPENLINEAGE_NAMESPACE": "a"}, False), ({"OPENLINEAGE__TRANSPORT__TYPE": "file"}, True),
     ({"OPENLINEAGE_URL": "http://a", "OPENLINEAGE_DISABLED": "True"}, False)],
)  # fmt: skip
def test_they_are_off_unless_the_environment_names_a_receiver(monkeypatch, said, on) -> None:
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    assert events.are_on() is on


@pytest.mark.parametrize("name", ["openlineage.yml", "home/.openlineage/openlineage.yml"])
def test_a_file_that_the_client_reads_turns_them_on(tmp_path, name) -> None:
    (tmp_path / name).write_text("transport: {type: console}\n")
    assert events.are_on()
    assert events._client().transport.kind == "console"


def test_the_client_leaves_no_variable_behind(monkeypatch) -> None:
    """It writes the receiver and its key into the environment once more, for each program that comes after."""
    monkeypatch.setenv("OPENLINEAGE_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("OPENLINEAGE_API_KEY", "sesame")
    before = dict(os.environ)
    assert events._client().transport.kind == "http"
    assert dict(os.environ) == before


NO_UUID = '{"parent": {"job": {"namespace": "a", "name": "b"}, "run": {"runId": 1}}}'
NIGHTLY, ALL = ("airflow", "nightly", RUN), ("airflow", "all", "0e1f7f4e-4bb1-4b34-8a3d-0a8e8a1f7d11")


@pytest.mark.parametrize(
    ("parent", "root", "above"),
    [("/".join(NIGHTLY), "/".join(ALL), (NIGHTLY, ALL)), ("/".join(NIGHTLY), "", (NIGHTLY, NIGHTLY)),
     ("", "", (None, None)), ("airflow/nightly/manual", "", (None, None)), (RUN, "a/b/c/d", (None, None))],
)  # fmt: skip
def test_a_parent_is_a_namespace_a_job_and_a_uuid(parent, root, above) -> None:
    assert events._above({events.PARENT: parent, events.ROOT: root}) == above


@pytest.mark.parametrize("context", ["{", "[]", "null", '{"parent": {}}', '{"parent": []}', NO_UUID])
def test_a_context_that_names_no_run_is_left_aside(context) -> None:
    assert events._above({events.CONTEXT: context, events.PARENT: "/".join(NIGHTLY)}) == (NIGHTLY, NIGHTLY)


def test_programs_of_a_run_are_told_what_is_above_them(monkeypatch) -> None:
    run = Run.start("build")
    monkeypatch.setenv("OPENLINEAGE_NAMESPACE", "https://shop")
    own = ("https://shop", "build", str(run.id))
    said = events._Stage(None, run, "*", None).above_others()
    assert events._above(said) == (own, own)
    monkeypatch.setenv(events.PARENT, "/".join(NIGHTLY))
    monkeypatch.setenv(events.ROOT, "/".join(ALL))
    monkeypatch.setenv("OPENLINEAGE_NAMESPACE", "shop")
    said = events._Stage(None, run, "*", None).above_others()
    assert events._above(said) == (("shop", "build", str(run.id)), ALL)
    assert events._above({**said, events.CONTEXT: ""}) == events._above(said), "in the older variables too"


def test_tables_of_databricks_are_in_unity_catalog(monkeypatch) -> None:
    monkeypatch.setenv("C360_ROOT", str(ROOT))
    monkeypatch.setenv("C360_ENGINE", "spark")
    catalog = open_project().catalog
    stage = events._Stage(None, Run.start("gate"), "contacts", catalog)
    assert stage._name(*catalog.find("contacts")) == (
        "unitycatalog://workspace.example.com",
        "customer360.raw.contacts",
    )


@pytest.mark.parametrize(
    ("session", "named"),
    [
        ({}, ("file", "/here/spark/raw.db/contacts")),
        ({"spark.sql.warehouse.dir": "file:/a%20b"}, ("file", "/a b/raw.db/contacts")),
        ({"spark.sql.warehouse.dir": "/plain"}, ("file", "/plain/raw.db/contacts")),
        ({"spark.sql.warehouse.dir": "s3://bucket/lake"}, ("s3://bucket", "lake/raw.db/contacts")),
        ({"spark.databricks.workspaceUrl": "adb-1.example.com"},
         ("unitycatalog://adb-1.example.com", "hive_metastore.raw.contacts")),
    ],
)  # fmt: skip
def test_tables_of_spark_without_a_workspace_in_the_contract_are_named_by_the_session(
    monkeypatch, session, named
) -> None:
    """None is of the ledger's Postgres."""
    monkeypatch.setenv("C360_ROOT", str(ROOT))
    monkeypatch.setenv("C360_HOME", "/here")
    monkeypatch.setenv("C360_ENGINE", "spark")
    there = SimpleNamespace(conf=SimpleNamespace(get=session.get)) if session else None
    spark = SimpleNamespace(SparkSession=SimpleNamespace(getActiveSession=lambda: there))
    monkeypatch.setitem(sys.modules, "pyspark.sql", spark)
    contract, dataset = open_project().catalog.find("contacts")
    without = replace(contract, document={**contract.document, "servers": []})
    assert events._Stage(None, Run.start("gate"), "contacts", None)._name(without, dataset) == named
