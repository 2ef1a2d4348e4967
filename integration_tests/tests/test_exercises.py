"""docs/exercises.md from top to bottom, as someone types it who sees the repository for the first time."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from project_copy import ROOT, copy_project

from governance.tests.workplace import PARSED

PAGE = (ROOT / "docs/exercises.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
ON_SPARK = re.compile(r"^make (models ENGINE=spark|parity)$", re.MULTILINE)  # test_spark.py runs these


def test_every_file_that_is_named_is_there():
    named = re.findall(r"`((?:contracts|dbt_package|docs|governance|integration_tests|\.github)/[^`\s]*)`", PAGE)
    assert len(named) > 20
    assert [name for name in named if not list(ROOT.glob(name.rstrip("/")))] == []


@pytest.fixture
def home():
    """Where the database is kept; not under pytest's own folder, since sockets want short paths."""
    folder = Path(tempfile.gettempdir(), f"c360-docs-{os.getpid()}")  # as the guides', for what dbt has parsed there
    folder.mkdir()
    with PARSED.carried(folder):
        yield folder
    shutil.rmtree(folder)


def test_the_commands_work(tmp_path, home):
    copy = copy_project(tmp_path / "project")
    (copy / ".venv/bin").mkdir(parents=True)
    for program in ("c360", "dbt"):
        (copy / ".venv/bin" / program).symlink_to(Path(sys.executable).with_name(program))
    python = copy / ".venv/bin/python"  # as a link it would not find what is installed
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    env = {name: value for name, value in os.environ.items() if not name.startswith(("C360_", "PG", "DBT_"))}
    env |= {"C360_HOME": str(home), "C360_ROOT": str(copy), "C360_DBT_PACKAGES": str(tmp_path / "none")}
    # The root's `make setup` is what made the environment that these tests run in.
    script = "\n".join(BLOCKS).replace("make setup", "make setup MAKE=true")
    script, left_out = ON_SPARK.subn("true", script)
    assert left_out == 2
    try:
        done = subprocess.run(
            ["bash", "-euxo", "pipefail", "-c", script], cwd=copy, env=env, capture_output=True, text=True
        )
        said = f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        assert done.returncode == 0, said
        assert "exit code 1" in done.stdout, said
        assert not (home / "postgres").exists(), "teardown left the database"
    finally:
        subprocess.run([copy / ".venv/bin/c360", "db", "stop"], cwd=copy, env=env, capture_output=True)
