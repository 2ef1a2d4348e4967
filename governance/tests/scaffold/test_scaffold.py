"""A new project: what it begins with is sound, and nothing is ever overwritten."""

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from c360.contract.classifications import classifications
from c360.errors import CouldNotTell
from c360.lint.lint import lint
from c360.scaffold import scaffold
from c360.settings import load


def test_a_new_project_is_one_and_its_contract_is_sound(tmp_path: Path) -> None:
    written = scaffold(tmp_path / "new")
    assert sorted(path for path in (tmp_path / "new").rglob("*") if path.is_file()) == sorted(written)
    settings = load({}, tmp_path / "new" / "warehouse")
    assert settings.root == tmp_path / "new" and settings.name == "new"
    assert lint(settings.contracts, classifications(settings.classifications)) == []


@pytest.mark.parametrize("name", ['it"s \\u0041 ward', "Größe", "a\tb"])
def test_a_project_is_called_as_its_folder(tmp_path: Path, name: str) -> None:
    scaffold(tmp_path / name)
    assert load({"C360_ROOT": str(tmp_path / name)}).name == (name if name.isprintable() else "contracts")


@pytest.mark.parametrize("name", ["c360.toml", ".gitignore", "warehouse/models/bicycles_by_day.sql"])
def test_nothing_is_overwritten(tmp_path: Path, name: str) -> None:
    mine = tmp_path / name
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.write_text("mine")
    with pytest.raises(CouldNotTell, match="is there already"):
        scaffold(tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [mine] and mine.read_text() == "mine"


def test_the_workflow_installs_what_the_variable_names_and_nothing_when_it_names_none(tmp_path: Path) -> None:
    """No package index that everybody can write to is asked for a name that is not ours there."""
    scaffold(tmp_path / "new")
    workflow = yaml.safe_load((tmp_path / "new/.github/workflows/contracts.yml").read_text(encoding="utf-8"))
    assert workflow["env"] == {"C360_PACKAGE": "${{ vars.C360_PACKAGE }}"}
    (install,) = [
        step["run"] for step in workflow["jobs"]["contracts"]["steps"] if "pip install" in step.get("run", "")
    ]
    pip = tmp_path / "bin" / "pip"
    pip.parent.mkdir()
    pip.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    pip.chmod(0o755)

    def installing(package: str) -> subprocess.CompletedProcess[str]:
        env = {"PATH": f"{pip.parent}{os.pathsep}{os.environ['PATH']}", "C360_PACKAGE": package}
        return subprocess.run(["bash", "-e", "-c", install], env=env, capture_output=True, text=True)

    wheel = "customer360-governance[all] @ https://wheels.example/customer360_governance-1.4.0-py3-none-any.whl"
    assert installing(wheel).stdout.splitlines() == ["install", wheel]
    refused = installing("")
    assert refused.returncode and not refused.stdout and "Set the variable C360_PACKAGE" in refused.stderr
