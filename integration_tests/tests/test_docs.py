"""Every command of the README and the guides is run: each ```sh block in order, in a copy of the project."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from governance.tests.workplace import PARSED

ROOT = Path(__file__).parents[2]
PAGES = [
    "README.md",
    "docs/database.md",
    "docs/contracts.md",
    "docs/deliveries.md",
    "docs/versions.md",
    "docs/import.md",
    "docs/ci.md",
    "docs/partners.md",
    "docs/privacy.md",
]
MAKES = re.compile(r"^make (\w+)", re.MULTILINE)


def blocks(page: str) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def test_every_guide_is_on_the_list():
    listed = {ROOT / page for page in PAGES}
    names = ("exercises.md", "elementary.md", "history.md", "databricks.md", "settings.md", "start.md", "catalog.md")
    elsewhere = {ROOT / "docs" / name for name in names}
    for page in (ROOT / "docs").glob("*.md"):
        assert page in listed | elsewhere or not blocks(f"docs/{page.name}"), f"{page} holds commands that nobody runs"


@pytest.mark.parametrize("page", PAGES)
def test_the_targets_of_make_are_there(page):
    makefile = (ROOT / "Makefile").read_text()
    for target in MAKES.findall("\n".join(blocks(page))):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.fixture
def copy(tmp_path):
    """The files that git knows, in a repository of their own with nothing left over, and `c360` installed."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.splitlines():
        if (ROOT / name).is_file():
            target = tmp_path / "project" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target)
    for command in (
        ["init", "-q"],
        ["add", "--all"],
        ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *command], cwd=tmp_path / "project", check=True)
    return tmp_path / "project"


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_work(page, copy):
    script = "\n".join(blocks(page))
    script = MAKES.sub(r"true make \1", script).replace("source .venv/bin/activate", "true")
    home = Path(os.environ.get("TMPDIR", "/tmp")) / f"c360-docs-{os.getpid()}"
    env = {name: value for name, value in os.environ.items() if not name.startswith(("C360_", "PG", "DBT_"))}
    env |= {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "C360_HOME": str(home),
        "C360_ROOT": str(copy),
        "C360_DBT_PACKAGES": str(home / "none"),  # Elementary, whose models stand in every build, has tests of its own
    }
    try:
        with PARSED.carried(home):
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", script], cwd=copy, env=env, capture_output=True, text=True
            )
        assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    finally:
        subprocess.run(["c360", "db", "stop"], cwd=copy, env=env, capture_output=True, check=False)
        shutil.rmtree(home, ignore_errors=True)
