"""Fixtures of the end-to-end tests and of fuzzing: a shared server, a database per module, the command line on it."""

import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from governance.tests.servers import database, server  # noqa: F401
from governance.tests.workplace import make, shared_workplace, workplace  # noqa: F401

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """The browser of the system."""
    if CHROMIUM is None:
        pytest.skip("There is no Chromium here; on Debian: apt-get install chromium")
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: make setup")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


AXE = "axe-core@4.10.3"


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script of axe-core, from the package index of npm, kept where what tests fetch is kept."""
    kept = Path.home() / ".cache/customer360" / AXE / "axe.min.js"
    if not kept.is_file():
        folder = tmp_path_factory.mktemp("axe")
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip(f"There is no npm to fetch {AXE} with")
        fetch = [npm, "pack", "--silent", "--pack-destination", str(folder), AXE]
        try:
            made = subprocess.run(fetch, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
        except subprocess.TimeoutExpired:
            pytest.skip(f"{AXE} cannot be had: npm pack took longer than two minutes")
        if made.returncode:
            pytest.skip(f"{AXE} cannot be had: {made.stderr.strip()[-500:]}")
        with tarfile.open(next(folder.glob("*.tgz"))) as package:
            script = package.extractfile("package/axe.min.js")
            assert script is not None
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(script.read())
    return kept.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def environment() -> Callable[[str], Path]:
    """Makes an environment of its own for `requirements/<name>.txt`, and gives its folder of programs. Without a
    package index that serves it, the test is skipped."""
    root = Path(__file__).parents[1]

    def made(name: str) -> Path:
        folder, requirements = root / f".venv-{name}", root / f"requirements/{name}.txt"
        if subprocess.run([sys.executable, root / "requirements/environment.py", folder, requirements]).returncode:
            pytest.skip(f"{requirements.name} could not be installed: no package index serves it here")
        return folder / "bin"

    return made


SLOW = (
    "test_spark_gate", "test_spark", "test_elementary", "test_exercises", "test_mutation", "test_docs", "test_share",
    "test_ci", "test_catalog", "test_databricks", "test_without_a_gate", "test_markers", "test_attack", "test_demo",
    "test_side_by_side", "test_kill", "test_flow", "test_customers", "test_site", "test_leaks", "test_server",
    "test_contract_text", "test_clock", "test_fake", "test_partner_role", "test_campaign", "test_orchestrators",
    "test_marts", "test_contacts_history", "test_docs_site", "test_release_sql",
)  # fmt: skip
"""What takes minutes starts first, so that no worker is left with it at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
    items.sort(key=lambda item: SLOW.index(item.path.stem) if item.path.stem in SLOW else len(SLOW))
