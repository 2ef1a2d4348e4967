"""dbt alone: it casts to the types of the contracts, and sets rows aside that break a clause."""

import csv
from pathlib import Path

import pytest

GOOD = ("success", "pass", "no-op")
NO_GATE = {"customer360_gate": False, "customer360_raw_schema": "seeds"}
ON_SEEDS = ("--target", "seeds")
SEEDS = Path(__file__).parents[2] / "seeds"
SET_ASIDE = {
    "contacts": {
        (7, "contacts.id.primaryKey"),
        (8, "contacts.birthdate.physicalType"),
        (9, "contacts.mail.pattern"),
    },
    "transactions": {
        (11, "transactions.category.enum"),
        (12, "transactions.contact_id.relationship"),
        (13, "transactions.contact_id.relationship"),
        (14, "transactions.contact_id.relationship"),
        (15, "transactions.amount.physicalType"),
        (16, "transactions.transaction_date.format"),
        (17, "transactions.transaction_date.notInFuture"),
        (18, "transactions.amount.minimum"),
        (19, "transactions.item_count.physicalType"),
        (20, "transactions.id.primaryKey"),
        (21, "transactions.category.required"),
    },
}
"""The faults of the seeds: the number in the id, and the clause that it breaks."""


def set_aside(workplace, schema="seeds"):
    models = {"contacts": "stg_salesforce__contacts_set_aside", "transactions": "stg_web__transactions_set_aside"}
    listed = f"select right(id, 4)::int, clauses from {schema}."
    return {dataset: set(workplace.sql(listed + model)) for dataset, model in models.items()}


def test_seeds_fail_their_tests_and_are_built_without_what_is_bad(workplace, dbt):
    assert dbt("seed", *ON_SEEDS, variables=NO_GATE).success
    failing = dbt.bad("test", *ON_SEEDS, "--select", *dbt.SOURCES, variables=NO_GATE | {"customer360_gate": True})
    assert failing >= {
        "contacts__id__primaryKey", "contacts__mail__pattern", "contacts__birthdate__physicalType",
        "transactions__category__enum", "transactions__contact_id__relationship", "transactions__id__primaryKey",
    }  # fmt: skip
    outcomes = dbt.outcomes("build", *ON_SEEDS, variables=NO_GATE)
    assert {name for name, status in outcomes.items() if status not in GOOD} == {
        "no_contact_is_set_aside", "no_transaction_is_set_aside", "transactions_belong_to_a_known_contact",
    }  # fmt: skip
    assert {status for status in outcomes.values() if status not in GOOD} == {"warn"}
    assert set_aside(workplace) == SET_ASIDE
    assert workplace.sql("select count(*), sum(total_expense)::text from seeds.customers") == [(6, "405.64")]
    moved = "select address from seeds.stg_salesforce__contacts where username = 'ben'"
    assert workplace.sql(moved) == [("22 New Lane, Perth, WA, 6000",)]


def test_without_a_gate_dbt_takes_what_the_gate_takes(workplace, make, dbt):
    """The seeds, with enough good rows for the gate to tolerate the bad ones."""
    clock, loaded = "2023-05-09T12:00:00Z", {"_loaded_at_utc": "2023-05-09 10:00:00"}
    good = {
        "contacts": [make.contact(5000 + n, **loaded) for n in range(50)],
        "transactions": [
            make.transaction(n, 5000, transaction_date="2023-05-01 10:00:00.000", **loaded) for n in range(5000, 5100)
        ],
    }
    for dataset, more in good.items():
        with (SEEDS / f"{dataset}.csv").open(newline="", encoding="utf-8") as file:
            rows = [*csv.DictReader(file), *more]
        answer = workplace.ingest(dataset, workplace.write(f"{dataset}.csv", rows), as_of=clock)
        assert answer.code == 0, answer.err
    broken = workplace.sql("select dataset, right(payload ->> 'id', 4)::int, clauses from quarantine.rows")
    quarantined = {dataset: {(n, ", ".join(c)) for name, n, c in broken if name == dataset} for dataset in good}
    held = {d: workplace.sql(f"select id from raw.{d} where right(id::text, 4)::int < 5000 order by 1") for d in good}

    assert dbt("seed", *ON_SEEDS, variables=NO_GATE).success
    assert dbt("build", *ON_SEEDS, "--select", dbt.PACKAGE, variables=NO_GATE, as_of=clock).success
    assert set_aside(workplace) == quarantined
    for dataset, mart in (("contacts", "customers"), ("transactions", "transactions_enriched")):
        assert workplace.sql(f"select id from seeds.{mart} order by 1") == held[dataset]


@pytest.mark.parametrize(
    "change",
    ["", "alter table raw.transactions alter transaction_date type timestamp using transaction_date::timestamp, "
     "alter amount type double precision"],
    ids=["as the contract types it", "as a loader guessed"],
)  # fmt: skip
def test_good_rows_pass_without_a_gate_as_with_one(raw, dbt, change):
    marts = ("customers", "transactions_enriched", "next_best_category")
    assert dbt("run", "--select", dbt.PACKAGE).success
    with_gate = {mart: raw.sql(f"select * from analytics.{mart} order by 1, 2") for mart in marts}
    raw.sql("drop schema analytics cascade;" + change)
    assert dbt("build", "--select", dbt.PACKAGE, variables={"customer360_gate": False}).success
    assert {mart: raw.sql(f"select * from analytics.{mart} order by 1, 2") for mart in marts} == with_gate
    assert set_aside(raw, "analytics") == {"contacts": set(), "transactions": set()}
