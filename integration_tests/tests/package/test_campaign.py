"""Builds that follow the deliveries say what one full refresh says: every mart, row by row, column by column."""

import random
from datetime import datetime, timedelta

import pytest

MARTS = ("customers", "customers_v2", "transactions_enriched", "next_best_category", "next_best_category_evaluation")
CATEGORIES = ("Books", "Beauty", "Movies & TV", "Apps & Games")
BUILDS = 5


class Campaign:
    """Deliveries as a lake has them: what may happen to rows, at random, day after day."""

    def __init__(self, raw, make, dbt, seed):
        self.raw, self.make, self.dbt = raw, make, dbt
        self.random = random.Random(seed)
        self.day = datetime(2026, 1, 1)
        self.contacts, self.transactions = 0, 0

    def clock(self):
        return f"{self.day:%Y-%m-%dT12:00:00Z}"

    def loaded(self, back=0):
        return f"{self.day - timedelta(days=back):%Y-%m-%d} 10:00:00"

    def meet(self):
        self.contacts += 1
        birthdate = f"1990-{self.random.randint(1, 12):02}-{self.random.randint(1, 28):02}"
        self.dbt.insert("contacts", self.make.contact(self.contacts, birthdate=birthdate, _loaded_at_utc=self.loaded()))

    def buy(self, back=0, contact=None):
        self.transactions += 1
        at = self.day - timedelta(days=self.random.randint(0, 45), minutes=self.random.randint(0, 999))
        self.dbt.insert(
            "transactions",
            self.make.transaction(
                self.transactions, contact or self.random.randint(1, self.contacts),
                transaction_date=f"{at:%Y-%m-%d %H:%M:%S.000}", category=self.random.choice(CATEGORIES),
                amount=f"{self.random.randint(1, 9999) / 100:.2f}", _loaded_at_utc=self.loaded(back),
            ),
        )  # fmt: skip

    def some(self, table="transactions", rows=1):
        """A condition that holds for rows at random, in a table without keys."""
        found = self.raw.sql(f"select distinct id::text from raw.{table} order by 1")
        chosen = self.random.sample([key for (key,) in found], min(rows, len(found)))
        return "id::text in (" + ", ".join(f"'{key}'" for key in chosen) + ")"

    def again(self, change, where):
        """Rows a second time, changed; both versions stay."""
        self.raw.sql(f"create temp table c as table raw.transactions with no data; "
                     f"insert into c select * from raw.transactions where {where}; update c set {change}; "
                     f"insert into raw.transactions table c; drop table c")  # fmt: skip

    def happen(self):
        self.day += timedelta(days=self.random.choice((0, 1, 1, 1, 20)))
        loaded, some = f"_loaded_at_utc = '{self.loaded()}'", self.some
        what = {
            "new": lambda: [self.buy() for _ in range(3)],
            "late": lambda: [self.buy(back=9) for _ in range(2)],
            "corrected": lambda: self.raw.sql(
                f"update raw.transactions set amount = amount + 1, {loaded} where {some()}"
            ),
            "category": lambda: self.again(f"category = 'Books', {loaded}", some()),
            "replayed": lambda: self.again("amount = amount", some(rows=3)),
            "deleted": lambda: self.raw.sql(f"delete from raw.transactions where {some(rows=2)}"),
            "disputed": lambda: self.again(f"contact_id = '{self.make.id(1)}', {loaded}", some()),
            "rivals": lambda: self.again("amount = amount + 1", some()),
            "settled": lambda: self.raw.sql(
                "delete from raw.transactions where ctid in (select max(ctid) from raw.transactions group by id "
                "having count(*) > 1)"
            ),
            "unknown contact": lambda: self.buy(contact=self.contacts + 1),
            "contact arrives": self.meet,
            "contact corrected": lambda: self.raw.sql(
                f"update raw.contacts set gender = 'X', {loaded} where {some('contacts')}"
            ),
            "erased": lambda: self.erase(some("contacts")),
            "nothing": lambda: None,
        }
        for name in self.random.sample(sorted(what), self.random.randint(0, 5)):
            what[name]()

    def erase(self, whom):
        self.raw.sql(
            f"delete from raw.transactions where contact_id in (select id from raw.contacts where {whom}); "
            f"delete from raw.contacts where {whom}"
        )

    def build(self, *arguments):
        assert self.dbt("run", "--select", self.dbt.PACKAGE, *arguments, as_of=self.clock()).success
        return {mart: sorted(self.raw.sql(f"select t::text from analytics.{mart} as t")) for mart in MARTS}


@pytest.mark.parametrize("seed", range(3))
def test_builds_that_follow_deliveries_end_as_a_full_refresh_does(workplace, make, dbt, seed):
    dbt.make_raw()
    campaign = Campaign(workplace, make, dbt, seed)
    for _ in range(6):
        campaign.meet()
    for _ in range(40):
        campaign.buy(back=campaign.random.randint(0, 20))
    campaign.build()
    for _ in range(BUILDS):
        campaign.happen()
        followed = campaign.build()
    assert followed == campaign.build("--full-refresh")
    assert len(followed["customers"]) > 2 and len(followed["transactions_enriched"]) > 20


def test_where_nothing_is_new_no_row_is_written_and_a_delivery_touches_its_customers_alone(raw, make, dbt):
    def written():
        return {
            table: dict(raw.sql(f"select {key}, max(xmin::text) from analytics.{table} group by 1"))
            for table, key in {
                "customers_v2": "id::text", "int_category_tallies": "scope || contact_id", "transactions_enriched":
                "id::text", "next_best_category": "customer_id::text", "next_best_category_evaluation": "method",
            }.items()
        }  # fmt: skip

    assert dbt("run", "--select", dbt.PACKAGE).success
    first = written()
    assert dbt("run", "--select", dbt.PACKAGE).success
    assert written() == first
    dbt.insert("transactions", make.transaction(4, 2, _loaded_at_utc="2026-03-01 11:00:00"))
    assert dbt("run", "--select", dbt.PACKAGE).success
    again = written()
    touched = {table: {key for key in again[table] if first[table].get(key) != again[table][key]} for table in first}
    assert touched["customers_v2"] == {make.id(2)}
    assert touched["int_category_tallies"] == {f"now{make.id(2)}"}
    assert touched["transactions_enriched"] == {make.transaction(4, 2)["id"]}
    # All customers are told what sells by now.
    assert touched["next_best_category"] == {make.id(n) for n in (1, 2, 3)}
    # Who is a day older: their row alone.
    assert dbt("run", "--select", dbt.PACKAGE, as_of="2026-03-02T12:00:00Z").success
    assert {t: rows for t, rows in written().items() if t != "customers_v2"} == {
        t: rows for t, rows in again.items() if t != "customers_v2"
    }
