"""A category more in the contract is the only change that a new column needs."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parents[1]))
from project_copy import add_category, copy_project

NOW = "2026-03-01T12:00:00Z"


@pytest.fixture
def copy(workplace, tmp_path):
    """The command line on a copy of the project."""
    project = copy_project(tmp_path / "project")
    return replace(workplace, settings=replace(workplace.settings, root=project))


def deliver(copy, make):
    contacts = copy.write("contacts.csv", [make.contact(1), make.contact(2)])
    transactions = copy.write(
        "transactions.csv",
        [
            make.transaction(1, 1, category="Home & Garden", amount="10.25"),
            make.transaction(2, 1, category="Home & Garden", amount="0.75"),
            make.transaction(3, 1, category="Books", amount="5.00"),
            make.transaction(4, 2, category="Beauty", amount="3.00"),
        ],
    )
    assert copy.ingest("contacts", contacts).code == 0
    return copy.ingest("transactions", transactions)


def test_without_the_change_such_rows_are_no_rows_of_the_contract(copy, make):
    assert deliver(copy, make).only["promoted"] != 4


def test_a_category_in_the_contract_becomes_a_column_of_customers(copy, make, tmp_path):
    add_category(copy.settings.root)
    generated = copy.c360("generate")
    assert generated.code == 0, generated.err
    delivered = deliver(copy, make)
    assert delivered.code == 0, delivered.err
    assert delivered.only["promoted"] == 4
    built = copy.c360("build", "--resource-type", "model", "--as-of", NOW, C360_DBT_PACKAGES=str(tmp_path))
    assert built.code == 0, f"{built.out}\n{built.err}"
    columns = "id::text, home_and_garden_amount::text, books_amount::text, total_expense::text"
    for version in ("customers", "customers_v2"):
        assert copy.sql(f"select {columns} from analytics.{version} order by id") == [
            (make.id(1), "11.00", "5.00", "16.00"),
            (make.id(2), "0.00", "0.00", "3.00"),
        ]
    ranked = "select count(*) from analytics.next_best_category where category = 'Home & Garden'"
    assert copy.sql(ranked) == [(2,)]
    properties = yaml.safe_load((copy.settings.root / "dbt_package/models/contracts/customers.yml").read_text())
    for version in properties["models"][0]["versions"]:
        assert {c["name"]: c["description"] for c in version["columns"]}["home_and_garden_amount"]
