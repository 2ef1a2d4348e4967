"""The package in somebody else's dbt project: sources under other names, and one of them switched off."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from c360.database import libpq_env

PACKAGE = Path(__file__).parents[3] / "dbt_package"
ELSEWHERE = {
    "customer360_contacts_schema": "crm",
    "customer360_contacts_identifier": "people",
    "customer360_transactions_schema": "Web Shop",
    "customer360_transactions_identifier": "orders",
}


@pytest.fixture
def build(raw, dbt, tmp_path):
    """Run dbt in a scratch project that installs the package; {name of a node: its status}."""
    for table, schema, name in (("contacts", "crm", "people"), ("transactions", '"Web Shop"', "orders")):
        raw.sql(f"drop schema if exists {schema} cascade; create schema {schema}")
        raw.sql(f"alter table raw.{table} set schema {schema}; alter table {schema}.{table} rename to {name}")
    profiles = yaml.safe_load((PACKAGE.parent / "integration_tests/profiles.yml").read_text())
    (tmp_path / "profiles.yml").write_text(yaml.safe_dump({"scratch": profiles["customer360"]}))
    (tmp_path / "packages.yml").write_text(yaml.safe_dump({"packages": [{"local": str(PACKAGE)}]}))
    program = Path(sys.executable).with_name("dbt")

    def run(*arguments, **variables):
        project = {
            "name": "scratch", "version": "1.0.0", "profile": "scratch", "vars": ELSEWHERE | variables,
            "flags": {"send_anonymous_usage_stats": False},
            "dispatch": [{"macro_namespace": "customer360", "search_order": ["scratch", "customer360"]}],
        }  # fmt: skip
        (tmp_path / "dbt_project.yml").write_text(yaml.safe_dump(project))
        env = os.environ | libpq_env(raw.settings) | {"C360_AS_OF": dbt.AS_OF}
        for command in (["deps"], ["build", *arguments]):
            done = subprocess.run([program, *command], cwd=tmp_path, env=env, capture_output=True, text=True)
            assert done.returncode == 0, done.stdout[-5000:]
        assert "deprecat" not in done.stdout.lower(), done.stdout
        results = json.loads((tmp_path / "target/run_results.json").read_text())["results"]
        return {result["unique_id"].split(".")[2]: result["status"] for result in results}

    return run


def test_sources_lie_where_the_variables_say_and_a_macro_takes_the_place_of_ours(raw, build, tmp_path):
    (tmp_path / "macros").mkdir()
    macro = "{% macro postgres__age_in_years(birthdate, on_date) %} 7 {% endmacro %}"
    (tmp_path / "macros/age_in_years.sql").write_text(macro)
    ((database,),) = raw.sql("select current_database()::text")
    outcomes = build("--exclude-resource-type", "unit_test", customer360_contacts_database=database)
    assert set(outcomes.values()) <= {"success", "pass", "no-op"}
    assert {"transactions__amount__minimum", "transactions_enriched", "next_best_category_evaluation"} <= set(outcomes)
    full = set(build("--exclude-resource-type", "unit_test", customer360_full_tests=True))
    by_construction = full - set(outcomes)
    assert len(by_construction) > 70 and set(outcomes) < full
    kinds = ("__present", "__physicalType", "__required", "__unexpectedColumns")
    assert {name for name in by_construction if not name.endswith(kinds)} == {
        "not_null_base_web__transactions_transaction_date", "not_null_stg_salesforce__contacts_id",
        "not_null_stg_salesforce__contacts_birthdate", "not_null_stg_web__transactions_id",
        "not_null_stg_web__transactions_contact_id", "not_null_stg_web__transactions_transaction_date",
        "not_null_stg_web__transactions_amount", "not_null_stg_web__transactions_item_count",
        "not_null_stg_web__transactions_category", "unique_int_transactions_joined_id",
        "unique_int_categories_category",
    }  # fmt: skip
    built = "select count(*), sum(total_expense)::text, max(age) from analytics.customers"
    assert raw.sql(built) == [(3, "25.00", 7)]


def test_without_transactions_customers_are_built_and_have_spent_nothing(raw, build):
    outcomes = build(customer360_transactions_enabled=False)
    assert set(outcomes.values()) <= {"success", "pass", "no-op"}
    models = [name for (name,) in raw.sql("select relname from pg_class where relnamespace = 'analytics'::regnamespace "
                                          "and relkind in ('r', 'v') order by relname")]  # fmt: skip
    assert models == [
        "base_salesforce__contacts", "customers", "customers_v2", "int_inputs_noted", "stg_salesforce__contacts",
        "stg_salesforce__contacts_set_aside",
    ]  # fmt: skip
    assert not [name for name in outcomes if "transaction" in name or "next_best" in name]
    spent = "select distinct total_expense::text, books_amount::text, first_purchase_date from analytics.customers"
    assert raw.sql(spent) == [("0.00", "0.00", None)]
