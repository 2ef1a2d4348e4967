"""The dbt package on Postgres: what it builds, what makes its tests fail, and that history is not built twice."""

import contextlib
import csv
import json
import os
import re
from pathlib import Path
from unittest import mock

import pytest

from c360.engine.postgres import libpq_env

AS_OF = "2026-03-01T12:00:00Z"
PACKAGE = "package:customer360"
MACRO_TESTS = "test_type:singular,package:customer360_integration_tests"
SOURCES = ("source:salesforce", "source:web")
RAW = """
create schema raw;
create table raw.contacts (
    id uuid, username text, name text, gender text, address text, mail text, birthdate date, _loaded_at_utc timestamp
);
create table raw.transactions (
    id uuid, contact_id uuid, transaction_date text, amount numeric(12,2), item_count integer, category text,
    _loaded_at_utc timestamp
);
"""


class Dbt:
    """dbt in this process on one database; its files go to a folder of the test's own."""

    def __init__(self, workplace, folder: Path):
        self.workplace, self.folder = workplace, folder
        self.project = workplace.settings.root / "integration_tests"
        installed = self.project / "dbt_packages" / "customer360"  # as `dbt deps` does, but safe in parallel
        installed.parent.mkdir(exist_ok=True)
        with contextlib.suppress(FileExistsError):
            installed.symlink_to(Path("../../dbt_package"))

    def __call__(self, *arguments, as_of=AS_OF, variables=None, **env):
        from dbt.cli.main import dbtRunner

        settings = libpq_env(self.workplace.settings) | {
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "DBT_PROJECT_DIR": str(self.project),
            "DBT_PROFILES_DIR": str(self.project),
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "logs"),
        }
        with mock.patch.dict(os.environ, settings | env):
            return dbtRunner().invoke(
                [*arguments, "--quiet", "--vars", json.dumps({"as_of": as_of} | (variables or {}))]
            )

    def outcomes(self, *arguments, **options):
        """{name: status} of every node that ran."""
        outcome = self(*arguments, **options)
        assert outcome.result is not None, outcome.exception
        return {node.node.name: str(node.status) for node in outcome.result}

    def bad(self, *arguments, **options):
        """The tests that did not pass."""
        outcomes = self.outcomes(*arguments, **options)
        return {name for name, status in outcomes.items() if status in ("fail", "error", "warn", "runtime error")}


def insert(workplace, table, *rows):
    for row in rows:
        columns = ", ".join(row)
        marks = ", ".join(["%s"] * len(row))
        workplace.sql(f"insert into raw.{table} ({columns}) values ({marks})", *row.values())


@pytest.fixture(scope="module")
def dbt(shared_workplace, tmp_path_factory):
    return Dbt(shared_workplace, tmp_path_factory.mktemp("dbt"))


@pytest.fixture
def raw(workplace, make, dbt):
    """Raw tables without keys, as a lake has them: three contacts, two of whom bought."""
    workplace.sql(RAW)
    insert(workplace, "contacts", *(make.contact(n) for n in (1, 2, 3)))
    insert(
        workplace,
        "transactions",
        make.transaction(1, 1, amount="10.00"),
        make.transaction(2, 1, amount="2.50", category="Beauty", transaction_date="2026-02-27 23:59:59.999"),
        make.transaction(3, 2),
    )
    return workplace


def test_builds_customers_with_every_column_of_the_contract(raw, make, dbt):
    outcome = dbt("build", "--select", PACKAGE)
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


BREAKS = {
    "an unknown contact": (
        lambda make: ("transactions", make.transaction(9, 99)),
        {
            "transactions__contact_id__relationship", "transactions_belong_to_a_known_contact",
            "no_transaction_is_set_aside",
        },
    ),
    "an unknown category": (
        lambda make: ("transactions", make.transaction(9, 1, category="Groceries")),
        {"transactions__category__enum"},
    ),
    "a negative amount": (
        lambda make: ("transactions", make.transaction(9, 1, amount="-0.01")),
        {"transactions__amount__minimum"},
    ),
    "no items": (
        lambda make: ("transactions", make.transaction(9, 1, item_count=0)),
        {"transactions__item_count__minimum"},
    ),
    "one id for two transactions": (
        lambda make: ("transactions", make.transaction(3, 2, amount="99.00")),
        {"transactions__id__primaryKey", "no_transaction_is_set_aside"},
    ),
    "one id for two people": (
        lambda make: ("contacts", make.contact(3, name="Somebody Else")),
        {"contacts__id__primaryKey", "contacts__identity", "no_contact_is_set_aside"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BREAKS)
def test_a_bad_row_fails_its_tests_and_no_other(raw, make, dbt, what):
    row, expected = BREAKS[what]
    table, values = row(make)
    insert(raw, table, values)
    dbt("run", "--select", "staging")
    assert dbt.bad("test", "--select", *SOURCES, "staging", "--indirect-selection", "cautious") == expected


def test_the_readme_names_the_oldest_dbt_that_the_package_takes():
    package = Path(__file__).parents[2] / "dbt_package"
    (oldest,) = re.findall(r'">=([0-9.]+)"', (package / "dbt_project.yml").read_text())
    assert f"needs dbt {oldest} or newer" in (package / "README.md").read_text()


def test_an_id_of_two_people_is_nobodys_and_duplicates_collapse(raw, make, dbt):
    insert(raw, "contacts", make.contact(3, name="Somebody Else"), make.contact(2))
    insert(raw, "transactions", make.transaction(3, 2))
    assert dbt("run", "--select", PACKAGE).success
    assert raw.sql("select count(*), sum(total_expense)::text from analytics.customers") == [(2, "25.00")]


ONE, TWO = "2026-03-01 09:00:00", "2026-03-01 10:00:00"
VERSIONS = {
    "the same twice": ([{}, {}], True),
    "the same again later": ([{"_loaded_at_utc": ONE}, {"_loaded_at_utc": TWO}], True),
    "a corrected address": ([{"address": "old", "_loaded_at_utc": ONE}, {"address": "new"}], True),
    "an older address that comes last": ([{"address": "new"}, {"address": "old", "_loaded_at_utc": ONE}], True),
    "another name": ([{"name": "Ann", "_loaded_at_utc": ONE}, {"name": "Bob"}], False),
    "another birthdate": ([{"birthdate": "1985-03-01", "_loaded_at_utc": ONE}, {}], False),
    "another name at one load time": ([{"name": "Ann"}, {"name": "Bob"}], False),
    "two addresses at one load time": ([{"address": "one"}, {"address": "two"}], False),
    "null and a value at one load time": ([{"gender": None}, {"gender": "F"}], False),
    "a dispute that a later row settles": (
        [{"address": "one", "_loaded_at_utc": ONE}, {"address": "two", "_loaded_at_utc": ONE}, {"address": "three"}],
        True,
    ),
    "a dispute over a row that was settled": (
        [{"address": "one", "_loaded_at_utc": ONE}, {"address": "two"}, {"address": "three"}],
        True,
    ),
    "a dispute, one side of which is said again": (
        [{"address": "one", "_loaded_at_utc": ONE}, {"address": "two", "_loaded_at_utc": ONE}, {"address": "one"}],
        True,
    ),
    "two people, one of whom said different things": (
        [{"name": "Ann", "address": "one"}, {"name": "Ann", "address": "two"}, {"name": "Bob", "_loaded_at_utc": ONE}],
        False,
    ),
}
"""Rows of one id by what they change in a contact, and whether the id has a row after all."""


def test_staging_and_the_gate_have_one_rule_for_one_id(workplace, make, dbt):
    rows = [make.contact(n, **row) for n, (rows, _) in enumerate(VERSIONS.values()) for row in rows]
    padding = [make.contact(n) for n in range(100, 200)]
    columns = ", ".join(name for name in rows[0] if name != "_loaded_at_utc")
    assert workplace.ingest("contacts", workplace.write("contacts.csv", rows + padding)).code == 0
    at_the_gate = workplace.sql(f"select {columns}, _loaded_at_utc from raw.contacts order by id")
    workplace.reset()
    workplace.sql(RAW)
    insert(workplace, "contacts", *rows, *padding)
    assert dbt("run", "--select", "+stg_salesforce__contacts").success
    alone = workplace.sql(f"select {columns}, loaded_at from analytics.stg_salesforce__contacts order by id")
    assert alone == at_the_gate
    kept = {str(identifier) for identifier, *_ in alone} - {make.id(n) for n in range(100, 200)}
    assert kept == {make.id(n) for n, (_, stays) in enumerate(VERSIONS.values()) if stays}


def test_one_view_at_most_stands_over_two_others(dbt):
    """Postgres drops what stands over a view that dbt replaces; with two such, two threads wait for each other."""
    nodes = dbt("parse").result.nodes
    views = {name for name, node in nodes.items() if node.config.materialized == "view" and name.startswith("model.")}
    over = {name: views & set(nodes[name].depends_on.nodes) for name in views}
    assert views and len([name for name, below in over.items() if len(below) > 1]) <= 1, over


BROKEN_MARTS = {
    "update analytics.customers set total_expense = total_expense + 1": {
        "customers_amounts_add_up_to_total_expense", "customers_total_expense_is_what_was_paid",
        "customers_without_a_purchase_spent_nothing",
    },
    "update analytics.customers set first_purchase_date = last_purchase_date + interval '1 second'": {
        "customers_first_purchase_is_not_after_the_last",
    },
    "delete from analytics.customers where total_expense = 0": {"customers_are_the_contacts"},
    "delete from analytics.transactions_enriched where category = 'Beauty'": {
        "transactions_enriched_holds_every_transaction", "customers_total_expense_is_what_was_paid",
        "customers_without_a_purchase_spent_nothing",
    },
    # The sums and counts of the whole stay as they were: only row by row is it seen.
    "update analytics.customers as c set total_expense = other.total_expense from analytics.customers as other "
    "where c.total_expense + other.total_expense = 12.75 and c.id <> other.id": {
        "customers_total_expense_is_what_was_paid", "customers_amounts_add_up_to_total_expense",
    },
    "update analytics.transactions_enriched set amount = 12.75 - amount": {
        "transactions_enriched_holds_every_transaction", "customers_total_expense_is_what_was_paid",
    },
    "update analytics.transactions_enriched set id = gen_random_uuid() where category = 'Beauty'": {
        "transactions_enriched_holds_every_transaction",
    },
    "delete from analytics.next_best_category where rank = 2": {"next_best_category_ranks_every_category"},
}  # fmt: skip


@pytest.fixture(scope="module")
def built(shared_workplace, make, dbt):
    shared_workplace.reset()
    shared_workplace.sql(RAW)
    insert(shared_workplace, "contacts", *(make.contact(n) for n in (1, 2, 3)))
    cheap = make.transaction(2, 2, amount="0.25", category="Beauty")
    insert(shared_workplace, "transactions", make.transaction(1, 1), cheap)
    return shared_workplace


@pytest.mark.parametrize("damage", BROKEN_MARTS)
def test_damage_to_a_mart_fails_the_singular_tests(built, dbt, damage):
    assert dbt("run", "--full-refresh", "--select", PACKAGE).success
    assert dbt.bad("test", "--select", "test_type:singular,package:customer360") == set()
    built.sql(damage)
    assert dbt.bad("test", "--select", "test_type:singular,package:customer360") == BROKEN_MARTS[damage]


def test_late_new_and_corrected_rows_arrive_and_known_ones_are_left_alone(raw, make, dbt):
    assert dbt("run", "--select", "+transactions_enriched").success
    written = dict(raw.sql("select id::text, xmin::text from analytics.transactions_enriched"))
    raw.sql("update raw.transactions set amount = 99, _loaded_at_utc = '2026-03-01 11:00' where amount = 2.50")
    insert(
        raw,
        "transactions",
        make.transaction(4, 2, _loaded_at_utc="2026-03-01 11:00:00"),
        make.transaction(5, 2, _loaded_at_utc="2025-06-01 00:00:00"),
    )
    assert dbt("run", "--select", "+transactions_enriched").success
    rows = raw.sql("select id::text, amount::text, xmin::text from analytics.transactions_enriched order by id")
    assert [amount for _, amount, _ in rows] == ["10.00", "99.00", "12.50", "12.50", "12.50"]
    kept = {key for key, _, xmin in rows if written.get(key) == xmin}
    assert kept == {make.transaction(1, 1)["id"], make.transaction(3, 2)["id"]}


GOOD = ("success", "pass", "no-op")
NO_GATE = {"customer360_gate": False, "customer360_raw_schema": "seeds"}
ON_SEEDS = ("--target", "seeds")
SEEDS = Path(__file__).parents[1] / "seeds"
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
    failing = dbt.bad("test", *ON_SEEDS, "--select", *SOURCES, variables=NO_GATE | {"customer360_gate": True})
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
    assert dbt("build", *ON_SEEDS, "--select", PACKAGE, variables=NO_GATE, as_of=clock).success
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
    assert dbt("run", "--select", PACKAGE).success
    with_gate = {mart: raw.sql(f"select * from analytics.{mart} order by 1, 2") for mart in marts}
    raw.sql("drop schema analytics cascade;" + change)
    assert dbt("build", "--select", PACKAGE, variables={"customer360_gate": False}).success
    assert {mart: raw.sql(f"select * from analytics.{mart} order by 1, 2") for mart in marts} == with_gate
    assert set_aside(raw, "analytics") == {"contacts": set(), "transactions": set()}


@pytest.mark.parametrize("zone", ["Australia/Sydney", "America/Los_Angeles", "Pacific/Chatham"])
def test_macros_hold_in_a_session_of_any_time_zone(raw, dbt, zone):
    outcomes = dbt.outcomes("test", "--select", MACRO_TESTS, PGOPTIONS=f"-c timezone={zone}")
    assert set(outcomes.values()) == {"pass"}
    assert len(outcomes) == 3


@pytest.mark.parametrize(
    ("as_of", "loaded", "status"),
    [
        ("2026-03-01T12:00:00Z", "2026-03-01 10:00:00", "pass"),
        ("2026-03-02T09:59:00Z", "2026-03-01 10:00:00", "warn"),
        ("2026-03-02T10:01:00Z", "2026-03-01 10:00:00", "error"),
        ("2026-03-02T20:01:00+10:00", "2026-03-01 10:00:00", "error"),
        ("2026-02-28T00:00:00Z", "2026-03-01 10:00:00", "error"),
    ],
)
def test_freshness_follows_the_clock_and_not_the_future(raw, dbt, as_of, loaded, status):
    outcomes = dbt.outcomes("source", "freshness", "--select", *SOURCES, as_of=as_of)
    assert outcomes == {"contacts": status, "transactions": status}


def test_one_timestamp_in_the_future_hides_no_stale_load(raw, make, dbt):
    insert(raw, "transactions", make.transaction(9, 1, _loaded_at_utc="2099-01-01 00:00:00"))
    assert (
        dbt.outcomes("source", "freshness", "--select", *SOURCES, as_of="2026-03-05T00:00:00Z")["transactions"]
        == "error"
    )


@pytest.mark.parametrize(
    ("days", "judged"),
    [([], 0), (["2026-02-28"], 0), (["2026-02-01", "2026-02-28"], 0), (["2026-01-29", "2026-02-28"], 1)],
    ids=["no purchase", "one", "none before the hold-out", "one before it"],
)
def test_without_a_history_to_learn_from_the_evaluation_says_so(workplace, make, dbt, days, judged):
    workplace.sql(RAW)
    insert(workplace, "contacts", *(make.contact(n) for n in (1, 2) if days))
    dates = [f"{day} 10:00:00.000" for day in days]
    insert(workplace, "transactions", *(make.transaction(n, 1, transaction_date=at) for n, at in enumerate(dates)))
    assert dbt("run", "--select", PACKAGE).success
    rows = workplace.sql("select * from analytics.next_best_category_evaluation order by method")
    assert [row[:2] for row in rows] == [(method, judged) for method in ("own_favourite", "popularity", "recommender")]
    assert {rate is None for row in rows for rate in row[2:]} == {not judged}
    assert dbt.bad("test", "--select", "next_best_category_evaluation") == set()


def test_the_recommender_beats_popularity_clearly(workplace, dbt):
    out = workplace.folder / "made"
    made = workplace.c360(
        "fake",
        "--customers",
        "3000",
        "--transactions",
        "30000",
        "--seed",
        "3",
        "--format",
        "csv",
        "--now",
        AS_OF,
        "--out",
        out,
    )
    assert made.code == 0, made.err
    for dataset in ("contacts", "transactions"):
        assert workplace.ingest(dataset, out / f"{dataset}.csv", as_of=AS_OF).code == 0
    assert dbt("run", "--select", PACKAGE).success
    rows = workplace.sql(
        "select method, hit_rate_at_1, hit_rate_at_3, mrr from analytics.next_best_category_evaluation"
    )
    scores = {method: measures for method, *measures in rows}
    assert scores["recommender"][0] > 2 * scores["popularity"][0]
    for ours, theirs in zip(scores["recommender"], scores["popularity"], strict=True):
        assert ours > theirs
    assert scores["recommender"][2] > scores["own_favourite"][2]
