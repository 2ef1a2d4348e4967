"""On a real Spark session: everything builds, every mart equals the one on Postgres, and a difference is reported."""

import os
import re
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from project_copy import ROOT, add_category, copy_project

from c360.engine.postgres import libpq_env

pytestmark = pytest.mark.spark

AS_OF = "2026-03-01T12:00:00Z"
NO_JAVA = 3
ENVIRONMENT = ROOT / "integration_tests/spark_environment.py"
PYTHON = ROOT / "integration_tests/.spark-venv/bin/python"
CUSTOMERS, PURCHASES = 40, 300

# A parity run; then the marts of Postgres are damaged, one in each way, and compared again.
DRIVER = """
import sys
import psycopg2
import spark

DAMAGE = [
    "update analytics.customers_v2 set home_and_garden_amount = home_and_garden_amount + 0.01"
    " where id = (select min(id::text)::uuid from analytics.customers_v2)",
    "delete from analytics.next_best_category where rank = 7"
    " and customer_id = (select min(id::text)::uuid from analytics.customers_v2)",
    "update analytics.next_best_category_evaluation set mrr = mrr + 0.0001 where method = 'popularity'",
    "update analytics.transactions_enriched set transaction_date = transaction_date + interval '1 millisecond'"
    " where id = (select min(id::text)::uuid from analytics.transactions_enriched)",
]
compare = spark.compare


def compare_twice(session, models):
    equal = compare(session, models)
    with psycopg2.connect("") as connection, connection.cursor() as cursor:
        for statement in DAMAGE:
            cursor.execute(statement)
    compare(session, models)
    return equal


spark.compare = compare_twice
sys.exit(spark.main("parity", sys.argv[1]))
"""
LINE = re.compile(r"^([a-z]\w+) +(\d+) +(\d+) +(\d+) +(\d+)  (.+)$", re.MULTILINE)


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
    assert copy.c360("generate").code == 0
    out = tmp_path / "made"
    size = ("--customers", CUSTOMERS, "--transactions", PURCHASES, "--seed", "5")
    assert copy.c360("fake", *size, "--format", "csv", "--now", AS_OF, "--out", out).code == 0
    for dataset in ("contacts", "transactions"):
        assert copy.ingest(dataset, out / f"{dataset}.csv", as_of=AS_OF).code == 0
    copy.sql("update raw.transactions set category = 'Home & Garden' where category = 'Books' and amount > 10")

    tests = project / "integration_tests"
    (tests / "dbt_packages").mkdir()
    (tests / "dbt_packages/customer360").symlink_to(project / "dbt_package")
    done = subprocess.run(
        [spark_python, "-c", DRIVER, AS_OF],
        cwd=tests,
        env=os.environ | libpq_env(copy.settings) | {"PYTHONPATH": str(tests)},
        capture_output=True,
        text=True,
        timeout=800,
    )
    said = f"{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
    assert done.returncode == 0, said
    equal, _, damaged = done.stdout.partition("Every mart is equal row for row.")

    customers = {
        "customers": (CUSTOMERS, CUSTOMERS, 0, 0, "nothing"),
        "customers_v2": (CUSTOMERS, CUSTOMERS, 0, 0, "nothing"),
        "next_best_category": (7 * CUSTOMERS, 7 * CUSTOMERS, 0, 0, "nothing"),
        "next_best_category_evaluation": (3, 3, 0, 0, "nothing"),
        "transactions_enriched": (PURCHASES, PURCHASES, 0, 0, "nothing"),
    }
    assert compared(equal) == customers, said
    assert compared(damaged) == {
        "customers": (CUSTOMERS, CUSTOMERS, 1, 1, "home_and_garden_amount"),
        "customers_v2": (CUSTOMERS, CUSTOMERS, 1, 1, "home_and_garden_amount"),
        "next_best_category": (
            7 * CUSTOMERS - 1, 7 * CUSTOMERS, 0, 1, "customer_id, rank, category, score, reason, is_fallback",
        ),
        "next_best_category_evaluation": (3, 3, 1, 1, "mrr"),
        "transactions_enriched": (PURCHASES, PURCHASES, 1, 1, "transaction_date"),
    }, said  # fmt: skip
    assert "The engines differ." in damaged
    assert copy.sql("select sum(home_and_garden_amount) > 1 from analytics.customers_v2") == [(True,)]


def compared(text):
    """{mart: rows on Postgres, rows on Spark, only on Postgres, only on Spark, differing columns}."""
    return {mart: (*map(int, numbers), columns) for mart, *numbers, columns in LINE.findall(text)}
