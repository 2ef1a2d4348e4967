"""The Python API: what `import c360` gives, beside what the commands print."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

import c360
from c360.scaffold import scaffold
from governance.tests.workplace import MISLEADING

PAGE = Path(__file__).parents[2] / "docs" / "python.md"


@pytest.fixture
def example(workplace, monkeypatch):
    """The example of `c360 init`, over a database of its own; and the commands in it."""
    root = workplace.folder / "example"
    scaffold(root, example=True)
    for name, value in {**MISLEADING, "C360_HOME": str(workplace.settings.home)}.items():
        monkeypatch.setenv(name, value)
    if workplace.settings.database_url:
        monkeypatch.setenv("C360_DATABASE_URL", workplace.settings.database_url)
    return c360.open_project(root), replace(workplace, settings=replace(workplace.settings, root=root))


def test_import_is_quick_and_gives_every_name():
    program = (
        "import sys, c360\nassert 'c360.api' not in sys.modules and 'click' not in sys.modules\n"
        "print(all(hasattr(c360, name) for name in c360.__all__), len(c360.__all__) > 5)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "True True\n", done.stderr
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        c360.nothing  # noqa: B018


def test_a_folder_that_is_no_project_could_not_be_told(tmp_path):
    with pytest.raises(c360.CouldNotTell, match=r"There is no c360\.toml") as refused:
        c360.open_project(tmp_path)
    assert not isinstance(refused.value, c360.Broken) and "c360 init" in refused.value.remedy


def test_a_broken_contract_is_broken_with_its_problems(tmp_path):
    scaffold(tmp_path, example=True)
    project = c360.open_project(tmp_path)
    assert project.lint() == []
    (contract,) = tmp_path.glob("contracts/sources/*/*")
    contract.write_text(contract.read_text().replace("status: active", "status: 7"))
    with pytest.raises(c360.Broken) as broken:
        project.lint()
    assert [problem["severity"] for problem in broken.value.result] == ["error"]
    assert broken.value.result[0]["file"] == str(contract)


def test_generated_files_that_differ_are_broken_when_they_are_checked(tmp_path):
    scaffold(tmp_path, example=True)
    project = c360.open_project(tmp_path)
    with pytest.raises(c360.Broken) as broken:
        project.generate(check=True)
    assert "soda_checks/counts.yml" in broken.value.result["missing"]
    assert project.generate()["missing"] == broken.value.result["missing"]
    assert project.generate(check=True)["missing"] == []


def test_the_flow_from_python_prints_nothing_and_returns_what_commands_print(example, capfd, monkeypatch):
    project, commands = example
    sample = project.root / "deliveries/counts.csv"
    project.generate()
    capfd.readouterr()
    (taken,) = project.ingest("counts", sample)
    (again,) = project.ingest("counts", sample)
    assert (taken["outcome"], taken["promoted"], again["outcome"]) == ("accepted", 8, "repeated")
    built = project.build()
    assert built["nodes"]["model"][:2] == [1, 1] and set(built["clauses"].values()) == {"passed"}
    (pages,) = project.publish()["folders"]
    verdicts = project.verify("counts")
    (example_of_docs,) = re.findall(
        r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    monkeypatch.chdir(project.root)
    exec(example_of_docs.replace("path/to/project", str(project.root)))
    bad = project.root / "bad.csv"
    bad.write_text("counter,hour,bicycles,direction\n,2026-03-02 07:00:00,x,up\n")
    with pytest.raises(c360.Broken) as refused:
        project.ingest("counts", sample, bad)
    assert [one["outcome"] for one in refused.value.result] == ["repeated", "refused"]
    status = project.status(as_of=datetime(2100, 1, 1, tzinfo=UTC))
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "")

    assert json.loads(commands.c360("ingest", "counts", sample, "--json").out) == [again]
    assert json.loads(commands.c360("build", "--json").out) == built
    assert json.loads(commands.c360("verify", "counts", "--json").out) == verdicts
    assert json.loads(commands.c360("status", "--as-of", "2100-01-01", "--json").out).keys() == status.keys()
    assert (project.root / pages / "index.html").is_file()


def test_names_that_do_not_exist_could_not_be_told(example):
    project, _ = example
    for ask in (
        lambda: project.ingest("count", project.root / "deliveries/counts.csv"),
        lambda: project.verify("count"),
    ):
        with pytest.raises(c360.CouldNotTell) as refused:
            ask()
        assert not isinstance(refused.value, c360.Broken)
        assert "Did you mean counts?" in refused.value.remedy
    with pytest.raises(c360.CouldNotTell, match="time zone"):
        project.build(as_of=datetime(2026, 3, 1))
