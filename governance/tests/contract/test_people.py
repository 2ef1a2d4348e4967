"""Who is a person, and where their id stands, in contracts of any shape."""

from pathlib import Path

import pytest
import yaml

from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.contract.people import holders, subject_of
from c360.errors import CouldNotTell
from governance.tests.servers import ROOT


def column(name: str, kind: str = "integer", to: str = "", **more) -> dict:
    physical = {"integer": "integer", "string": "text"}[kind]
    said = {"name": name, "logicalType": kind, "physicalType": physical, "classification": "public"} | more
    return said | ({"relationships": [{"type": "foreignKey", "to": to}]} if to else {})


KEY = {"primaryKey": True, "primaryKeyPosition": 1, "required": True}
SECRET = {"classification": "pii_direct"}
TABLES = {
    "people": [column("id", **KEY), column("mail", "string", **SECRET)],
    "addresses": [column("id", **KEY), column("person", to="people.id", required=True),
                  column("street", "string", **SECRET)],
    "orders": [column("no", **KEY), column("buyer", to="people.id", required=True), column("seller", to="people.id")],
    "lines": [column("no", **KEY), column("order_no", to="orders.no", required=True)],
    "scores": [column("who", to="addresses.person", **KEY)],
}  # fmt: skip


def catalog(folder: Path, tables: dict[str, list[dict]]) -> Catalog:
    for name, properties in tables.items():
        path = folder / "contracts" / "sources" / name / "1.0.0.odcs.yaml"
        path.parent.mkdir(parents=True)
        contract = {
            "apiVersion": "v3.2.0", "kind": "DataContract", "id": name, "name": name, "version": "1.0.0",
            "status": "active", "servers": [{"server": "local", "type": "postgres", "schema": "raw"}],
            "schema": [{"name": name, "properties": properties}],
        }  # fmt: skip
        path.write_text(yaml.safe_dump(contract))
    return Catalog.of(find_contracts(folder / "contracts"))


@pytest.fixture
def shop(tmp_path):
    return catalog(tmp_path, TABLES)


def test_the_source_that_describes_people_is_known_by_its_classifications(shop):
    assert subject_of(shop, ["pii_direct"]).name == "people.id"
    ours = Catalog.of(find_contracts(ROOT / "contracts"))
    assert subject_of(ours, ["pii_direct"]).name == "contacts.id"


def test_their_id_stands_wherever_a_reference_leads_to_them(shop):
    assert holders(shop, subject_of(shop, ["pii_direct"])) == {
        "people": {"id": True},
        "addresses": {"person": True},
        "orders": {"buyer": True, "seller": False},
        "scores": {"who": True},
    }
    ours = Catalog.of(find_contracts(ROOT / "contracts"))
    assert holders(ours, subject_of(ours, ["pii_direct"])) == {
        "contacts": {"id": True}, "transactions": {"contact_id": True}, "customers": {"id": True},
        "customers_v1": {"id": True},
        "transactions_enriched": {"contact_id": True}, "next_best_category": {"customer_id": True},
    }  # fmt: skip


def test_another_dataset_or_column_can_be_named(shop):
    assert subject_of(shop, ["pii_direct"], "orders").name == "orders.no"
    assert subject_of(shop, ["pii_direct"], "orders.buyer").name == "orders.buyer"


@pytest.mark.parametrize(
    ("of", "said"),
    [
        ("nobody", "No contract describes a dataset 'nobody'"),
        ("orders.nothing", "orders.nothing does not name one column"),
    ],
)
def test_what_is_none_is_told(shop, of, said):
    with pytest.raises(CouldNotTell, match=said) as told:
        subject_of(shop, ["pii_direct"], of)
    assert "orders" in told.value.remedy


def test_none_or_two_are_not_guessed_between(tmp_path, shop):
    with pytest.raises(CouldNotTell, match="describe people: none") as told:
        subject_of(shop, ["no such level"])
    assert "c360 forget --of DATASET" in told.value.remedy
    two = catalog(tmp_path / "two", TABLES | {"staff": TABLES["people"]})
    with pytest.raises(CouldNotTell, match="describe people: people, staff"):
        subject_of(two, ["pii_direct"])
