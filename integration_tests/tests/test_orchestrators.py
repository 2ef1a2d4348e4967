"""The examples for Dagster and Airflow run as they stand, in an environment of their own: a retry after a kill, too."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from c360.scaffold import scaffold

ROOT = Path(__file__).parents[2]
DAGSTER = """
import json
import sys

import dagster as dg
import dagster_assets as example

assets = [getattr(example, name) for name in sys.argv[1:]]
with dg.DagsterInstance.ephemeral() as instance:
    result = dg.materialize(assets, instance=instance, raise_on_error=False)
    made = {one.asset_key.path[-1]: {name: said.value for name, said in one.materialization.metadata.items()}
            for one in result.get_asset_materialization_events()}
    checks = {one.check_name: one.passed for one in result.get_asset_check_evaluations()}
    retries = sum(one.is_step_restarted for one in result.all_events)
print("\\n" + json.dumps([result.success, made, checks, retries]))
"""
AIRFLOW = """
import json

import airflow_dag as example

run = example.counts_dag.test()
print("\\n" + json.dumps([run.state, {one.task_id: one.state for one in run.get_task_instances()}]))
"""


@pytest.fixture
def place(environment, workplace, tmp_path):
    """The example project, generated; and what runs a program in it, to its end or not."""
    python = environment("orchestrators") / "python"
    root = tmp_path / "project"
    scaffold(root, example=True)
    env = {name: value for name, value in os.environ.items() if not name.startswith(("DAGSTER_", "AIRFLOW"))}
    env |= workplace.env | {
        "C360_ROOT": str(root), "RETRY_SECONDS": "0", "PYTHONPATH": os.pathsep.join(
            map(str, [ROOT / "governance/src", ROOT / "governance/examples"])
        ),
        "DAGSTER_HOME": str(tmp_path), "DAGSTER_DISABLE_TELEMETRY": "1",
        "AIRFLOW_HOME": str(tmp_path / "airflow"), "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "governance/examples"),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False", "DO_NOT_TRACK": "1",
    }  # fmt: skip
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    run = {"env": env, "cwd": root, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    subprocess.run([sys.executable, "-c", "from c360.cli import main; main(['generate'])"], check=True, **run)

    def start(program, *arguments):
        return subprocess.Popen([python, "-c", program, *arguments], **run)

    def done(program, *arguments):
        process = start(program, *arguments)
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err[-3000:]
        return json.loads(out.splitlines()[-1])

    return root, start, done


def test_dagster_makes_the_assets_and_a_retry_after_a_kill_doubles_nothing(place, workplace):
    _, start, done = place
    killed = start(DAGSTER, "counts")
    accepted = "select count(*) from pg_tables where schemaname = 'raw' and tablename = 'counts'"
    deadline = time.monotonic() + 120
    while workplace.sql(accepted) != [(1,)] and killed.poll() is None:
        assert time.monotonic() < deadline, "nothing was delivered"
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    success, made, checks, _ = done(DAGSTER, "counts", "bicycles_by_day", "contracts_hold")
    assert success and checks == {"contracts_hold": True} and made["bicycles_by_day"]["nodes"]["model"][1] == 1
    assert made["counts"]["outcome"] in ("accepted", "repeated")
    assert workplace.sql("select count(*) from governance.delivery where outcome = 'accepted'") == [(1,)]
    assert workplace.sql("select count(*) from raw.counts") == [(made["counts"]["delivered"],)]


def test_dagster_tries_again_what_could_not_be_told_and_not_what_is_broken(place):
    root, _, done = place
    file = root / "deliveries/counts.csv"
    file.write_text(file.read_text().replace("bound", "side"))  # of more rows than may be set aside
    success, made, _, retries = done(DAGSTER, "counts")
    assert (success, made, retries) == (False, {}, 0)
    file.unlink()
    success, made, _, retries = done(DAGSTER, "counts")
    assert (success, made, retries) == (False, {}, 2)


def test_airflow_runs_the_dag(place, workplace):
    _, _, done = place
    done("import os, sys; os.system(f'{sys.executable} -m airflow db migrate'); print('\\n1')")
    assert done(AIRFLOW) == ["success", {"ingest": "success", "build": "success", "verify": "success"}]
    assert workplace.sql("select count(*) from governance.delivery where outcome = 'accepted'") == [(1,)]
