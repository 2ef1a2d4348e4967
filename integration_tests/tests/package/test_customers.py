"""What the package builds from raw tables, and which tests a bad row fails."""

import re
from pathlib import Path


def test_builds_customers_with_every_column_of_the_contract(raw, make, dbt):
    outcome = dbt("build", "--select", dbt.PACKAGE)
    assert outcome.success, [
        str(node.message) for node in outcome.result if str(node.status) not in ("pass", "success")
    ]
    assert not [node.node.name for node in outcome.result if str(node.status) == "warn"]
    columns = (
        "id::text, age, total_expense::text, first_purchase_date::text, last_purchase_date::text, "
        "beauty_amount::text, books_amount::text, movies_and_tv_amount::text"
    )
    assert raw.sql(f"select {columns} from analytics.customers order by id") == [
        (make.id(1), 41, "12.50", "2026-02-27 23:59:59.999", "2026-02-28 10:00:00", "2.50", "10.00", "0.00"),
        (make.id(2), 41, "12.50", "2026-02-28 10:00:00", "2026-02-28 10:00:00", "0.00", "12.50", "0.00"),
        (make.id(3), 41, "0.00", None, None, "0.00", "0.00", "0.00"),
    ]


def test_bad_rows_fail_their_tests_and_no_other(raw, make, dbt):
    """Each of its own kind, all in one build; that each fails its own is what the mutation suite tells."""
    bad = {
        "an unknown contact": ("transactions", make.transaction(9, 99)),
        "an unknown category": ("transactions", make.transaction(10, 1, category="Groceries")),
        "a negative amount": ("transactions", make.transaction(11, 1, amount="-0.01")),
        "no items": ("transactions", make.transaction(12, 1, item_count=0)),
        "one id for two transactions": ("transactions", make.transaction(3, 2, amount="99.00")),
        "one id for two people": ("contacts", make.contact(3, name="Somebody Else")),
    }
    for table, row in bad.values():
        dbt.insert(table, row)
    dbt("run", "--select", "staging")
    assert dbt.bad("test", "--select", *dbt.SOURCES, "staging", "--indirect-selection", "cautious") == {
        "transactions__contact_id__relationship", "transactions_belong_to_a_known_contact",
        "no_transaction_is_set_aside", "transactions__category__enum", "transactions__amount__minimum",
        "transactions__item_count__minimum", "transactions__id__primaryKey",
        "contacts__id__primaryKey", "contacts__identity", "no_contact_is_set_aside",
    }  # fmt: skip


def test_the_readme_names_the_oldest_dbt_that_the_package_takes():
    package = Path(__file__).parents[3] / "dbt_package"
    (oldest,) = re.findall(r'">=([0-9.]+)"', (package / "dbt_project.yml").read_text())
    assert f"needs dbt {oldest} or newer" in (package / "README.md").read_text()


def test_one_view_at_most_stands_over_two_others(dbt):
    """Postgres drops what stands over a view that dbt replaces; with two such, two threads wait for each other."""
    nodes = dbt("parse").result.nodes
    views = {name for name, node in nodes.items() if node.config.materialized == "view" and name.startswith("model.")}
    over = {name: views & set(nodes[name].depends_on.nodes) for name in views}
    assert views and len([name for name, below in over.items() if len(below) > 1]) <= 1, over
