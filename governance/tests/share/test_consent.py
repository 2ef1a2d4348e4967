"""Consent: nobody is in a release who has not agreed, and a policy that would let somebody in does not lint."""

import shutil
from contextlib import closing

import pytest
import yaml

from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.contract.classifications import classifications
from c360.database import connect
from c360.generate.target import Target
from c360.share.contract import contract_of
from c360.share.models import files
from c360.share.policy import policies
from governance.tests.generate.filled_in import filled_in
from governance.tests.share.test_policy import ROOT, columns, told, write

K = 3
CONSENTS = {
    "apiVersion": "v3.2.0", "kind": "DataContract", "id": "consents", "name": "consents", "version": "1.0.0",
    "status": "active", "description": {"purpose": "Who agreed to what."},
    "servers": [{"server": "raw", "type": "postgres", "host": "localhost", "port": 5432, "database": "postgres",
                 "schema": "raw"}],
    "customProperties": [{"property": "sourceSystem", "value": "web"}],
    "schema": [{
        "name": "consents", "logicalType": "object", "physicalType": "table", "properties": [
            {"name": "contact_id", "logicalType": "string", "physicalType": "uuid", "required": True,
             "classification": "confidential", "primaryKey": True, "primaryKeyPosition": 1},
            {"name": "purpose", "logicalType": "string", "physicalType": "text", "required": True,
             "classification": "public", "primaryKey": True, "primaryKeyPosition": 2},
            {"name": "given", "logicalType": "boolean", "physicalType": "boolean", "classification": "public"},
            {"name": "times", "logicalType": "integer", "physicalType": "integer", "classification": "public"},
        ],
    }],
}  # fmt: skip
ONLY = {"dataset": "consents", "person": "contact_id", "where": {"purpose": "campaigns", "given": True}}
BANDS = columns(age={"band": 10}, total_expense=None)


@pytest.fixture(scope="module")
def catalog(tmp_path_factory):
    folder = tmp_path_factory.mktemp("consents") / "contracts"
    shutil.copytree(ROOT / "contracts", folder)
    (folder / "sources/consents").mkdir()
    (folder / "sources/consents/1.0.0.odcs.yaml").write_text(yaml.safe_dump(CONSENTS, sort_keys=False))
    return Catalog.of(find_contracts(folder))


def policy_of(folder, catalog, **said):
    (policy,) = policies(write(folder, k=K, **said), catalog, classifications())
    return policy


def released(database, policy, consents):
    """Of eight persons, four of ten years and four of twenty, who is published; `consents`: (id, purpose, given)."""
    with closing(connect(database)) as connection, connection.transaction(force_rollback=True):
        cursor = connection.cursor()
        cursor.execute("drop schema if exists sharing cascade; create schema sharing")
        cursor.execute("create table sharing.key as select 'acme' as partner, 1 as version")
        cursor.execute("create temp table customers (id integer, age integer, gender text)")
        cursor.executemany(
            "insert into customers values (%s, %s, %s)", [(n, 10 + n // 5 * 10, "FM"[n % 2]) for n in range(1, 9)]
        )
        cursor.execute("create temp table consents (contact_id integer, purpose text, given boolean)")
        cursor.executemany("insert into consents values (%s, %s, %s)", consents)
        cursor.execute(filled_in(policy))
        names = [column.name for column in cursor.description]
        return sorted(dict(zip(names, row, strict=True))["person"] for row in cursor.fetchall())


def test_who_did_not_agree_is_in_no_release_and_counts_for_no_k(database, tmp_path, catalog):
    policy = policy_of(tmp_path, catalog, columns=BANDS, only_where=ONLY)
    agreed = [(n, "campaigns", True) for n in range(1, 9)]
    assert released(database, policy, agreed) == list(range(1, 9))
    assert released(database, policy, [*agreed[:7], (8, "campaigns", False)]) == [1, 2, 3, 4, 5, 6, 7], "withdrawn"
    others = [(7, "research", True), (8, "campaigns", None), (None, "campaigns", True)]
    assert released(database, policy, [*agreed[:6], *others]) == [1, 2, 3, 4], "5 and 6 would be two"
    assert released(database, policy, []) == []


def test_a_column_of_the_product_tells_as_well(database, tmp_path, catalog):
    policy = policy_of(tmp_path, catalog, columns=BANDS, only_where={"where": {"gender": "F"}})
    assert released(database, policy, []) == [], "two of each age"
    policy = policy_of(tmp_path, catalog, columns=columns(age={"band": 100}, total_expense=None),
                       only_where={"where": {"gender": "F"}})  # fmt: skip
    assert released(database, policy, []) == [2, 4, 6, 8]


def test_the_partner_reads_who_is_in_it(tmp_path, catalog):
    policy = policy_of(tmp_path, catalog, only_where=ONLY)
    limitations = contract_of(policy, "share", {})["description"]["limitations"]
    assert limitations.startswith("Only persons of whom purpose is campaigns and given is true are in it. Groups")


def test_a_value_runs_nothing(database, tmp_path, catalog):
    hostile = "{{ run_query('drop') }}' or 'a' = 'a"
    policy = policy_of(
        tmp_path, catalog, columns=BANDS, only_where={**ONLY, "where": {"purpose": hostile, "given": True}}
    )
    (sql,) = (t for p, t in files(policy, Target(name="p")).items() if p.endswith("release_acme__customers.sql"))
    assert "{{ run_query" not in sql
    agreed = [(n, hostile, True) for n in range(1, 5)]
    assert released(database, policy, [*agreed, *((n, "a", True) for n in range(5, 9))]) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("said", "what"),
    [
        (True, "only_where has no mapping where"),
        ({"where": {}}, "only_where has no mapping where"),
        ({**ONLY, "purpose": "x"}, "'purpose' means nothing in only_where"),
        ({**ONLY, "dataset": "consent"}, "'consent'"),
        ({"person": "contact_id", "where": {"gender": "F"}}, "None"),
        ({**ONLY, "person": "id"}, "consents has no column 'id'"),
        ({**ONLY, "person": None}, "consents has no column 'None'"),
        ({**ONLY, "person": "purpose"}, "purpose is text, and id is uuid"),
        ({**ONLY, "where": {"given": True}}, "consents may have several rows a person"),
        ({**ONLY, "dataset": "transactions"}, "transactions may have several rows a person"),
        ({**ONLY, "where": {"purpose": "campaigns", "given": "yes"}}, "given is boolean, and 'yes' is none"),
        ({**ONLY, "where": {"purpose": "campaigns", "times": True}}, "times is integer, and 'True' is none"),
        ({**ONLY, "where": {"purpose": None}}, "purpose is string, and 'None' is none"),
        ({**ONLY, "where": {"purpose": "campaigns", "agreed": True}}, "consents has no column 'agreed'"),
        ({**ONLY, "dataset": "transactions", "where": {"category": "X"}}, "category is one of "),
        ({"where": {"consent": True}}, "customers has no column 'consent'"),
    ],
)  # fmt: skip
def test_each_rule_is_told(tmp_path, catalog, said, what):
    found = told(write(tmp_path, only_where=said), catalog)
    assert any(what in one for one in found), found


def test_a_withdrawn_consent_does_not_stay_in_a_window(tmp_path, catalog):
    (what,) = told(write(tmp_path, only_where=ONLY, pseudonyms={"releases": 3}), catalog)
    assert what.startswith("within a window who leaves stays")
