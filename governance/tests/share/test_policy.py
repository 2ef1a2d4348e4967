"""Policies: deny by default, and everything that is wrong in a file is told in one run, with its line."""

import re
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.contract.classifications import classifications
from c360.errors import Breach
from c360.generate.target import Target
from c360.share.models import files
from c360.share.policy import findings, policies

ROOT = Path(__file__).parents[3]
LEVELS = classifications()
TODAY = date(2026, 3, 1)
GOOD = {
    "partner": "acme", "product": "customers", "version": "2.0.0", "purpose": "A study.", "legal_basis": "Consent.",
    "until": "2030-12-31", "contact": "#acme",
    "columns": {"id": "pseudonym", "age": {"band": [10, 20]}, "total_expense": {"band": 500}},
}  # fmt: skip


@pytest.fixture(scope="module")
def catalog():
    return Catalog.of(find_contracts(ROOT / "contracts"))


def write(folder, name="acme", **changes):
    said = {key: value for key, value in (GOOD | changes).items() if value is not None}
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(said, sort_keys=False))
    return folder


def columns(**changes):
    return {key: value for key, value in (GOOD["columns"] | changes).items() if value is not None}


def told(folder, catalog):
    return [what for _, _, _, what in findings(folder, catalog, LEVELS, TODAY)]


def test_ours_are_sound(catalog):
    ours = policies(ROOT / "governance/policies/partners", catalog, LEVELS)
    assert {policy.partner for policy in ours} == {"harbour_media", "southern_insight"}
    assert len({tuple(s.column.name for s in policy.columns) for policy in ours}) == 2


def test_another_source_of_people_leaves_it_plain_who_stands_in_a_product(tmp_path):
    text = (ROOT / "contracts/sources/contacts/1.0.0.odcs.yaml").read_text().replace("contacts", "people")
    folder = tmp_path / "contracts"
    shutil.copytree(ROOT / "contracts", folder)
    (folder / "sources/people").mkdir()
    (folder / "sources/people/1.0.0.odcs.yaml").write_text(text)
    both = Catalog.of(find_contracts(folder))
    assert told(write(tmp_path / "policies"), both) == []
    assert policies(tmp_path / "policies", both, LEVELS)[0].person == "id"


def test_a_canary_needs_values_that_can_be_compared(tmp_path):
    folder = tmp_path / "contracts"
    shutil.copytree(ROOT / "contracts", folder)
    newest = folder / "products/customers/2.0.0.odcs.yaml"
    gender = re.compile(r"(name: gender\n.*\n.*\n +physicalType:) text\n( +classification:) pii_indirect")
    text, times = gender.subn(r"\1 json\n\2 public", newest.read_text())
    assert times == 1
    newest.write_text(text)
    catalog = Catalog.of(find_contracts(folder))
    assert told(write(tmp_path / "policies", columns=columns(gender="as_is")), catalog) == []
    for more in ({"canaries": 2}, {"pseudonyms": {"releases": 2}}):
        (what,) = told(write(tmp_path / "policies", columns=columns(gender="as_is"), **more), catalog)
        assert what.startswith("gender is json, whose values nobody can compare")


def test_what_is_silent_holds_by_default(tmp_path, catalog):
    (policy,) = policies(write(tmp_path), catalog, LEVELS)
    assert (policy.k, policy.diversity.told, policy.sensitive, policy.person) == (11, "", None, "id")
    assert policy.window == 1 and not policy.linked, "releases cannot be linked"
    assert [s.column.name for s in policy.columns] == ["id", "age", "total_expense"], "nothing else is shared"
    assert policies(tmp_path / "none", catalog, LEVELS) == []


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"partner": "Acme; drop schema raw"}, "partner is no name"),
        ({"partner": "a" * 32}, "partner is no name"),
        ({"partner": None}, "partner is missing"),
        ({"purpose": None}, "purpose is missing"),
        ({"legal_basis": ""}, "legal_basis is no text"),
        ({"until": "soon"}, "until is no day"),
        ({"k": 2}, "k is no whole number from 3 on"),
        ({"k": True}, "k is no whole number from 3 on"),
        ({"surprise": 1}, "'surprise' means nothing in a policy"),
        ({"product": "nobody"}, "there is no product 'nobody'"),
        ({"product": "contacts"}, "there is no product 'contacts'"),
        ({"product": "transactions_enriched", "version": "1.0.0"}, "transactions_enriched is not one row a person"),
        ({"version": "1.1.0"}, "customers is 2.0.0, not '1.1.0'"),
        ({"columns": None}, "columns is missing"),
        ({"columns": ["id"]}, "columns is no mapping"),
        ({"columns": columns(mail="as_is")}, "customers has no column 'mail'"),
        ({"columns": columns(gender="as_is")}, "gender is pii_indirect: only public goes out as it is"),
        ({"columns": columns(id="as_is")}, "id is confidential: only public goes out as it is"),
        ({"columns": columns(age="pseudonym")}, "age is no person's id"),
        ({"columns": columns(id={"band": 10})}, "id is a person's id: share it as a pseudonym"),
        ({"columns": columns(age="hash")}, "how age is shared is none of pseudonym, suppress, as_is"),
        ({"columns": columns(age={"band": 10, "round": 10})}, "how age is shared is none of"),
        ({"columns": columns(age={"band": [20, 10]})}, "band is for numbers, and takes one or two widths"),
        ({"columns": columns(age={"band": [10, 25]})}, "band is for numbers, and takes one or two widths"),
        ({"columns": columns(age={"band": "10); drop table x"})}, "band is for numbers"),
        ({"columns": columns(gender={"band": 10})}, "gender is string, pii_indirect"),
        ({"columns": columns(first_purchase_at={"truncate": "second"})}, "truncate is for times"),
        ({"columns": columns(age={"region": "state"})}, "region is for an address"),
        ({"pseudonyms": "never"}, "pseudonyms is neither release nor {releases: N}, N from 2 to 24"),
        ({"pseudonyms": {"releases": 1}}, "pseudonyms is neither release"),
        ({"pseudonyms": {"releases": 25}}, "pseudonyms is neither release"),
        ({"pseudonyms": {"releases": True}}, "pseudonyms is neither release"),
        ({"pseudonyms": {"releases": 2, "more": 1}}, "pseudonyms is neither release"),
        ({"columns": {"id": "pseudonym"}}, "no column is generalised but the sensitive one"),
        (
            {"columns": {"id": "pseudonym", "total_expense": {"band": 2}}, "sensitive": "total_expense", "l": 2},
            "no column is generalised but the sensitive one",
        ),
        ({"l": 3}, "l is about a sensitive column, and none is named"),
        ({"sensitive": "gender", "l": 3}, "'gender' is none of the columns that are generalised"),
        ({"sensitive": "total_expense", "l": 1}, "l is no whole number from 2 on"),
        ({"sensitive": "total_expense"}, "a sensitive column needs an l"),
        ({"sensitive": "total_expense", "l": 12}, "l is beyond k, which is 11"),
        ({"sensitive": "total_expense", "l": {"entropy": 11.5}}, "l is beyond k, which is 11"),
        ({"sensitive": "total_expense", "l": {"entropy": 1}}, "an entropy l is no number above 1"),
        ({"sensitive": "total_expense", "l": {"entropy": float("nan")}}, "an entropy l is no number above 1"),
        ({"sensitive": "total_expense", "l": {"entropy": 2, "recursive": {}}}, "l is none of 3, {entropy: 2.5}"),
        ({"sensitive": "total_expense", "l": {"probabilistic": 3}}, "l is none of 3, {entropy: 2.5}"),
        ({"sensitive": "total_expense", "l": {"recursive": 3}}, "recursive has an l and a c"),
        ({"sensitive": "total_expense", "l": {"recursive": {"l": 3, "c": 0}}}, "c is no number above 0"),
        ({"sensitive": "total_expense", "l": {"recursive": {"l": 3, "c": "1); drop"}}}, "c is no number above 0"),
        ({"sensitive": "total_expense", "l": {"recursive": {"l": 2.5, "c": 2}}}, "l is no whole number from 2 on"),
        ({"sensitive": "total_expense", "l": {"recursive": {"l": 12, "c": 2}}}, "l is beyond k, which is 11"),
        ({"sensitive": "total_expense", "t": 1}, "t is no number between 0 and 1"),
        ({"sensitive": "total_expense", "t": -0.1}, "t is no number between 0 and 1"),
        ({"sensitive": "total_expense", "t": True}, "t is no number between 0 and 1"),
        ({"t": 0.3}, "t is about a sensitive column, and none is named"),
        (
            {"sensitive": "total_expense", "t": 0.3, "pseudonyms": {"releases": 2}},
            "none would hold a t for long: write pseudonyms: release",
        ),
    ],
)  # fmt: skip
def test_each_rule_is_told(tmp_path, catalog, changes, what):
    assert any(what in one for one in told(write(tmp_path, **changes), catalog)), told(tmp_path, catalog)
    with pytest.raises(Breach, match=r"acme\.yaml:\d+: "):
        policies(tmp_path, catalog, LEVELS)


def test_all_of_it_is_told_at_once_with_lines(tmp_path, catalog):
    write(tmp_path, k=1, until="x", columns=columns(gender="as_is"))
    found = list(findings(tmp_path, catalog, LEVELS, TODAY))
    lines = (tmp_path / "acme.yaml").read_text().splitlines()
    assert {lines[line - 1].split(":")[0].strip() for _, line, _, _ in found} == {"k", "until", "gender"}


def test_what_is_no_yaml_is_told(tmp_path, catalog):
    (tmp_path / "acme.yaml").write_text("partner: [")
    assert len(told(tmp_path, catalog)) == 1


def test_a_last_day_that_is_over_is_told_and_stops_no_withdrawal(tmp_path, catalog):
    for until, over in ((TODAY, False), (TODAY - timedelta(days=1), True)):
        found = told(write(tmp_path, until=str(until)), catalog)
        assert [what.startswith(f"{until} is over") for what in found] == [True] * over
        assert len(policies(tmp_path, catalog, LEVELS)) == 1


@pytest.mark.parametrize("name", ["acme.yml", "acme.YAML", "below/acme.yaml", "below/further/acme.yml"])
def test_every_yaml_file_is_read(tmp_path, catalog, name):
    write(tmp_path)
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "acme.yaml").rename(tmp_path / name)
    assert [policy.partner for policy in policies(tmp_path, catalog, LEVELS)] == ["acme"]
    write(tmp_path, "other", partner="other", k=1)
    (tmp_path / "other.yaml").rename((tmp_path / name).with_stem("other"))
    assert any("k is no whole number" in what for what in told(tmp_path, catalog))


def test_one_partner_gets_a_product_once(tmp_path, catalog):
    write(tmp_path)
    write(tmp_path, "again")
    assert told(tmp_path, catalog) == ["acme gets customers by acme.yaml too: keep one"]
    with pytest.raises(Breach, match="acme gets customers by another file too"):
        policies(tmp_path, catalog, LEVELS)


def test_what_one_partner_gets_has_the_same_pseudonyms_everywhere(tmp_path, catalog):
    write(tmp_path, pseudonyms={"releases": 6})
    for name, pseudonyms, agrees in (("same", {"releases": 6}, True), ("other", None, False)):
        changes = {"product": "next_best_category", "pseudonyms": pseudonyms}
        found = told(write(tmp_path, name, **changes), catalog)
        said = [what for what in found if what.startswith("acme has one key")]
        assert said == ["acme has one key, and acme.yaml says otherwise: write the same into both"] * (not agrees)
        (tmp_path / f"{name}.yaml").unlink()


def test_a_column_that_is_suppressed_stands_in_no_model(tmp_path, catalog):
    (policy,) = policies(write(tmp_path, columns=columns(gender="suppress")), catalog, LEVELS)
    made = files(policy, Target(package="p", name="p"))
    assert not [path for path, text in made.items() if "gender" in text]


def test_text_of_a_policy_runs_nothing(tmp_path, catalog):
    (policy,) = policies(write(tmp_path, purpose="{{ run_query('drop') }} #} -- ' \""), catalog, LEVELS)
    made = files(policy, Target(package="p", name="p"))
    sql = "".join(text for path, text in made.items() if path.endswith(".sql"))
    assert "run_query" not in sql
    properties = made["p/models/sharing/acme__customers.yml"]
    assert "{{ run_query" not in properties.replace("{{ '{{' }}", "")
