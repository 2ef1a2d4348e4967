"""What Unity Catalog is told of a partner: SQL that parses, in which no key stands and no text can act."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.contract.classifications import classifications
from c360.generate.target import Target
from c360.share.policy import policies
from c360.share.unity_catalog import files

ROOT = Path(__file__).parents[3]
NAME = r"(?:[a-z_][a-z0-9_]*|`(?:[^`]|``)+`)"
PLACE = rf"{NAME}(?:\.{NAME})*"
TEXT = r"'(?:[^'\\]|\\.)*'"
STATEMENTS = (  # of the manual of Databricks SQL; sqlglot takes them for commands, whatever they hold
    rf"alter table {PLACE} set row filter {PLACE} on \({NAME}\)",
    rf"alter table {PLACE} alter column {NAME} set mask {PLACE}",
    rf"create share if not exists {NAME} comment {TEXT}",
    rf"alter share {NAME} add table {PLACE} as {NAME}\.{NAME}",
    rf"alter share {NAME} remove table {NAME}\.{NAME}",
    rf"create recipient if not exists {NAME} comment {TEXT}",
    rf"grant select on share {NAME} to recipient {NAME}",
    rf"revoke select on share {NAME} from recipient {NAME}",
)
HOSTILE = "'; drop share c360_acme; -- \\' {{ var('x') }}"


@pytest.fixture(scope="module")
def ours():
    catalog = Catalog.of(find_contracts(ROOT / "contracts"))
    return policies(ROOT / "governance/policies/partners", catalog, classifications())


def statements(sql):
    """Each line that is no remark, and what sqlglot makes of it."""
    lines = [line.removesuffix(";") for line in sql.splitlines() if line and not line.startswith("--")]
    return [(line, sqlglot.parse_one(line, read="databricks")) for line in lines]


def remarks(sql):
    return [line.removeprefix("-- ").removesuffix(";") for line in sql.splitlines() if line.startswith("-- ")]


def test_everything_parses(ours):
    written = files(ours, Target())
    assert set(written) == {f"dbt_package/unity_catalog/{policy.partner}.sql" for policy in ours}
    for sql in written.values():
        kinds = [type(tree) for line, tree in statements(sql) if not any(re.fullmatch(s, line) for s in STATEMENTS)]
        assert set(kinds) == {exp.Create, exp.Insert}, "the rest is as the manual has it"
        dropped = [line for line in remarks(sql) if line.startswith(("alter share", "drop", "revoke"))]
        assert len(dropped) == 4, "how to withdraw it"
        for line in dropped:
            known = any(re.fullmatch(statement, line) for statement in STATEMENTS)
            assert known or isinstance(sqlglot.parse_one(line, read="databricks"), exp.Drop), line


def test_nobody_else_reads_keys_or_the_product_and_the_share_has_neither_filter_nor_mask(ours):
    for policy in ours:
        lines = [line for line, _ in statements(files([policy], Target()).popitem()[1])]
        assert (
            "alter table customer360.sharing.key set row filter customer360.sharing.is_transformer on (partner)"
            in lines
        )
        masked = {
            m[1] for line in lines if (m := re.match(r"alter table \S+customers_v2 alter column (\S+) set", line))
        }
        assert masked == {column.physical_name for column in policy.dataset.columns}
        made = {m[1] for line in lines if (m := re.match(r"create or replace function (\S+?)\(", line))}
        used = {line.split()[-1] for line in lines if " set mask " in line}
        assert used == made - {"customer360.sharing.is_transformer"}
        guarded = " ".join(line for line in lines if " set mask " in line or " set row filter " in line)
        assert "release" not in guarded and "share_" not in guarded
        (shared,) = [line for line in lines if " add table " in line]
        assert f"customer360.analytics_share_{policy.partner}.customers as {policy.partner}.customers" in shared


def test_what_is_public_is_not_masked(ours):
    (age,) = [shared for shared in ours[0].columns if shared.name == "age"]
    policy = replace(ours[0], columns=(replace(age, how="as_is", ladder=None),))
    sql = files([policy], Target()).popitem()[1]
    assert "alter column age set mask" not in sql and "alter column id set mask" in sql


def test_no_text_of_a_policy_or_a_contract_acts(ours):
    policy = ours[0]
    column = replace(policy.dataset.columns[0], name="x`y", physical_name="x`; drop table a; --")
    dataset = replace(policy.dataset, columns=(column,))
    servers = [{"type": "databricks", "catalog": "a`b; drop schema c", "schema": "d.e"}]
    contract = replace(policy.contract, document={"servers": servers})
    bad = replace(policy, purpose=HOSTILE, contact=HOSTILE, dataset=dataset, contract=contract, path=Path("a\nb.yaml"))
    sql = files([bad], Target()).popitem()[1]
    kinds = [type(tree) for line, tree in statements(sql) if not any(re.fullmatch(s, line) for s in STATEMENTS)]
    assert len(kinds) == 5 and set(kinds) == {exp.Create, exp.Insert}
    assert "`a``b; drop schema c`.sharing.key" in sql and "`a``b; drop schema c`.`d.e`.customers" in sql
    assert "alter column `x``; drop table a; --` set mask" in sql


def test_a_product_that_is_not_on_databricks_has_no_file(ours):
    contract = replace(ours[0].contract, document={"servers": [{"type": "postgres", "schema": "analytics"}]})
    assert files([replace(ours[0], contract=contract)], Target()) == {}
