"""Installed from its wheel, in an empty folder, c360 takes a new project from nothing to a model that is built.

What it depends on is that of this environment, by a .pth file: to install it anew would take minutes and say nothing
of the wheel. The toolkit itself is not: the editable install of the checkout is out of sight there.
"""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCKED_APART = {"openlineage": "dev.txt", "spark": "spark.txt", "totals": "dev.txt"}
"""Extras that are not in `all`, and where they are locked."""


def run(*command: object, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], cwd=cwd, env=env, capture_output=True, text=True)


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The bin folder of an environment that holds the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    source = shutil.copytree(ROOT / "governance", folder / "governance", ignore=shutil.ignore_patterns("*.egg-info"))
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input")
    built = run(*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", folder, source, cwd=folder)
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("*.whl")
    made = run(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    assert made.returncode == 0, made.stderr
    python = folder / "venv" / "bin" / "python"
    done = run(*pip, "--python", python, "install", "--no-deps", "--no-index", wheel, cwd=folder)
    assert done.returncode == 0, done.stderr
    (site,) = (folder / "venv").glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return python.parent


def test_its_extras_are_what_is_tried_here(installed):
    """Every requirement of the wheel takes the version that is locked for the environment in which it is tried."""
    (site,) = installed.parent.glob("lib/python*/site-packages")
    (wheel,) = importlib.metadata.distributions(name="customer360-governance", path=[str(site)])
    extras = set(wheel.metadata.get_all("Provides-Extra") or ())
    assert extras == {"server", "soda", "dbt", "verify", "elementary", "catalog", "all", *LOCKED_APART}
    needs = [Requirement(line) for line in wheel.requires or ()]
    untried = []
    for need in needs:
        apart = (extra for extra in LOCKED_APART if need.marker is not None and f'"{extra}"' in str(need.marker))
        locked = _locked(LOCKED_APART.get(next(apart, ""), "runtime.txt"))
        if need.name != wheel.name and locked.get(canonicalize_name(need.name), "0") not in need.specifier:
            untried.append(str(need))
    assert untried == []
    (everything,) = (need.extras for need in needs if need.name == wheel.name and "all" in str(need.marker))
    assert everything == extras - {"all", *LOCKED_APART}, "what few need, and 860 MB that nobody needs on Postgres"


def _locked(name: str) -> dict[str, str]:
    pinned = re.findall(r"(?m)^([\w.-]+)(?:\[[\w,]+\])?==([^\s;]+)", (ROOT / "requirements" / name).read_text("utf-8"))
    return {canonicalize_name(package): version for package, version in pinned}


@pytest.fixture
def home():
    folder = tempfile.mkdtemp(prefix="c360-w-")  # sockets want short paths
    yield Path(folder)
    shutil.rmtree(folder, ignore_errors=True)


def test_the_flow_runs_from_the_wheel(installed, tmp_path, home):
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("C360_", "PG", "PYTHON"))}
    env = bare | {"PATH": f"{installed}{os.pathsep}{os.environ['PATH']}", "C360_HOME": str(home)}

    def c360(*arguments: object) -> str:
        done = run(installed / "c360", *arguments, cwd=tmp_path, env=env)
        assert done.returncode == 0, (arguments, done.stdout[-2000:], done.stderr[-2000:])
        return done.stdout

    where = run(installed / "python", "-c", "import c360; print(c360.__file__)", cwd=tmp_path, env=env).stdout
    assert where.startswith(str(installed.parent)), "the wheel, and not the checkout"
    try:
        c360("init", "--example")
        assert "Valid: 1 contract, 0 warnings." in c360("lint")
        c360("generate")
        c360("coverage")
        assert '"A policy file of c360"' in c360("schema", "policy")
        assert "accepted" in c360("ingest", "counts", "deliveries/counts.csv")
        again = "import c360; print(c360.open_project().ingest('counts', 'deliveries/counts.csv')[0]['outcome'])"
        assert run(installed / "python", "-c", again, cwd=tmp_path, env=env).stdout == "repeated\n"
        c360("build")
        c360("publish")
        c360("report")
        c360("status")
    finally:
        run(installed / "c360", "db", "stop", cwd=tmp_path, env=env)
