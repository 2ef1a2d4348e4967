"""Two majors of one contract: built, tested, queried and on record side by side, until the older one ends."""

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from project_copy import copy_project

NOW = "2026-03-01T12:00:00Z"
LAST, AFTER = "2030-12-31T23:59:59Z", "2031-01-01T00:00:00Z"
ALONE = ("--exclude", "next_best_category__customer_id__relationship")
"""Customers are built without who refers to them."""
CUSTOMERS = ("--select", "customers", *ALONE, "--as-of", NOW)


@pytest.fixture(scope="module")
def built(shared_workplace, make, tmp_path_factory):
    """Three customers, two of whom bought, in a copy of the project that a test may change."""
    project = copy_project(tmp_path_factory.mktemp("copy") / "project")
    workplace = replace(shared_workplace, settings=replace(shared_workplace.settings, root=project))
    contacts = workplace.write("contacts.csv", [make.contact(n) for n in (1, 2, 3)])
    bought = [make.transaction(n, n, transaction_date=f"2026-02-0{n} 23:30:00.001") for n in (1, 2)]
    assert workplace.ingest("contacts", contacts).code == 0
    assert workplace.ingest("transactions", workplace.write("transactions.csv", bought)).code == 0
    for stage in (("build", "--select", "+customers", *ALONE), ("verify", "customers")):
        done = workplace.c360(*stage, "--as-of", NOW)
        assert done.code == 0, f"{done.out}\n{done.err}"
    return workplace


@pytest.fixture
def whole(built):
    """What is built, and put back as it was after a test that breaks it."""
    built.sql("create table public.kept as table analytics.customers_v2")
    (view,) = built.sql("select pg_get_viewdef('analytics.customers'::regclass)")[0]
    yield built
    built.sql("truncate analytics.customers_v2; insert into analytics.customers_v2 table public.kept")
    built.sql(f"create or replace view analytics.customers as {view}; drop table public.kept")


def outcomes(workplace, stage):
    """The last outcome of each clause of customers by contract version."""
    rows = workplace.sql(
        "select distinct on (clause) version, clause, outcome from governance.history "
        "where stage = %s and contract = 'customers' order by clause, at desc",
        stage,
    )
    found = {}
    for version, clause, outcome in rows:
        found.setdefault(version, {})[clause] = outcome
    return found


def red(workplace):
    """The clauses of both versions that `c360 verify customers` finds broken."""
    done = workplace.c360("verify", "customers", "--as-of", NOW, "--json")
    assert done.code == 1, done.err
    return {(found["version"], found["clause"]) for found in done.json if found["outcome"] == "failed"}


def test_both_are_queried_and_say_the_same_in_any_time_zone(built, make):
    both = (
        "set time zone 'Australia/Sydney'; "
        "select former.id::text, former.first_purchase_date::text, newest.first_purchase_at::text "
        "from analytics.customers as former join analytics.customers_v2 as newest using (id) order by id"
    )
    assert built.sql(both) == [
        (make.id(1), "2026-02-01 23:30:00.001", "2026-02-02 10:30:00.001+11"),
        (make.id(2), "2026-02-02 23:30:00.001", "2026-02-03 10:30:00.001+11"),
        (make.id(3), None, None),
    ]


@pytest.mark.parametrize("stage", ["build", "verify"])
def test_both_are_on_record_under_their_own_version(built, stage):
    found = outcomes(built, stage)
    assert found.keys() == {"1.1.0", "2.0.0"}
    assert {clause.partition(".")[0] for clause in found["1.1.0"]} == {"customers_v1"}
    assert {clause.partition(".")[0] for clause in found["2.0.0"]} == {"customers"}
    assert {"customers_v1.first_purchase_date.physicalType", "customers_v1.first_before_last"} <= found["1.1.0"].keys()
    assert {"customers.first_purchase_at.physicalType", "customers.first_before_last"} <= found["2.0.0"].keys()
    assert {outcome for version in found.values() for outcome in version.values()} == {"passed"}


def test_datacontract_measures_the_rules_of_both(built):
    told = "select clause, engine from governance.history where stage = 'verify' and clause = any(%s) order by 1"
    rules = ["customers.first_before_last", "customers_v1.first_before_last"]
    assert built.sql(told, rules) == [(rule, "datacontract") for rule in rules]


def test_the_older_one_alone_goes_red(whole):
    (view,) = whole.sql("select pg_get_viewdef('analytics.customers'::regclass)")[0]
    younger = view.replace("customers_v2.age", "(customers_v2.age - 200) as age")
    assert younger != view
    whole.sql(f"create or replace view analytics.customers as {younger}")
    assert red(whole) == {("1.1.0", "customers_v1.age.minimum")}


def test_the_newer_one_alone_goes_red(whole):
    (view,) = whole.sql("select pg_get_viewdef('analytics.customers'::regclass)")[0]
    before = view.replace("analytics.customers_v2", "public.kept as customers_v2")
    whole.sql(f"create or replace view analytics.customers as {before}")
    whole.sql("grant select on public.kept to public; update analytics.customers_v2 set age = -1")
    assert red(whole) == {("2.0.0", "customers.age.minimum")}


def test_what_is_wrong_with_the_rows_is_wrong_in_both(whole):
    whole.sql("update analytics.customers_v2 set total_expense = -1")
    assert red(whole) == {("2.0.0", "customers.total_expense.minimum"), ("1.1.0", "customers_v1.total_expense.minimum")}
    told = whole.c360("status", "--as-of", NOW, "--json").json
    broken = {c["clause"] for c in told["clauses"] if c["state"] == "broken"}
    assert broken == {"customers.total_expense.minimum", "customers_v1.total_expense.minimum"}


def test_dbt_enforces_each_ones_contract(built):
    marts = built.settings.root / "dbt_package/models/marts"
    for file, age, contract, clause, other in (
        ("customers_v1.sql", "        age,\n", "1.1.0", "customers_v1.age.physicalType", ("2.0.0", "passed")),
        ("customers.sql", " as age,\n", "2.0.0", "customers.age.physicalType", ("1.1.0", "skipped")),
    ):
        before = (marts / file).read_text()
        assert before.count(age) == 1
        (marts / file).write_text(
            before.replace(age, age.replace(" as age", "::text as age").replace("  age", "  age::text"))
        )
        done = built.c360("build", *CUSTOMERS)
        assert done.code == 1 and clause in done.err, f"{done.out}\n{done.err}"
        (marts / file).write_text(before)
        found = outcomes(built, "build")
        assert [c for c, outcome in found[contract].items() if outcome == "failed"] == [clause]
        assert set(found[other[0]].values()) == {other[1]}
    assert built.c360("build", *CUSTOMERS).code == 0


def test_each_has_its_pages(built):
    assert built.c360("publish").code == 0
    assert built.c360("report", "--as-of", NOW).code == 0
    site = built.settings.home / "site"
    assert {"customers-1.1.0.html", "customers-2.0.0.html"} <= {page.name for page in (site / "contracts").iterdir()}
    former, newest = ((site / "owners" / f"contract-{name}.html").read_text() for name in ("customers_v1", "customers"))
    assert "version 1.1.0 · deprecated until 2030-12-31, then customers 2.0.0" in former
    assert "version 2.0.0 · active ·" in newest
    assert "first_<wbr>purchase_<wbr>date" in former and "first_<wbr>purchase_<wbr>date" not in newest


def test_impact_tells_who_reads_which(built):
    done = built.c360("impact", "customers", "--json")
    assert done.code == 0, done.err
    readers = {user["who"]: user["uses"] for user in done.json}
    assert readers.pop("campaigns").startswith("1.x: id, first_purchase_date, "), "who has said so"
    assert readers == {"customers.v1": "customers v2", "customer_segmentation": "customers v2"}


def test_the_day_after_its_sunset_it_is_refused_and_once_retired_it_is_gone(built):
    """The last of this module: it ends 1.x."""
    assert built.c360("verify", "customers", "--as-of", LAST).code == 0
    for stage in (("build",), ("verify",), ("verify", "customers")):
        done = built.c360(*stage, "--as-of", AFTER)
        assert done.code == 1
        assert "customers 1.1.0 ended on 2030-12-31: use customers 2.0.0 instead." in done.err
        assert "c360 retire customers@1.1.0 && c360 generate" in done.err
    assert built.c360("retire", "customers@1.1.0", "--as-of", AFTER).code == 0
    package = built.settings.root / "dbt_package"
    told = built.c360("generate")
    assert told.code == 1 and "marts/customers_v1.sql builds a version of customers that is live no more" in told.err
    (package / "models/marts/customers_v1.sql").unlink()
    (package / "tests/customers_v1_says_what_v2_says.sql").unlink()
    units = package / "models/marts/_unit_tests.yml"
    start, end = (units.read_text().index(f"  - name: {name}") for name in ("customers_v1_", "late_and_corrected"))
    units.write_text(units.read_text()[:start] + units.read_text()[end:])
    assert built.c360("generate").code == 0
    shutil.rmtree(built.settings.home / "dbt", ignore_errors=True)
    done = built.c360("build", *CUSTOMERS)
    assert done.code == 0, f"{done.out}\n{done.err}"
    done = built.c360("verify", "customers", "--as-of", NOW, "--json")
    assert done.code == 0 and {found["version"] for found in done.json} == {"2.0.0"}
    assert built.sql("select count(*) from analytics.customers_v2") == [(3,)]
