"""docs/start.md, typed as it stands in an empty folder: six commands, a refused delivery, and a build that passes."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MINUTES = 5


@pytest.fixture
def env():
    """As of somebody who has just installed it: no settings, no home, no project."""
    home = tempfile.mkdtemp(prefix="c360-s-")  # sockets want short paths
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("C360_", "PG"))}
    yield bare | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "C360_HOME": home}
    shutil.rmtree(home, ignore_errors=True)


def test_six_commands_lead_to_the_first_refused_delivery(tmp_path, env):
    page = (ROOT / "docs/start.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert len(re.findall(r"^c360 ", "\n".join(blocks), re.MULTILINE)) == 6

    def typed(script: str) -> subprocess.CompletedProcess[str]:
        command = ["bash", "-euo", "pipefail", "-c", script]
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)

    began = time.monotonic()
    try:
        for block in blocks[:-1]:
            done = typed(block)
            assert done.returncode == 0, f"{block}{done.stdout[-2000:]}{done.stderr[-2000:]}"
        assert re.search(r"ward\.csv +accepted +5 +5 ", done.stdout), done.stdout
        last = typed(blocks[-1])
        shown = re.findall(r"→ .*(c360 quarantine show .+)$", last.stderr, re.MULTILINE)
        assert last.returncode == 1 and "bad.csv was refused" in last.stderr, last.stdout + last.stderr
        assert len(shown) == 1 and typed(shown[0]).returncode == 0, last.stderr
        next_ones = typed("c360 build && c360 verify && make check build")
        assert next_ones.returncode == 0, next_ones.stdout[-2000:] + next_ones.stderr[-2000:]
    finally:
        typed("c360 db stop")
    assert time.monotonic() - began < MINUTES * 60
