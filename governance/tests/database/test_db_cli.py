"""`c360 db …` as typed."""

import json
import os
import shlex
import socket
import subprocess
import sys

import pytest

from c360.settings import Settings

DB = [sys.executable, "-c", "from c360.cli import main; main()", "db"]


def run(server: Settings, *arguments: str, **env: str) -> subprocess.CompletedProcess:
    env = {**os.environ, "C360_DATABASE_URL": ""} | {"C360_ROOT": str(server.root), "C360_HOME": str(server.home)} | env
    return subprocess.run([*DB, *arguments], env=env, text=True, capture_output=True, check=True)


def test_status(server: Settings) -> None:
    facts = json.loads(run(server, "status", "--json").stdout)
    assert facts["running"] and facts["kind"] == "embedded"
    assert facts["url"] == run(server, "url").stdout.strip()
    assert "running       true" in run(server, "status").stdout


def test_start_again(server: Settings) -> None:
    pid = json.loads(run(server, "status", "--json").stdout)["pid"]
    assert str(pid) in run(server, "start").stdout


def test_env_is_for_eval(server: Settings) -> None:
    exports = run(server, "env").stdout
    result = subprocess.run(["sh", "-c", f'{exports} echo "$PGDATABASE"'], text=True, capture_output=True)
    assert result.stdout == "customer360\n"


def test_env_takes_away_what_leads_elsewhere(server: Settings) -> None:
    misleading = {"PGSERVICE": "nowhere", "PGHOSTADDR": "127.0.0.1", "PGTARGETSESSIONATTRS": "read-only"}
    exports = run(server, "env", **misleading).stdout
    connect = f"{shlex.quote(sys.executable)} -c 'import psycopg; print(psycopg.connect(\"\").info.dbname)'"
    result = subprocess.run(
        ["sh", "-c", f"{exports} {connect}"], env=os.environ | misleading, text=True, capture_output=True
    )
    assert result.stdout == "customer360\n", result.stderr


@pytest.mark.parametrize("path", [os.environ.get("PATH", ""), "/nonexistent"], ids=["on PATH", "bundled"])
def test_psql_passes_its_arguments_on(server: Settings, path: str) -> None:
    assert run(server, "psql", "-At", "-c", "select 6 * 7, ':x'", PATH=path).stdout == "42|:x\n"


@pytest.mark.parametrize("command", ["start", "stop", "status", "url", "env", "psql"])
def test_help_shows_an_example(server: Settings, command: str) -> None:
    assert f"c360 db {command}" in run(server, command, "--help").stdout.split("Example", 1)[1]


def test_a_taken_port_ends_with_code_2_and_no_traceback(server: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = subprocess.run(
            [*DB, "start", "--port", str(taken.getsockname()[1])],
            env={**os.environ, "C360_DATABASE_URL": "", "C360_ROOT": str(server.root)}
            | {"C360_HOME": str(server.home)},
            text=True,
            capture_output=True,
        )
    assert result.returncode == 2
    assert "is taken by another program." in result.stderr and "c360 db start --port" in result.stderr
    assert "Traceback" not in result.stderr
