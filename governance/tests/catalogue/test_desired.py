"""What must stand in the catalogue: all that the repository's contracts say, and what they cannot."""

import uuid
from pathlib import Path

from c360.catalogue import odcs
from c360.catalogue.desired import desired
from c360.catalogue.entities import COLLECTIONS, Names
from c360.catalogue.lineage import edges, is_share, shared
from c360.catalogue.values import Ref, Tags
from c360.contract import find_contracts, load_contract
from c360.contract.classifications import described
from c360.project import open_project
from c360.share.policy import policies_of

ROOT = Path(__file__).parents[3]
NAMES = Names("Customer360", "postgres", "customer360")
CONTRACTS = find_contracts(ROOT / "contracts")
THINGS = {entity.ref: entity for entity in desired(CONTRACTS, described(), NAMES)}


def test_what_others_need_comes_first() -> None:
    order = list(COLLECTIONS)
    told = [order.index(ref.type) for ref in THINGS]
    assert told == sorted(told)
    seen: set[Ref] = set()
    for entity in THINGS.values():
        assert set(entity.needs) <= seen | {entity.ref}, entity.ref
        seen.add(entity.ref)


def test_the_same_contracts_give_the_same_things() -> None:
    assert desired(CONTRACTS, described(), NAMES) == list(THINGS.values())


def test_every_column_bears_its_classification() -> None:
    for contract in CONTRACTS:
        for dataset in contract.datasets:
            entity = THINGS[Ref("table", NAMES.table(dataset.schema, dataset.table))]
            for column in dataset.columns:
                tags = entity.holds["columns", column.physical_name, "tags"]
                assert isinstance(tags, Tags) and tags.tags == (f"Customer360.{column.classification}",)


def test_every_clause_that_a_stage_judges_is_a_test_case() -> None:
    cases = {ref.name.rpartition('."')[2].rstrip('"') for ref in THINGS if ref.type == "testCase"}
    for contract in CONTRACTS:
        for dataset in contract.datasets:
            for clause in dataset.clauses:
                judged = clause.kind.name != "unenforced" and not clause.absent("verify")
                assert (f"{clause.id}@verify" in cases) == judged, clause.id
                if contract.layer == "products":
                    assert f"{clause.id}@gate" not in cases


def test_a_deprecated_version_is_marked_and_says_what_to_use() -> None:
    old = next(contract for contract in CONTRACTS if contract.status == "deprecated")
    (dataset,) = old.datasets
    table = THINGS[Ref("table", NAMES.table(dataset.schema, dataset.table))]
    tags = table.holds["tags",]
    assert isinstance(tags, Tags) and "Customer360.DeprecatedVersion" in tags.tags
    assert odcs.status(old) == "Deprecated"
    assert "Deprecated, until 2030-12-31; use 2.0.0 instead." in odcs.description(old)


def test_a_contract_goes_in_the_version_that_the_server_reads() -> None:
    contract = next(contract for contract in CONTRACTS if contract.name == "transactions")
    (dataset,) = contract.datasets
    sent = odcs.odcs(contract, dataset, "name", "s.d.raw.transactions")
    assert sent["apiVersion"] == "v3.1.0" and "team" not in sent
    other = odcs.odcs(contract, dataset, "name", "s.d.raw.other")
    assert uuid.UUID(sent["id"]) != uuid.UUID(other["id"]), "a data contract of its own for each table"
    assert sent["slaProperties"] == [{"property": "freshness", "value": "1", "unit": "day"}]
    assert odcs.service_levels(dataset) == {"refreshFrequency": {"interval": 1, "unit": "day"}}
    types = {column["name"]: column["dataType"] for column in odcs.columns(contract, dataset)}
    assert types["amount"] == "NUMERIC" and types["id"] == "UUID" and types["_loaded_at_utc"] == "TIMESTAMP"
    assert "quality" not in sent and not any("quality" in column for column in sent["schema"][0]["properties"])


def test_what_the_server_cannot_hold_is_said() -> None:
    contract = next(contract for contract in CONTRACTS if contract.name == "transactions")
    (dataset,) = contract.datasets
    left = odcs.unread(contract, dataset)
    assert {"servers", "support", "tenant", "tags", "schema.customProperties"} <= set(left)
    assert "properties.examples (7)" in left
    sent = {"schema", "team", "status", "slaProperties.freshness", "properties.enum (1)", "schema.quality"}
    assert not sent & set(left)


def test_business_words_are_terms(tmp_path: Path) -> None:
    text = (ROOT / "contracts/sources/transactions/1.0.0.odcs.yaml").read_text()
    text = text.replace(
        "    physicalName: transactions\n", "    physicalName: transactions\n    businessName: Purchase\n", 1
    )
    text = text.replace(
        "      - name: category\n", "      - name: category\n        businessName: Product category\n", 1
    )
    path = tmp_path / "sources" / "transactions.odcs.yaml"
    path.parent.mkdir()
    path.write_text(text)
    entities = {entity.ref: entity for entity in desired([load_contract(path, tmp_path)], described(), NAMES)}
    assert Ref("glossaryTerm", "Customer360.Purchase") in entities
    table = entities[Ref("table", "postgres.customer360.raw.transactions")]
    tags = table.holds["columns", "category", "tags"]
    assert isinstance(tags, Tags) and tags.terms == ("Customer360.Product category",)


def test_lineage_skips_what_has_no_contract() -> None:
    node = {"resource_type": "model", "schema": "analytics"}
    manifest = {
        "sources": {"s": {"schema": "raw", "identifier": "contacts"}},
        "nodes": {"stg": node | {"name": "stg"}, "mart": node | {"name": "m", "alias": "customers_v2"},
                  "late": node | {"name": "late"}},
        "parent_map": {"stg": ["s"], "mart": ["stg", "mart"], "late": ["mart"]},
    }  # fmt: skip
    raw, mart, late = (Ref("table", f"postgres.customer360.{name}") for name in
                       ("raw.contacts", "analytics.customers_v2", "analytics.late"))  # fmt: skip
    assert edges(manifest, {raw, mart}, NAMES) == {(raw, mart)}
    assert edges(manifest, {raw, mart, late}, NAMES) == {(raw, mart), (mart, late)}
    assert edges({}, {raw, mart}, NAMES) == set()


def test_shares_are_made_of_the_product_of_their_policy() -> None:
    project = open_project(ROOT / "contracts")
    mart = Ref("table", "postgres.customer360.analytics.customers_v2")
    schemas = ["share_harbour_media", "analytics_share_harbour_media", "share_southern_insight", "share_nobody",
               "myshare_harbour_media", "sharing"]  # fmt: skip
    tables = {Ref("table", schema): (schema, "customers") for schema in schemas}
    tables[Ref("table", "other")] = ("share_harbour_media", "other")
    assert shared(policies_of(project), tables, NAMES) == {(mart, Ref("table", schema)) for schema in schemas[:3]}
    assert [is_share(schema) for schema in schemas] == [True, True, True, True, False, False]
