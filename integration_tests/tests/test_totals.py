"""Totals over a real Postgres, by the policy of the guide: two publications are paid for, and the third is refused."""

import json
import re
import sys
from dataclasses import replace
from decimal import Decimal
from unittest import mock

import pytest
from psycopg import OperationalError

from governance.tests.workplace import NOW
from integration_tests.project_copy import ROOT, copy_project
from integration_tests.tests.test_share import as_partner, build, connect_as, people, publish

PARTNER = "city_statistics"
VIEW, TABLE = f"analytics_share_{PARTNER}.customers", f"sharing.totals_{PARTNER}__customers"
AGES = {34: 60, 45: 30, 52: 6, 81: 3}
BANDS = {"20-39": 60, "40-59": 36, "80-99": 3}


@pytest.fixture(scope="module")
def totals(shared_workplace, make, tmp_path_factory):
    """The project with the policy of the guide, and a budget for two publications; its policy file; published once."""
    shared_workplace.reset()
    project = copy_project(tmp_path_factory.mktemp("totals") / "project")
    guide = (ROOT / "docs/partners.md").read_text()
    (text,) = (block for block in re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL) if "share: totals" in block)
    policy = project / "governance/policies/partners/city_statistics.yaml"
    assert text.count("total: 6.0") == 1
    policy.write_text(text.replace("total: 6.0", "total: 1.0"))
    settings = replace(shared_workplace.settings, root=project, home=tmp_path_factory.mktemp("home"))
    workplace = replace(shared_workplace, settings=settings)
    for verb in ("lint", "generate"):
        done = workplace.c360(verb)
        assert done.code == 0, done.out + done.err
    build(workplace, make, people(make, AGES))
    done = publish(workplace, PARTNER)
    assert done.code == 0, done.out + done.err
    assert "customers: 0.5 of 1.0 of epsilon is spent." in done.err
    return workplace, policy


def bundle(workplace):
    return workplace.settings.site / "partners" / PARTNER / "customers"


def spent(workplace):
    return workplace.sql("select coalesce(sum(epsilon), 0) from sharing.spent where partner = %s", PARTNER)[0][0]


def test_the_partner_reads_totals_that_are_near_the_truth_and_nothing_else(totals):
    workplace, _ = totals
    found = {age: (persons, ages) for age, persons, ages in as_partner(workplace, f"select * from {VIEW}", PARTNER)}
    assert set(found) == {*(f"{n}-{n + 19}" for n in range(0, 140, 20)), None}, "those of the contract, empty or not"
    for age, (persons, ages) in found.items():
        assert abs(persons - BANDS.get(age, 0)) < 100, "beyond that once in 10^11"
        assert (
            abs(
                ages
                - sum(
                    years * times
                    for years, times in AGES.items()
                    if age and years // 20 == int(age.split("-")[0]) // 20
                )
            )
            < 100 * 130
        )
    for table in (TABLE, "sharing.spent", "sharing.release", "analytics.customers_v2"):
        assert as_partner(workplace, f"select * from {table}", PARTNER) == "42501"
    assert workplace.c360("access", "--check").code == 0


def test_no_key_is_made_for_who_gets_totals(totals):
    workplace, _ = totals
    assert workplace.sql("select count(*) from sharing.key where partner = %s", PARTNER) == [(0,)]


def test_the_bundle_says_what_it_cost_and_how_far_numbers_are_off(totals):
    from datacontract.data_contract import DataContract
    from pyarrow import parquet

    from c360.database import libpq_env
    from c360.database.shell import exported

    workplace, _ = totals
    folder = bundle(workplace)
    assert workplace.c360("publish", "--check", folder).code == 0
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["epsilon"] == {"each": 0.5, "total": 1.0, "spent": float(spent(workplace))}
    assert manifest["rows"] == 8 and not {"k", "pseudonyms", "held_back"} & set(manifest)
    assert (folder / "customers.csv").read_text().splitlines()[0] == "age,persons,age_sum"
    assert len((folder / "sample.csv").read_text().splitlines()) == 9
    assert [str(field.type) for field in parquet.read_schema(folder / "customers.parquet")] == [
        "string",
        "int64",
        "int64",
    ]
    text = (folder / "customers.odcs.yaml").read_text()
    assert "In 95% of all cases it is off by 12 at most." in text and "errorBar" in text
    with exported(libpq_env(workplace.settings)):
        run = DataContract(data_contract_str=text, server="view").test()
        fewer = DataContract(data_contract_str=text.replace("mustBe: 8", "mustBe: 9"), server="view").test()
    assert run.result == "passed" and [one.qualityId for one in fewer.checks if one.result == "failed"] == [
        "all_groups"
    ]


def test_on_the_day_after_its_last_the_view_shows_nothing(totals):
    workplace, _ = totals
    ((text,),) = workplace.sql(f"select pg_get_viewdef('{VIEW}'::regclass)")
    assert text.count("'2030-12-31'::date") == 1
    for day, rows in (("'2100-01-01'::date", 8), ("(now() at time zone 'UTC')::date - 1", 0)):
        query = text.rstrip(";").replace("'2030-12-31'::date", day)
        assert workplace.sql(f"select count(*) from ({query}) as v") == [(rows,)]


def test_without_opendp_it_says_what_to_install_and_costs_nothing(totals):
    workplace, _ = totals
    before = spent(workplace)
    with mock.patch.dict(sys.modules, {"opendp": None, "opendp.prelude": None}):
        done = publish(workplace, PARTNER)
    assert done.code == 2 and "This needs opendp, which is not installed." in done.err
    assert "pip install 'customer360-governance[totals]'" in done.err
    assert spent(workplace) == before


def test_a_budget_that_is_gone_is_refused_and_nothing_gives_it_back(totals):
    workplace, policy = totals
    first = as_partner(workplace, f"select * from {VIEW}", PARTNER)
    assert publish(workplace, PARTNER).code == 0
    second = as_partner(workplace, f"select * from {VIEW}", PARTNER)
    assert first != second and spent(workplace) == Decimal("1.0"), "the same data, and noise and cost anew"
    ((person,),) = workplace.sql("select id::text from raw.contacts order by id desc limit 1")
    assert workplace.c360("forget", person, "--by", "ada", "--yes").code == 0
    for verb in (["build", "--resource-type", "model"], ["verify"]):
        done = workplace.c360(*verb, "--as-of", NOW)
        assert done.code == 0, done.out + done.err
    policy.write_text(
        policy.read_text()
        .replace("band: 20", "band: 40")
        .replace("version: 2", "contract_version: 2.0.0\nversion: 2", 1)
    )
    assert workplace.c360("generate").code == 0
    refused = publish(workplace, PARTNER)
    assert refused.code == 1, refused.out + refused.err
    assert f"Of the 1.0 of epsilon that {PARTNER} may spend on customers, 0.0 is left, and a publication costs 0.5" in (
        refused.err
    )
    assert as_partner(workplace, f"select * from {VIEW}", PARTNER) == second and spent(workplace) == Decimal("1.0")
    policy.write_text(policy.read_text().replace("total: 1.0", "total: 1.5"))
    done = publish(workplace, PARTNER)
    assert done.code == 0, done.out + done.err
    found = as_partner(workplace, f"select age from {VIEW} order by 1", PARTNER)
    assert found == [("0-39",), ("120-159",), ("40-79",), ("80-119",), (None,)], "the policy as it is now"


def test_who_may_not_have_them_any_more_has_them_no_more_and_what_was_spent_stays(totals):
    workplace, policy = totals
    before = spent(workplace)
    policy.unlink()
    done = publish(workplace, PARTNER)
    assert done.code == 0 and f"Withdrawn: {PARTNER} gets customers no more" in done.out, done.out + done.err
    assert workplace.sql(f"select to_regclass('{VIEW}'), to_regclass('{TABLE}')") == [(None, None)]
    with pytest.raises(OperationalError, match="not permitted to log in"):
        connect_as(workplace, PARTNER)
    assert not (bundle(workplace) / "customers.csv").exists() and spent(workplace) == before > 0
