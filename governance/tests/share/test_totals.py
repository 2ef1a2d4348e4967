"""Totals: groups and bounds come from the contract alone, and what a publication costs is what OpenDP says."""

import re
import shutil
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import psycopg
import pytest
from pyarrow import parquet

from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.contract.classifications import classifications
from c360.database import connect
from c360.errors import Breach
from c360.generate.target import Target
from c360.share import budget, bundle, noise, release_totals
from c360.share.contract import contract_of
from c360.share.models import files
from c360.share.policy import policies
from c360.share.unity_catalog import files as unity_catalog
from c360.share.window import _LOG, Release, log
from governance.tests.share.test_consent import CONSENTS, ONLY
from governance.tests.share.test_policy import ROOT, told, write

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SAID = {
    "share": "totals", "epsilon": {"each": 0.5, "total": 1.2}, "sums": ["total_expense"],
    "columns": {"age": {"band": 50}, "gender": "as_values"},
}  # fmt: skip


@pytest.fixture(scope="module")
def catalog(tmp_path_factory):
    """Ours, but for a maximum of total_expense, a list of genders, and a dataset of consents."""
    import yaml

    folder = tmp_path_factory.mktemp("totals") / "contracts"
    shutil.copytree(ROOT / "contracts", folder)
    (folder / "sources/consents").mkdir()
    (folder / "sources/consents/1.0.0.odcs.yaml").write_text(yaml.safe_dump(CONSENTS, sort_keys=False))
    newest = folder / "products/customers/2.0.0.odcs.yaml"
    text, times = re.subn(
        r"(name: total_expense\n(?:.*\n)*? +logicalTypeOptions: \{minimum: )0\}", r"\g<1>-20, maximum: 1000.5}",
        newest.read_text(), count=1,
    )  # fmt: skip
    text, more = re.subn(r"(name: gender\n.*\n +)(logicalType)", r"\1enum: [{value: F}, {value: M}]\n        \2", text)
    assert (times, more) == (1, 1)
    newest.write_text(text)
    return Catalog.of(find_contracts(folder))


def policy_of(folder, catalog, **changes):
    (policy,) = policies(write(folder, **(SAID | changes)), catalog, classifications())
    return policy


def test_groups_are_those_of_the_contract(tmp_path, catalog):
    policy = policy_of(tmp_path, catalog)
    ages, genders = ["0-49", "50-99", "100-149", None], ["F", "M", None]
    assert policy.totals.cells == [(age, gender) for age in ages for gender in genders]
    (one,) = policy.totals.sums
    assert (one.scale, one.least, one.most, one.physical_type) == (2, -2_000, 100_050, "numeric(38,2)")
    assert policy.columns == () and not policy.linked


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"share": "cells"}, "share is neither rows nor totals"),
        ({"share": None}, "epsilon is about totals: write share: totals, or leave it out"),
        ({"share": "rows", "epsilon": None}, "sums is about totals"),
        ({"k": 11}, "k is about rows of persons, and share: totals shares none"),
        ({"sensitive": "age"}, "sensitive is about rows"),
        ({"l": 2}, "l is about rows"),
        ({"canaries": 3}, "canaries is about rows"),
        ({"pseudonyms": {"releases": 3}}, "pseudonyms is about rows"),
        ({"epsilon": None}, "epsilon is not {each: 0.5, total: 6.0}"),
        ({"epsilon": 0.5}, "epsilon is not"),
        ({"epsilon": {"each": 0.5}}, "epsilon is not"),
        ({"epsilon": {"each": 0, "total": 1}}, "epsilon is not"),
        ({"epsilon": {"each": True, "total": 1}}, "epsilon is not"),
        ({"epsilon": {"each": 2, "total": 1}}, "epsilon is not"),
        ({"epsilon": {"each": 1, "total": 21}}, "total up to 20"),
        ({"epsilon": {"each": float("nan"), "total": 1}}, "epsilon is not"),
        ({"epsilon": {"each": "much", "total": 1}}, "epsilon is not"),
        ({"sums": "age"}, "sums is no list of columns"),
        ({"sums": ["age", "age"]}, "sums is no list of columns, each of them once"),
        ({"sums": ["mail"]}, "customers has no column 'mail'"),
        ({"sums": ["id"]}, "id is a person's id"),
        ({"sums": ["gender"]}, "gender is text: sums are of whole numbers, and of numeric with a scale"),
        ({"sums": ["books_amount"]}, "the contract has no minimum and maximum of it"),
        ({"columns": {"id": "as_values"}}, "id is a person's id"),
        ({"columns": {"mail": "as_values"}}, "customers has no column 'mail'"),
        ({"columns": {"age": "as_values"}}, "as_values takes the groups from a list of values (enum)"),
        ({"columns": {"age": "as_is"}}, "how groups are made of age is none of as_values, {band: 20}"),
        ({"columns": {"age": {"band": [10, 20]}}}, "how groups are made of age is none of"),
        ({"columns": {"age": {"band": 1}}}, "band is for numbers, and takes one or two widths"),
        ({"columns": {"gender": {"band": 10}}}, "gender is string"),
        ({"columns": {"books_amount": {"band": 10}}}, "bands of books_amount lie between its minimum and maximum"),
        ({"columns": {"age": {"band": 2}, "total_expense": {"band": 2}}}, "34304 groups, each of which is published"),
        ({"product": "transactions_enriched", "version": "1.0.0"}, "transactions_enriched is not one row a person"),
        ({"only_where": {"where": {"gender": "X"}}}, "gender is one of F, M"),
    ],
)
def test_each_rule_is_told(tmp_path, catalog, changes, what):
    found = told(write(tmp_path, **(SAID | changes)), catalog)
    assert any(what in one for one in found), found


@pytest.mark.parametrize("each", [0.5, 0.1, 1, 0.3, 19.99])
@pytest.mark.parametrize("sums", [[], ["total_expense"], ["total_expense", "age"]])
def test_openDP_accounts_for_no_more_than_is_declared_and_for_all_of_it(tmp_path, catalog, each, sums):
    import opendp.prelude as dp

    policy = policy_of(tmp_path, catalog, sums=sums, epsilon={"each": each, "total": 20})
    made = noise.noises(policy.totals)
    spent = noise.spent_by(made)
    assert Fraction(str(each)) * Fraction("0.999999999") < spent <= Fraction(str(each))
    assert len(made) == 1 + len(sums)
    for one, sensitivity in zip(made, (1, 100_050, 130), strict=False):
        assert one.measurement.map(sensitivity) == one.epsilon, "a person changes one number of a list, by so much"
        assert one.scale == pytest.approx(sensitivity * len(made) / each)
        assert one.measurement.output_measure == dp.max_divergence(), "pure epsilon"


def test_an_error_bar_is_what_so_many_numbers_are_off_by(tmp_path, catalog):
    policy = policy_of(tmp_path, catalog)
    for one in noise.noises(policy.totals):
        off = np.abs(np.array(one.draw([0] * 20_000)))
        assert (off <= one.error_bar).mean() > 0.942
        assert (off <= one.error_bar * 0.8).mean() < 0.942, "and it is no wider than need be"


def test_numbers_that_are_too_large_are_cut_and_not_refused(tmp_path, catalog):
    (counts, _) = noise.noises(policy_of(tmp_path, catalog).totals)
    high, low = counts.draw([10**30, -(10**30)])
    assert high > 2**61 and low < -(2**61)


DRAWS = 250_000
"""Publications of each of two populations, two numbers in each: a million numbers."""


def _loss(first, second):
    """The greatest log ratio of how often two samples are in an event, of events that are seen often enough, and its
    standard error: whole quadrants and bins of (count, sum)."""
    (counts, sums), (others, other_sums) = first, second
    width = 50_000
    events = [(counts >= c) & (sums >= s * width) for c in range(-6, 9) for s in range(-12, 12)]
    in_other = [(others >= c) & (other_sums >= s * width) for c in range(-6, 9) for s in range(-12, 12)]
    ratios = []
    for ours, theirs in [
        *zip(events, in_other, strict=True),
        *((~a, ~b) for a, b in zip(events, in_other, strict=True)),
    ]:
        a, b = ours.sum(), theirs.sum()
        if min(a, b) > 1_000:
            ratios.append((abs(np.log(a / b)), np.sqrt(1 / a + 1 / b)))
    return max(ratios, key=lambda one: one[0] - 5 * one[1])


def _releases(made, count, total, draws=DRAWS):
    return tuple(np.array(one.draw([number] * draws)) for one, number in zip(made, (count, total), strict=True))


def test_a_million_draws_lose_no_more_than_epsilon(tmp_path, catalog):
    """A population of three, and the same without the one who has most. A list draws each number by itself, so one list
    of a number many times is many publications of it."""
    made = noise.noises(policy_of(tmp_path, catalog, epsilon={"each": 1, "total": 1}).totals)
    population = [1_000, 25_000, 100_050]
    with_all = _releases(made, len(population), sum(population))
    without = _releases(made, len(population) - 1, sum(population[:-1]))
    loss, error = _loss(with_all, without)
    assert loss - 5 * error <= 1
    assert loss > 0.95, "the noise is no larger than what is paid for"


def test_half_of_the_noise_would_be_seen(tmp_path, catalog):
    """What the test above measures goes beyond epsilon where the noise is too small."""
    made = noise.noises(policy_of(tmp_path, catalog, epsilon={"each": 2, "total": 2}).totals)
    loss, error = _loss(_releases(made, 3, 126_050, 50_000), _releases(made, 2, 26_000, 50_000))
    assert loss - 5 * error > 1


class _Without:
    """Noise that is none, to see what would be published."""

    scale, epsilon, error_bar = 0.0, 0.25, 0

    def draw(self, numbers):
        return list(numbers)


@pytest.fixture
def cursor(database):
    with closing(connect(database, role=None)) as connection, connection.transaction(force_rollback=True):
        found = connection.cursor()
        found.execute("drop schema if exists sharing cascade; create schema sharing; create schema if not exists raw")
        found.execute("create schema if not exists analytics; drop table if exists analytics.customers_v2 cascade")
        found.execute(
            "create table analytics.customers_v2 (id integer, age integer, gender text, total_expense numeric(14,2))"
        )
        yield found


def fill(cursor, *rows):
    cursor.executemany("insert into analytics.customers_v2 values (%s, %s, %s, %s)", rows)


PEOPLE = [
    (1, 30, "F", "10.25"), (2, 49, "F", "5000"), (3, 50, "M", "-7.10"), (4, 55, "X", "1"), (5, None, None, None),
    (6, 999, "M", "-900"), (7, 130, "F", "NaN"), (7, 130, "F", "NaN"),
]  # fmt: skip


def test_who_is_in_no_group_is_counted_and_nobody_has_more_than_the_contract_says(
    cursor, tmp_path, catalog, monkeypatch
):
    policy = policy_of(tmp_path, catalog)
    fill(cursor, *PEOPLE)
    monkeypatch.setattr(noise, "noises", lambda totals: [_Without(), _Without()])
    assert release_totals.make(cursor, policy, policy.totals, NOW) == 7
    cursor.execute("select * from sharing.totals_acme__customers where persons <> 0")
    assert sorted(cursor.fetchall(), key=str) == sorted(
        [
            ("0-49", "F", 2, Decimal("1010.75")),
            ("50-99", "M", 1, Decimal("-7.10")),
            ("50-99", None, 1, Decimal("1.00")),
            ("100-149", "F", 1, Decimal("1000.50")),
            (None, "M", 1, Decimal("-20.00")),
            (None, None, 1, Decimal("0.00")),
        ],
        key=str,
    )
    cursor.execute("select count(*) from sharing.totals_acme__customers")
    assert cursor.fetchone() == (12,), "each group, whoever is in it"


def test_who_did_not_agree_is_in_no_total(cursor, tmp_path, catalog):
    fill(cursor, *PEOPLE)
    policy = policy_of(tmp_path, catalog, only_where={"where": {"gender": "F"}})
    assert release_totals.counted(cursor, policy, policy.totals)[0] == 3
    cursor.execute("drop table if exists raw.consents cascade")
    cursor.execute("create table raw.consents (contact_id integer, purpose text, given boolean)")
    cursor.execute("insert into raw.consents values (1, 'campaigns', true), (2, 'campaigns', false), (3, 'x', true)")
    policy = policy_of(tmp_path, catalog, only_where=ONLY)
    assert release_totals.counted(cursor, policy, policy.totals)[0] == 1


def test_what_is_published_is_not_what_was_counted(cursor, tmp_path, catalog):
    fill(cursor, *PEOPLE)
    policy = policy_of(tmp_path, catalog)
    seen = []
    for _ in range(2):
        release_totals.make(cursor, policy, policy.totals, NOW)
        cursor.execute("select persons, total_expense_sum from sharing.totals_acme__customers")
        seen.append(cursor.fetchall())
    exact = list(zip(*release_totals.counted(cursor, policy, policy.totals)[1], strict=True))
    assert seen[0] != seen[1] and exact not in seen


def test_the_budget_is_spent_and_then_it_is_refused_whatever_the_policy_becomes(cursor, tmp_path, catalog):
    policy = policy_of(tmp_path, catalog)
    for spent in ("0.5", "1.0"):
        budget.spend(cursor, policy, policy.totals, NOW)
        assert budget.spent(cursor, policy) == Decimal(spent)
    with pytest.raises(
        Breach, match=r"Of the 1.2 of epsilon that acme may spend on customers, 0.2 is left, and a"
    ) as no:
        release_totals.make(cursor, policy, policy.totals, NOW)
    assert "acme.yaml" in no.value.remedy
    cursor.execute("select to_regclass('sharing.totals_acme__customers')")
    assert cursor.fetchone() == (None,), "nothing is drawn"
    other = policy_of(tmp_path, catalog, columns={"age": {"band": 10}}, epsilon={"each": 0.3, "total": 0.7})
    with pytest.raises(Breach, match="0 is left"):
        budget.spend(cursor, other, other.totals, NOW)
    cheaper = replace(policy.totals, each=Decimal("0.2"))
    budget.spend(cursor, policy, cheaper, NOW)
    assert budget.spent(cursor, policy) == Decimal("1.2")
    assert budget.spent(cursor, replace(policy, partner="other")) == 0, "a budget of its own"


def test_two_publications_at_a_time_do_not_spend_the_same_rest(database, tmp_path, catalog):
    policy = policy_of(tmp_path, catalog, epsilon={"each": 0.5, "total": 0.5})
    with closing(connect(database, role=None)) as one, closing(connect(database, role=None)) as other:
        with one.transaction():
            one.execute("drop schema if exists sharing cascade; create schema sharing")
            budget.spend(one.cursor(), replace(policy, partner="before"), policy.totals, NOW)
        with one.transaction():
            budget.spend(one.cursor(), policy, policy.totals, NOW)
            with pytest.raises(psycopg.errors.LockNotAvailable), other.transaction():
                other.execute("set local lock_timeout = '100ms'")
                budget.spend(other.cursor(), policy, policy.totals, NOW)
        with pytest.raises(Breach), other.transaction():
            budget.spend(other.cursor(), policy, policy.totals, NOW)


def test_thirds_of_a_budget_add_up_to_all_of_it(cursor, tmp_path, catalog):
    policy = policy_of(tmp_path, catalog, epsilon={"each": 0.1, "total": 0.3})
    for _ in range(3):
        budget.spend(cursor, policy, policy.totals, NOW)
    with pytest.raises(Breach, match=r"0\.0 is left"):
        budget.spend(cursor, policy, policy.totals, NOW)


def test_the_contract_tells_groups_and_error_bars_and_promises_no_k(tmp_path, catalog):
    policy = policy_of(tmp_path, catalog)
    document = contract_of(policy, "share", {})
    (table,) = document["schema"]
    columns = {one["name"]: one for one in table["properties"]}
    assert list(columns) == ["age", "gender", "persons", "total_expense_sum"]
    assert columns["total_expense_sum"]["logicalType"] == "number"
    assert "; bands of 50. Both ends of a band are in it. Empty for who has none" in columns["age"]["description"]
    bars = [columns[name]["customProperties"] for name in ("persons", "total_expense_sum")]
    made = noise.noises(policy.totals)
    assert [bar["value"] for (bar,) in bars] == [made[0].error_bar, made[1].error_bar / 100]
    assert f"off by {made[0].error_bar} at most" in columns["persons"]["description"]
    assert [rule["id"] for rule in table["quality"]] == ["all_groups"] and table["quality"][0]["mustBe"] == 12
    said = {one["property"]: one["value"] for one in document["customProperties"]}
    assert (said["epsilon"], said["epsilonTotal"]) == (0.5, 1.2) and "k" not in said
    assert "Numbers may be below 0" in document["description"]["limitations"]


def test_rows_that_the_partner_got_before_are_gone(cursor, tmp_path, catalog):
    policy = policy_of(tmp_path, catalog)
    cursor.execute(_LOG)
    view = SimpleNamespace(schema="share_acme", alias="customers")
    for partner in ("acme", "other"):
        cursor.execute(f"create table sharing.release_{partner}__customers (person integer)")
        before = Release(replace(policy, partner=partner), "share_acme", "customers", 7, 7, 0, 7, 0, 0)
        log(cursor, before, ("sharing", f"release_{partner}__customers"), 1, NOW)
    release_totals.make(cursor, policy, policy.totals, NOW)
    for _ in range(2):
        made = release_totals.put_down(cursor, policy, 0, view, NOW)
    assert (made.rows, made.published) == (12, 0)
    cursor.execute(
        "select tablename from pg_tables where schemaname = 'sharing' and tablename ~ 'customers' order by 1"
    )
    assert cursor.fetchall() == [("release_other__customers",), ("totals_acme__customers",)]


def test_files_hold_numbers_with_their_scale_and_the_example_holds_none_of_them(cursor, tmp_path, catalog):
    fill(cursor, *PEOPLE)
    policy = policy_of(tmp_path, catalog)
    release_totals.make(cursor, policy, policy.totals, NOW)
    made = Release(policy, "sharing", "totals_acme__customers", 7, 7, 0, 12, 0, 0)
    bundle._data(made, cursor.connection, tmp_path / "customers")
    table = parquet.read_table(tmp_path / "customers.parquet")
    assert [str(field.type) for field in table.schema] == ["string", "string", "int64", "decimal128(38, 2)"]
    cursor.execute("select * from sharing.totals_acme__customers")
    assert sorted(zip(*table.to_pydict().values(), strict=True), key=str) == sorted(cursor.fetchall(), key=str)
    bundle._sample(made, cursor.connection, tmp_path / "sample.csv")
    lines = (tmp_path / "sample.csv").read_text().splitlines()
    assert lines[:3] == ["age,gender,persons,total_expense_sum", "0-49,F,1,10", "0-49,M,2,20"] and len(lines) == 11


def test_dbt_makes_the_view_alone(tmp_path, catalog):
    policy = policy_of(tmp_path, catalog)
    made = files(policy, Target(package="p", name="p"))
    assert list(made) == ["p/models/sharing/share_acme__customers.sql", "p/models/sharing/acme__customers.yml"]
    view, properties = made.values()
    assert "from sharing.totals_acme__customers\nwhere" in view and "date '2030-12-31'" in view
    assert "release_" not in view + properties and "sharing.key" not in view
    assert unity_catalog([policy], Target()) == {}
