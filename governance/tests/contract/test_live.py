"""Majors side by side: which are live, what they are called, and what dbt is told of them."""

from pathlib import Path

import pytest
import yaml

from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.contract.classifications import classifications
from c360.contract.findings import LintRules
from c360.coverage import cover
from c360.errors import Breach
from c360.generate import plan
from c360.generate.model_sql import require_sql
from c360.lint.lint import lint

CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: shops
name: shops
version: {version}
status: {status}
customProperties: [{{property: sunset, value: "2030-06-30"}}]
schema:
- name: shops
  physicalName: {table}
  properties:
  - {{name: id, logicalType: string, physicalType: text, primaryKey: true}}
  - name: parent
    logicalType: string
    physicalType: text
    relationships: [{{to: shops.id}}]
"""
VISITS = CONTRACT.replace("shops", "visits").replace("visits.id", "shops.id")
V1, V2 = {"version": "1.0.0", "table": "shops"}, {"version": "2.0.0", "table": "shops_v2"}


@pytest.fixture
def write(tmp_path):
    """Writes versions of a contract, and gives the folder."""

    def write(*versions, text=CONTRACT, layer="products"):
        for version in versions:
            filled = text.format(**{"status": "active"} | version)
            path = tmp_path / "contracts" / layer / yaml.safe_load(filled)["name"] / f"{version['version']}.odcs.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(filled)
        return tmp_path / "contracts"

    return write


def catalog_of(folder):
    return Catalog.of(find_contracts(folder, strict=False))


def named(folder):
    return {dataset.name: (contract.version, dataset.node) for contract, dataset in catalog_of(folder).pairs()}


def models(folder, file="shops"):
    (model,) = yaml.safe_load(plan(catalog_of(folder))[f"dbt_package/models/contracts/{file}.yml"])["models"]
    return model


def test_two_majors_with_tables_of_their_own_are_two_versions_of_one_model(write):
    folder = write(V1, V2)
    assert named(folder) == {"shops": ("2.0.0", "shops.v2"), "shops_v1": ("1.0.0", "shops.v1")}
    model = models(folder)
    assert (model["name"], model["latest_version"]) == ("shops", 2) and "columns" not in model
    told = [(v["v"], v["config"]["alias"], v["config"]["meta"]["version"]) for v in model["versions"]]
    assert told == [(1, "shops", "1.0.0"), (2, "shops_v2", "2.0.0")]
    assert all(v["config"]["contract"] == {"enforced": True} and v["columns"] for v in model["versions"])
    assert {str(v["deprecation_date"]) for v in model["versions"]} == {"2030-06-30"}


def test_each_clause_has_an_id_of_its_own_and_every_point_knows_it(write):
    folder = write(V1, V2)
    rows = cover(catalog_of(folder))
    of_current = {clause for clause in rows if clause.startswith("shops.")}
    assert {clause.replace("shops_v1.", "shops.") for clause in rows if clause.startswith("shops_v1.")} == of_current
    assert len(rows) == 2 * len(of_current) and all(all(cells.values()) for cells in rows.values())
    assert all(rows[clause]["dbt"] == rows[clause.replace("shops.", "shops_v1.")]["dbt"] for clause in of_current)


def test_a_reference_leads_to_the_version_that_it_is_made_in_and_from_elsewhere_to_the_current_one(write):
    write(V1, V2)
    folder = write({"version": "1.0.0", "table": "visits"}, text=VISITS)
    model = models(folder)

    def leads(of):
        columns = {column["name"]: column for column in of["columns"]}
        (reference,) = (t["relationships"] for t in columns["parent"]["data_tests"] if "relationships" in t)
        return reference["arguments"]["to"]

    assert [leads(version) for version in model["versions"]] == ["ref('shops', v=1)", "ref('shops', v=2)"]
    assert leads(models(folder, "visits")) == "ref('shops', v=2)"
    assert "select 1 from shops as" in plan(catalog_of(folder))["soda_checks/shops_v1.yml"]


@pytest.mark.parametrize(
    ("versions", "live"),
    [
        ([V1], {"shops": ("1.0.0", "shops")}),
        ([V1, V1 | {"version": "1.1.0"}], {"shops": ("1.1.0", "shops")}),
        ([V1, V2 | {"status": "draft"}], {"shops": ("1.0.0", "shops")}),
        ([V1 | {"status": "deprecated"}, V2],
         {"shops": ("2.0.0", "shops.v2"), "shops_v1": ("1.0.0", "shops.v1")}),
        ([V1, V1 | {"version": "1.1.0"}, V2],
         {"shops": ("2.0.0", "shops.v2"), "shops_v1": ("1.1.0", "shops.v1")}),
        ([V1, V1 | {"version": "1.1.0", "status": "draft"}, V2],
         {"shops": ("2.0.0", "shops.v2"), "shops_v1": ("1.0.0", "shops.v1")}),
        ([V1, V1 | {"version": "1.1.0", "status": "retired"}, V2], {"shops": ("2.0.0", "shops.v2")}),
        ([V1 | {"status": "retired"}, V2], {"shops": ("2.0.0", "shops.v2")}),
        ([V1 | {"status": "retired"}, V2 | {"table": "shops"}], {"shops": ("2.0.0", "shops")}),
        ([V1, V2 | {"table": "shops"}], {"shops": ("2.0.0", "shops")}),
        ([V1, V2 | {"table": "stores"}], {"shops": ("2.0.0", "stores"), "shops_v1": ("1.0.0", "shops")}),
        ([V1 | {"table": "shops_v1"}, V2],
         {"shops": ("2.0.0", "shops.v2"), "shops_v1": ("1.0.0", "shops.v1")}),
        ([V1, V2, V2 | {"version": "3.0.0", "table": "shops_v3"}],
         {"shops": ("3.0.0", "shops.v3"), "shops_v2": ("2.0.0", "shops.v2"), "shops_v1": ("1.0.0", "shops.v1")}),
    ],
    ids=["one", "a minor step", "a draft", "deprecated", "its highest minor", "its highest is a draft",
         "its highest is retired",
         "retired: still a version, so that ref() leads on", "retired, and its table taken", "its table is taken",
         "other tables are other models", "named v1 from the start", "three"],
)  # fmt: skip
def test_which_versions_are_live(write, versions, live):
    assert named(write(*versions)) == live


def test_a_source_is_delivered_in_its_current_version_alone(write):
    assert named(write(V1, V2, layer="sources")) == {"shops": ("2.0.0", "shops_v2")}


def test_lint_tells_of_a_major_whose_table_a_newer_one_has_taken(write):
    def told(folder):
        found = lint(folder, classifications(), LintRules(strict=False))
        return [(f.rule, f.file.name, f.line) for f in found if "nobody enforces shops" in f.message]

    assert told(write(V1, V2)) == []
    assert told(write(V2 | {"table": "shops"})) == [("not-enforced", "1.0.0.odcs.yaml", 6)]
    assert told(write(V1 | {"status": "retired"})) == []


def test_nothing_else_may_bear_the_name_of_an_older_version(write):
    write(V1, V2)
    folder = write({"version": "1.0.0", "table": "other"}, text=CONTRACT.replace("shops", "shops_v1"))
    with pytest.raises(Breach, match=r"'shops_v1' of 'shops_v1' is claimed by 'shops_v1' in .* too"):
        catalog_of(folder)
    assert [f.rule for f in lint(folder, classifications(), LintRules(strict=False)) if f.severity == "error"] == [
        "collision", "collision",
    ]  # fmt: skip


def test_nothing_else_may_be_built_by_the_file_of_an_older_version(write):
    write(V1, V2)
    folder = write({"version": "1.0.0", "table": "shops_v1"}, text=CONTRACT.replace("shops", "others"))
    with pytest.raises(Breach, match="the dbt model 'shops_v1' of 'shops_v1' is claimed by 'others'"):
        catalog_of(folder)


@pytest.mark.parametrize(
    ("files", "said", "remedy"),
    [
        (["shops.sql", "old/shops_v1.sql"], None, None),
        (["shops_v2.py", "shops_v1.sql"], None, None),
        (["shops.sql"], "shops 1.0.0 is live, and no file shops_v1.sql says how dbt builds it",
         "Write a view over shops_v2: select … from {{ ref('shops', v=2) }}, in models/…/shops_v1.sql"),
        (["shops_v1.sql"], "shops 2.0.0 is live, and no file shops_v2.sql", "Write what makes shops_v2."),
        (["shops.sql", "shops_v1.sql", "shops_v3.sql", "shops_v2_old.sql"], None, None),
        (["shops.sql", "shops_v1.sql", "old/shops_v0.sql"],
         "models/old/shops_v0.sql builds a version of shops that is live no more", "Delete it and what it built: "),
    ],
)  # fmt: skip
def test_each_version_has_its_sql(write, tmp_path, files, said, remedy):
    catalog, folder = catalog_of(write(V1, V2)), tmp_path / "models"
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()
    if said is None:
        return require_sql(catalog, folder)
    with pytest.raises(Breach) as told:
        require_sql(catalog, folder)
    assert said in told.value.message and remedy in told.value.remedy


def test_where_there_is_one_version_no_sql_is_asked_for(write, tmp_path):
    require_sql(catalog_of(write(V1)), tmp_path / Path("nowhere"))
