"""Who is downstream: consumers, and what dbt's manifest says."""

import json
import os

import pytest

from c360.cli import main
from governance.tests.compat.examples import CONTRACT, GONE, edited
from governance.tests.compat.test_compat import consumer, git, root, write  # noqa: F401  # a fixture, by name

SOURCE = "source.shop.web.orders"
MANIFEST = {
    "sources": {
        SOURCE: {"source_name": "web", "name": "orders"},
        "source.shop.web.people": {"source_name": "web", "name": "people"},
        "source.shop.other.orders": {"source_name": "other", "name": "orders"},
    },
    "nodes": {"model.shop.stg_orders": {"resource_type": "model", "name": "stg_orders"}},
    "child_map": {
        SOURCE: ["model.shop.stg_orders", "test.shop.unique_orders.1a2b"],
        "model.shop.stg_orders": ["model.shop.revenue", "model.shop.stg_orders"],
        "model.shop.revenue": ["exposure.shop.board", "model.shop.customers.v2"],
        "source.shop.web.people": ["model.shop.stg_people"],
        "source.shop.other.orders": ["model.shop.stranger"],
    },
}


@pytest.fixture
def look(root, capsys):  # noqa: F811
    target = root / "integration_tests" / "target"
    target.mkdir(parents=True)
    (target / "manifest.json").write_text(json.dumps(MANIFEST))
    (root / "c360.toml").write_text('[dbt]\nproject = "integration_tests"\n')

    def look(*arguments):
        with pytest.raises(SystemExit) as stopped:
            main(["impact", *arguments])
        told = capsys.readouterr()
        return stopped.value.code, told.out, told.err

    return look


def users(look, *arguments):
    return [(one["who"], one["what"], one["uses"]) for one in json.loads(look(*arguments, "--json")[1])]


def test_consumers_and_models(root, look):  # noqa: F811
    consumer(root)
    assert users(look, "orders") == [
        ("crm", "consumer", "1.x: amount; #crm"),
        ("stg_orders", "model", "orders"),
        ("revenue", "model, 2 steps on", "orders"),
        ("board", "exposure, 3 steps on", "orders"),
        ("customers.v2", "model, 3 steps on", "orders"),
        ("stg_people", "model", "people"),
    ]


def test_only_what_has_changed(root, look):  # noqa: F811
    consumer(root)
    consumer(root, name="web", columns=["kind"])
    assert users(look, "--base", "main") == []
    write(root, edited(("schema.0.properties.3", GONE), ("version", "2.0.0")))
    assert [who for who, *_ in users(look, "--base", "main")] == [
        "crm",
        "stg_orders",
        "revenue",
        "board",
        "customers.v2",
    ]


def test_a_product_is_a_model(root, look):  # noqa: F811
    write(root, edited(("name", "stg"), ("id", "x"), ("schema", [{"name": "o", "physicalName": "stg_orders"}]),
                       ("slaProperties", [])))  # fmt: skip
    (root / "contracts" / "sources" / "stg").rename(root / "contracts" / "products")
    assert [who for who, *_ in users(look, "stg")] == ["revenue", "board", "customers.v2"]


def test_versions_of_a_model_are_told_apart_by_their_table(root, look):  # noqa: F811
    products = root / "contracts" / "products" / "stg"
    for version, table in (("1.0.0", "stg"), ("2.0.0", "stg_v2")):
        products.mkdir(parents=True, exist_ok=True)
        schema = [{"name": "stg", "physicalName": table}]
        contract = edited(("name", "stg"), ("id", "x"), ("version", version), ("schema", schema), ("slaProperties", []))
        (products / f"{version}.odcs.yaml").write_text(json.dumps(contract))
    versions = {
        f"model.shop.stg.v{v}": {"resource_type": "model", "name": "stg", "alias": table, "version": v}
        for v, table in ((1, "stg"), (2, "stg_v2"))
    }
    readers = {"model.shop.stg.v1": ["exposure.shop.old"], "model.shop.stg.v2": ["model.shop.stg.v1"]}
    manifest = root / "integration_tests" / "target" / "manifest.json"
    manifest.write_text(json.dumps({"nodes": versions, "child_map": readers}))
    assert users(look, "stg") == [
        ("old", "exposure", "stg v1"),
        ("stg.v1", "model", "stg v2"),
        ("old", "exposure, 2 steps on", "stg v2"),
    ]


def test_the_manifest_of_the_last_build_counts_whoever_ran_it(root, look, monkeypatch):  # noqa: F811
    monkeypatch.setenv("C360_HOME", str(root / "home"))
    ours = root / "home" / "dbt" / "target"
    ours.mkdir(parents=True)
    (ours / "manifest.json").write_text(json.dumps(MANIFEST | {"child_map": {SOURCE: ["model.shop.fresh"]}}))
    os.utime(ours / "manifest.json", (2e9, 2e9))
    assert [who for who, *_ in users(look, "orders")] == ["fresh"]
    os.utime(ours / "manifest.json", (1, 1))
    assert "fresh" not in [who for who, *_ in users(look, "orders")]


def test_without_a_manifest_it_says_what_is_missing(root, look):  # noqa: F811
    (root / "integration_tests" / "target" / "manifest.json").unlink()
    code, out, _ = look()
    assert code == 0 and "dbt's models are not among them: c360 build writes it" in out


def test_no_such_contract_and_no_such_manifest(root, look):  # noqa: F811
    code, _, err = look("nope")
    assert code == 2 and "There is no contract 'nope'" in err and "There are: orders" in err
    (root / "integration_tests" / "target" / "manifest.json").write_text("[")
    code, _, err = look(CONTRACT["name"])
    assert code == 2 and "is no manifest of dbt" in err
