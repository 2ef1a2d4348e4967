"""On a real Spark session: everything builds, every mart equals the one on Postgres, and a difference is reported."""

import json
import os
import re
import subprocess
import sys
import warnings
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from project_copy import ROOT, add_category, copy_project

from c360.clause.dialect import DATABRICKS, POSTGRES
from c360.database import libpq_env
from c360.model import Column
from c360.share.ladder import LADDERS
from c360.share.unity_catalog import hmac_pads
from integration_tests.shop.deliver import deliver
from integration_tests.tests.test_share import VECTORS

pytestmark = pytest.mark.spark

PARTNERS = ("harbour_media", "southern_insight")
AS_OF = "2026-03-01T12:00:00Z"
NO_JAVA = 3
ENVIRONMENT = ROOT / "integration_tests/spark_environment.py"
PYTHON = ROOT / "integration_tests/.spark-venv/bin/python"
CUSTOMERS, PURCHASES = 400, 300
LOGICAL = {
    "integer": "integer", "numeric(14,2)": "number", "timestamptz": "timestamp", "date": "date", "text": "string",
}  # fmt: skip
MARTS = {
    "analytics.customers": CUSTOMERS,
    "analytics.customers_v2": CUSTOMERS,
    "analytics.next_best_category": 7 * CUSTOMERS,
    "analytics.next_best_category_evaluation": 3,
    "analytics.transactions_enriched": PURCHASES,
}

DRIVER = "spark_driver.py"
LINE = re.compile(r"^([a-z][\w.]+) +(\d+) +(\d+) +(\d+) +(\d+)  (.+)$", re.MULTILINE)


@pytest.fixture
def spark_python():
    made = subprocess.run([sys.executable, ENVIRONMENT, "--java"], capture_output=True, text=True)
    if made.returncode == NO_JAVA:
        warnings.warn(f"test_spark.py is skipped. {made.stderr.strip()}", stacklevel=2)
        pytest.skip(made.stderr.strip())
    assert made.returncode == 0, made.stdout + made.stderr
    return PYTHON


# One test for one session: it takes a minute to start and to build, more on a busy machine.
def test_every_mart_is_equal_on_both_engines_and_a_difference_is_reported(workplace, spark_python, tmp_path):
    project = copy_project(tmp_path / "project")
    add_category(project)  # so that the new column is there on Spark too, by the contract alone
    copy = replace(workplace, settings=replace(workplace.settings, root=project))
    policy = project / "governance/policies/partners" / f"{PARTNERS[1]}.yaml"
    fewer = policy.read_text().replace("k: 20", "k: 11").replace("l: 3", "l: 2").replace("{band: 250}", "{band: 25}")
    policy.write_text(fewer)  # of so few people hardly any spend alike
    assert copy.c360("generate").code == 0
    out = tmp_path / "made"
    deliver(out, CUSTOMERS, PURCHASES, datetime.fromisoformat(AS_OF), seed=5)
    for dataset in ("contacts", "transactions"):
        assert copy.ingest(dataset, out / f"{dataset}.csv", as_of=AS_OF).code == 0
    for partner in PARTNERS:
        assert copy.c360("keys", "create", partner).code == 0
    assert copy.c360("keys", "rotate", PARTNERS[0]).code == 0
    copy.sql("update raw.transactions set category = 'Home & Garden' where category = 'Books' and amount > 10")

    for sql, expected in cases(POSTGRES):
        assert copy.sql(f"select {sql}") == [(expected,)], sql
    tests = project / "integration_tests"
    (tests / "dbt_packages").mkdir()
    (tests / "dbt_packages/customer360").symlink_to(project / "dbt_package")
    done = subprocess.run(
        [spark_python, tests / DRIVER, AS_OF, json.dumps([*cases(DATABRICKS), *pad_cases()])],
        cwd=tests,
        env=os.environ | libpq_env(copy.settings),
        capture_output=True,
        text=True,
        timeout=800,
    )
    said = f"{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
    assert done.returncode == 0, said
    equal, again, damaged, _ = re.split(r"Every mart is equal row for row\.|The engines differ\.", done.stdout)
    assert "The engines differ." in done.stdout, "the damage is reported"

    sizes = dict(MARTS)
    for partner in PARTNERS:  # half of the people or more, by either step
        place = f"analytics_sharing.release_{partner}__customers"
        ((rows, steps),) = copy.sql(f"select count(*), count(distinct step) from first_{partner}")
        sizes |= dict.fromkeys((place, f"analytics_share_{partner}.customers"), rows)
        assert rows > CUSTOMERS / 2 and steps == 2
        assert compared(again)[place][2:] == (0, 0, "nothing"), said
        before, after = (f"table {release}" for release in (f"first_{partner}", place))
        moved = f"({before} except {after}) union all ({after} except {before})"
        assert copy.sql(f"select count(*) >= 11 from ({moved})") == [(True,)], "the second release is another one"
    assert compared(equal) == {place: (rows, rows, 0, 0, "nothing") for place, rows in sizes.items()}, said
    found = compared(damaged)
    assert {place: found[place] for place in MARTS} == {
        "analytics.customers": (CUSTOMERS, CUSTOMERS, 1, 1, "home_and_garden_amount"),
        "analytics.customers_v2": (CUSTOMERS, CUSTOMERS, 1, 1, "home_and_garden_amount"),
        "analytics.next_best_category": (
            7 * CUSTOMERS - 1, 7 * CUSTOMERS, 0, 1, "customer_id, rank, category, score, reason, is_fallback",
        ),
        "analytics.next_best_category_evaluation": (3, 3, 1, 1, "mrr"),
        "analytics.transactions_enriched": (PURCHASES, PURCHASES, 1, 1, "transaction_date"),
    }, said  # fmt: skip
    assert copy.sql("select sum(home_and_garden_amount) > 1 from analytics.customers_v2") == [(True,)]


def cases(dialect):
    """[SQL, its value] of what shares are made of, the same on both engines whatever the zone of the session."""
    hexadecimal = {POSTGRES: "decode('%s', 'hex')", DATABRICKS: "unhex('%s')"}[dialect]
    found = []
    for key, message, expected in VECTORS:
        pads = (bytes(byte ^ pad for byte in key.ljust(64, b"\0")) for pad in (0x36, 0x5C))
        found.append((dialect.hmac(*(hexadecimal % part.hex() for part in (*pads, message))), expected))
    instant = "timestamp{} '2024-12-31 23:30:00+00:00'".format("tz" if dialect is POSTGRES else "")
    for ladder, steps, kind, value, expected in (
        ("band", 10, "integer", "-1", "-10--1"),
        ("band", 250, "numeric(14,2)", "cast(749.99 as decimal(14,2))", "500-750"),
        ("round", 100, "numeric(14,2)", "cast(250.00 as decimal(14,2))", "300"),
        ("round", 100, "numeric(14,2)", "cast(-250.00 as decimal(14,2))", "-300"),
        ("round", 100, "integer", "cast(null as int)", None),
        ("truncate", "day", "timestamptz", instant, "2024-12-31"),
        ("truncate", "week", "timestamptz", instant, "2024-12-30"),
        ("truncate", "month", "timestamptz", instant, "2024-12-01"),
        ("truncate", "quarter", "timestamptz", instant, "2024-10-01"),
        ("truncate", "year", "timestamptz", instant, "2024-01-01"),
        ("truncate", "week", "date", "date '1969-12-31'", "1969-12-29"),
        ("truncate", "day", "date", "date '1969-12-31'", "1969-12-31"),
        ("region", "state", "text", "'1 Long Road, Hay NSW 2711'", "NSW"),
        ("region", "state", "text", "'1 Long Road, Hay, nsw 2711 '", "NSW"),
        ("region", "state", "text", "'1 Long Road'", None),
    ):
        column = Column("x", "x", kind, LOGICAL[kind], False, "", "")
        made = LADDERS[ladder](steps, column)
        shown = made.shown(f"({made.fine(dialect, value)})", "1")
        found.append((f"cast({shown} as {dialect.type_of('text')})", expected))
    return found


def pad_cases():
    """Of Databricks alone: the pads of a key that a secret holds, as hexadecimal text."""
    for key, _, _ in VECTORS:
        made = (bytes(byte ^ pad for byte in key.ljust(64, b"\0")) for pad in (0x36, 0x5C))
        sql = hmac_pads(f"unhex('{key.hex()}')")
        yield f"lower(hex(concat({sql})))", b"".join(made).hex()


def compared(text):
    """{mart: rows on Postgres, rows on Spark, only on Postgres, only on Spark, differing columns}."""
    return {mart: (*map(int, numbers), columns) for mart, *numbers, columns in LINE.findall(text)}
