"""Damage to a mart fails the tests that are about it; history is not built twice."""

import pytest

SINGULAR = "test_type:singular,package:customer360"
BROKEN_MARTS = {
    "update analytics.customers_v2 set total_expense = total_expense + 1": {
        "customers_amounts_add_up_to_total_expense", "customers_total_expense_is_what_was_paid",
        "customers_without_a_purchase_spent_nothing",
    },
    "update analytics.customers_v2 set first_purchase_at = last_purchase_at + interval '1 second'": {
        "customers_first_purchase_is_not_after_the_last",
    },
    "delete from analytics.customers_v2 where total_expense = 0": {"customers_are_the_contacts"},
    "delete from analytics.transactions_enriched where category = 'Beauty'": {
        "transactions_enriched_holds_every_transaction", "customers_total_expense_is_what_was_paid",
        "customers_without_a_purchase_spent_nothing",
    },
    # The sums and counts of the whole stay as they were: only row by row is it seen.
    "update analytics.customers_v2 as c set total_expense = other.total_expense from analytics.customers_v2 as other "
    "where c.total_expense + other.total_expense = 12.75 and c.id <> other.id": {
        "customers_total_expense_is_what_was_paid", "customers_amounts_add_up_to_total_expense",
    },
    "update analytics.transactions_enriched set amount = 12.75 - amount": {
        "transactions_enriched_holds_every_transaction", "customers_total_expense_is_what_was_paid",
    },
    "update analytics.transactions_enriched set id = gen_random_uuid() where category = 'Beauty'": {
        "transactions_enriched_holds_every_transaction",
    },
    # Each column of the fact is compared, and what is in it alone is found.
    **{
        damage: {"transactions_enriched_holds_every_transaction"}
        for damage in (
            *(
                f"update analytics.transactions_enriched set {column} = {value} where category = 'Beauty'"
                for column, value in {
                    "transaction_date": "transaction_date - interval '1 microsecond'",
                    "category": "'Books'",
                    "item_count": "item_count + 1",
                    "amount_per_item": "amount_per_item + 0.01",
                    "loaded_at": "loaded_at - interval '1 second'",
                }.items()
            ),
            "insert into analytics.transactions_enriched select gen_random_uuid(), contact_id, transaction_date, "
            "category, item_count, 0, 0, loaded_at from analytics.transactions_enriched limit 1",
        )
    },
    "delete from analytics.next_best_category where rank = 2": {"next_best_category_ranks_every_category"},
}  # fmt: skip


MARTS = ("customers_v2", "transactions_enriched", "next_best_category")


@pytest.fixture(scope="module")
def built(shared_workplace, make, dbt):
    """Marts that hold, and a copy of each to mend them from."""
    shared_workplace.reset()
    dbt.make_raw()
    dbt.insert("contacts", *(make.contact(n) for n in (1, 2, 3)))
    cheap = make.transaction(2, 2, amount="0.25", category="Beauty")
    dbt.insert("transactions", make.transaction(1, 1), cheap)
    assert dbt("run", "--select", dbt.PACKAGE).success
    assert dbt.bad("test", "--select", SINGULAR) == set()
    for mart in MARTS:
        shared_workplace.sql(f"create table analytics.whole_{mart} as table analytics.{mart}")
    return shared_workplace


@pytest.mark.parametrize("damage", BROKEN_MARTS)
def test_damage_to_a_mart_fails_the_singular_tests(built, dbt, damage):
    built.sql(damage)
    assert dbt.bad("test", "--select", SINGULAR) == BROKEN_MARTS[damage]
    for mart in MARTS:
        built.sql(f"truncate analytics.{mart}; insert into analytics.{mart} table analytics.whole_{mart}")


def test_late_new_and_corrected_rows_arrive_and_known_ones_are_left_alone(raw, make, dbt):
    assert dbt("run", "--select", "+transactions_enriched").success
    written = dict(raw.sql("select id::text, xmin::text from analytics.transactions_enriched"))
    raw.sql("update raw.transactions set amount = 99, _loaded_at_utc = '2026-03-01 11:00' where amount = 2.50")
    dbt.insert(
        "transactions",
        make.transaction(4, 2, _loaded_at_utc="2026-03-01 11:00:00"),
        make.transaction(5, 2, _loaded_at_utc="2025-06-01 00:00:00"),
    )
    assert dbt("run", "--select", "+transactions_enriched").success
    rows = raw.sql("select id::text, amount::text, xmin::text from analytics.transactions_enriched order by id")
    assert [amount for _, amount, _ in rows] == ["10.00", "99.00", "12.50", "12.50", "12.50"]
    kept = {key for key, _, xmin in rows if written.get(key) == xmin}
    assert kept == {make.transaction(1, 1)["id"], make.transaction(3, 2)["id"]}


def test_rows_that_are_gone_leave_and_what_is_left_takes_their_place(raw, make, dbt):
    """By a delivery, with no full refresh: what was deleted, a later version that was, and all of an erased contact."""
    dbt.insert("transactions", make.transaction(4, 2, amount="1.00", _loaded_at_utc="2026-02-01 00:00:00"))
    dbt.insert("transactions", make.transaction(4, 2, amount="2.00"), make.transaction(5, 3))
    assert dbt("run", "--select", "+transactions_enriched").success
    raw.sql("delete from raw.transactions where id in (%s) or amount = 2.00", make.transaction(2, 1)["id"])
    raw.sql("delete from raw.contacts where id = %s", make.id(3))
    assert dbt("run", "--select", "+transactions_enriched").success
    rows = raw.sql("select id::text, amount::text from analytics.transactions_enriched order by id")
    kept = [(make.transaction(n, 1)["id"], amount) for n, amount in ((1, "10.00"), (3, "12.50"), (4, "1.00"))]
    assert rows == kept
    assert dbt.bad("test", "--select", "transactions_enriched_holds_every_transaction") == set()
