"""What is selected with the sources: their own tests, before there is any model."""

import yaml


def test_tests_of_sources_are_selected_alone_and_need_no_model(raw, make, dbt):
    folder = dbt.project.parent / "dbt_package/models/contracts"
    promised = set()
    for dataset in ("contacts", "transactions"):
        (source,) = yaml.safe_load((folder / f"{dataset}.yml").read_text())["sources"]
        (table,) = source["tables"]
        tests = [*table["data_tests"], *(test for column in table["columns"] for test in column["data_tests"])]
        promised |= {
            body["name"] for test in tests for kind, body in test.items() if not kind.startswith("elementary.")
        }
    assert dbt.outcomes("test", "--select", "source:*") == dict.fromkeys(promised, "pass")


def test_a_product_is_held_to_the_source_that_it_refers_to(raw, make, dbt):
    assert dbt("run", "--select", dbt.PACKAGE).success
    assert dbt.bad("test", "--select", "marts") == set()
    raw.sql("delete from raw.contacts where id = %s", make.id(1))
    assert {name for name in dbt.bad("test", "--select", "marts") if name.endswith("__relationship")} == {
        "customers__id__relationship", "customers_v1__id__relationship",
        "transactions_enriched__contact_id__relationship",
    }  # fmt: skip
