"""The package for Databricks: compiled by its own adapter with no connection; Spark, which runs here, gets the same."""

import contextlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import sqlglot

pytestmark = pytest.mark.spark
PROJECT = Path(__file__).parents[1]
CATALOG = "somewhere"
NOWHERE = {
    "DATABRICKS_HOST": "workspace.invalid",
    "DATABRICKS_HTTP_PATH": "/sql/1.0/warehouses/none",
    "DATABRICKS_TOKEN": "none",
    "DATABRICKS_CATALOG": CATALOG,
}


@pytest.fixture(scope="module")
def compiled(tmp_path_factory, installed_package):
    """Compiles the project for an engine: {path: SQL} of every model and test of the package."""
    made = subprocess.run([sys.executable, PROJECT / "spark_environment.py"], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"no environment for dbt-databricks: {made.stderr.strip()[-500:]}")
    folder = tmp_path_factory.mktemp("databricks")

    def run(target):
        arguments = ["--profiles-dir", PROJECT, "--target", target, "--no-introspect", "--no-populate-cache"]
        places = ["--target-path", folder / target, "--log-path", folder / "logs"]
        clock = ["--vars", json.dumps({"as_of": "2026-03-01T12:00:00Z", "share": "harbour_media"})]
        done = subprocess.run(
            [PROJECT / ".spark-venv/bin/dbt", "compile", "--quiet", *arguments, *places, *clock],
            cwd=PROJECT,
            env=os.environ | NOWHERE | {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        root = folder / target / "compiled"
        return {str(path.relative_to(root)): path.read_text() for path in root.rglob("*.sql")}

    return run


@pytest.fixture(scope="module")
def installed_package():
    """As `dbt deps` does, but safe in parallel."""
    folder = PROJECT / "dbt_packages"
    folder.mkdir(exist_ok=True)
    with contextlib.suppress(FileExistsError):
        (folder / "customer360").symlink_to(Path("../../dbt_package"))


def test_compiles_without_a_connection_and_says_what_spark_is_told(compiled):
    databricks, spark = compiled("databricks"), compiled("spark")
    models = {path for path in databricks if "customer360/models/" in path}
    wanted = {
        "customers.sql",
        "transactions_enriched.sql",
        "next_best_category.sql",
        "release_harbour_media__customers.sql",
    }
    assert wanted <= {Path(p).name for p in models}
    for path, sql in databricks.items():
        assert sqlglot.parse_one(sql, read="databricks"), path
        assert re.search(r"::|~ '|pg_\w+\(", sql) is None, f"{path} holds SQL of Postgres"
    assert {path: plain(sql) for path, sql in databricks.items()} == {path: plain(sql) for path, sql in spark.items()}


def plain(sql):
    """SQL without what may differ: the catalogue, and the quotes of names."""
    return sql.replace("`", "").replace(f"{CATALOG}.", "")
