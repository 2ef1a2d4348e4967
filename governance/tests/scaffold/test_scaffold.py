"""A new project: what it begins with is sound, and nothing is ever overwritten."""

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from c360.contract.classifications import classifications
from c360.errors import CouldNotTell
from c360.generate import check, plan, target_of, write
from c360.lint.lint import lint
from c360.project import catalog_of
from c360.scaffold import scaffold
from c360.settings import load


def test_a_new_project_is_one_and_its_contract_is_sound(tmp_path: Path) -> None:
    written = scaffold(tmp_path / "new", example=True).written
    assert sorted(path for path in (tmp_path / "new").rglob("*") if path.is_file()) == sorted(written)
    settings = load({}, tmp_path / "new" / "warehouse")
    assert settings.root == tmp_path / "new" and settings.name == "new"
    assert lint(settings.contracts, classifications(settings.classifications)) == []


@pytest.mark.parametrize("name", ['it"s \\u0041 ward', "Größe", "a\tb"])
def test_a_project_is_called_as_its_folder(tmp_path: Path, name: str) -> None:
    scaffold(tmp_path / name)
    assert load({"C360_ROOT": str(tmp_path / name)}).name == (name if name.isprintable() else "contracts")


FILES = ["c360.toml", ".gitignore", "Makefile", "README.md"]


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_exists_is_kept_and_the_others_are_written(tmp_path: Path, name: str) -> None:
    mine = tmp_path / name
    mine.write_text("# mine\n")
    begun = scaffold(tmp_path)
    assert begun.kept == (mine,) and mine.read_text() == "# mine\n"
    assert {path.name for path in begun.written} >= {*FILES, ".pre-commit-config.yaml"} - {name}


def test_what_is_written_again_changes_nothing(tmp_path: Path) -> None:
    first = scaffold(tmp_path, example=True)
    assert not scaffold(tmp_path, example=True).written
    assert not first.kept


def test_a_project_begins_without_an_example(tmp_path: Path) -> None:
    texts = [path.read_text(encoding="utf-8") for path in scaffold(tmp_path / "new").written]
    assert texts and not any("bicycle" in text or "counts" in text for text in texts)


@pytest.mark.parametrize("place", [".", "dbt", "services/dbt"])
def test_a_dbt_project_that_exists_is_used(tmp_path: Path, place: str) -> None:
    there = tmp_path / place / "dbt_project.yml"
    installed = tmp_path / place / "dbt_packages" / "other" / "dbt_project.yml"
    for path in (there, installed):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("name: shop\n")
    begun = scaffold(tmp_path)
    assert begun.dbt_project == tmp_path / place and not begun.others
    assert load({}, tmp_path).dbt_package == tmp_path / place
    assert [path for path in tmp_path.rglob("dbt_project.yml")] and there.read_text() == "name: shop\n"
    assert not (tmp_path / "warehouse").exists()


def test_of_several_dbt_projects_one_is_used_and_the_others_are_named(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "dbt_project.yml").write_text(f"name: {name}\n")
    begun = scaffold(tmp_path)
    assert (begun.dbt_project, begun.others) == (tmp_path / "one", (tmp_path / "two",))


def test_files_for_a_dbt_project_at_the_root_are_generated_there(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text("name: shop\n")
    scaffold(tmp_path, example=True)
    settings = load({}, tmp_path)
    target = target_of(settings)
    files = plan(catalog_of(settings.contracts, settings), target)
    assert write(files, tmp_path, target.folders)
    assert (tmp_path / "models/contracts/counts.yml").is_file()
    assert not check(files, tmp_path, target.folders)
    gone = tmp_path / "models/bicycles_by_day.sql"
    assert write({}, tmp_path, target.folders).orphaned and gone.is_file(), "only generated files are deleted"


def test_settings_that_are_not_valid_stop_it(tmp_path: Path) -> None:
    (tmp_path / "c360.toml").write_text("contracts = 7\n")
    with pytest.raises(CouldNotTell, match="contracts is a path"):
        scaffold(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["c360.toml"]


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


def test_the_workflow_compares_with_the_base_and_comments(tmp_path: Path) -> None:
    scaffold(tmp_path)
    (job,) = yaml.safe_load((tmp_path / ".github/workflows/contracts.yml").read_text("utf-8"))["jobs"].values()
    assert job["steps"][0]["with"]["fetch-depth"] == 0 and job["permissions"]["pull-requests"] == "write"
    (compat,) = [step for step in job["steps"] if "c360 compat" in step.get("run", "")]
    assert "--comment" in compat["run"] and compat["if"] == "github.event_name == 'pull_request'"
    assert compat["env"] == {"GITHUB_TOKEN": "${{ github.token }}"}


def test_the_example_can_be_deleted(tmp_path: Path) -> None:
    """As docs/start.md says: nothing that is left needs it."""
    scaffold(tmp_path, example=True)
    own = tmp_path / "contracts/sources/rides/1.0.0.odcs.yaml"
    example = tmp_path / "contracts/sources/counts/1.0.0.odcs.yaml"
    own.parent.mkdir()
    own.write_text(example.read_text(encoding="utf-8").replace("counts", "rides"), encoding="utf-8")
    settings = load({}, tmp_path)
    target = target_of(settings)
    write(plan(catalog_of(settings.contracts, settings), target), tmp_path, target.folders)
    for path in (example, tmp_path / "deliveries/counts.csv", tmp_path / "warehouse/models/bicycles_by_day.sql"):
        path.unlink()
    write(plan(catalog_of(settings.contracts, settings), target), tmp_path, target.folders)
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in left if "bicycles_by_day" in path.name or "counts" in path.read_text(encoding="utf-8")]
