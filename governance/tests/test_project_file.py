"""c360.toml: the marker of a project, and its settings; what is wrong in it is told."""

from pathlib import Path

import pytest

from c360.contract.classifications import classifications
from c360.errors import Breach, CouldNotTell
from c360.project_file import _SETTINGS, ProjectFile, read
from c360.settings import Settings, load

ROOT = Path(__file__).parents[2]

WARD = """
name = "Ward 7"
contracts = "promises"
classifications = "policies/levels.yaml"
raw_schema = "landed"
[dbt]
package = "warehouse"
[soda]
enabled = false
checks = "checks/soda"
[elementary]
enabled = true
[lint]
strict = true
[lint.off]
team = "there is one of us"
"""


def project(folder: Path, text: str) -> Path:
    (folder / "c360.toml").write_text(text, encoding="utf-8")
    return folder


def test_every_setting_is_read(tmp_path: Path) -> None:
    settings = load({"C360_ROOT": str(project(tmp_path, WARD))})
    assert settings.file == ProjectFile(
        name="Ward 7", contracts="promises", classifications="policies/levels.yaml", raw_schema="landed",
        dbt_package="warehouse", dbt_project="warehouse", soda=False, soda_checks="checks/soda", elementary=True,
        strict=True, lint_off={"team": "there is one of us"},
    )  # fmt: skip
    assert settings.name == "Ward 7" and settings.contracts == tmp_path / "promises"
    assert settings.dbt_package == settings.dbt_project == tmp_path / "warehouse"
    assert settings.classifications == tmp_path / "policies/levels.yaml"
    assert settings.strict and settings.lint_off == {"team": "there is one of us"}


def test_an_empty_file_is_a_project(tmp_path: Path) -> None:
    settings = load({"C360_ROOT": str(project(tmp_path, ""))})
    assert settings.file == ProjectFile() and not settings.strict and settings.classifications is None
    assert settings.name == tmp_path.name


def test_ours() -> None:
    file = read(ROOT)
    assert file.name == "Customer 360" and file.strict and not file.lint_off and file.dbt_project == "integration_tests"


def test_every_setting_is_in_the_guide() -> None:
    guide = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    assert [key for key in _SETTINGS if f"`{key}`" not in guide] == []


@pytest.mark.parametrize(
    ("text", "message", "remedy"),
    [
        ("contracts = ", "is no TOML: ", "Mend it, then: c360 lint"),
        ("contract = 'x'", "a setting 'contract'", "Did you mean contracts?"),
        ("[dbt]\npackages = 'x'", "a setting 'dbt.packages'", "Did you mean dbt.package?"),
        ("[nonsense]\nx = 1", "a setting 'nonsense'", "There are: name, contracts, "),
        ("dbt = 'x'", "dbt is a table, not 'x'", "Write it as [dbt]."),
        ("contracts = 7", "contracts is a path below the project's root, not 7", "Mend it"),
        ("contracts = '../x'", "contracts is a path below", "Mend it"),
        ("contracts = '/x'", "contracts is a path below", "Mend it"),
        ("contracts = 'C:/x'", "contracts is a path below", "Mend it"),
        ("contracts = ''", "contracts is a path below", "Mend it"),
        ("name = 7", "name is a name, not 7", "Mend it"),
        ("raw_schema = ' '", "raw_schema is a name", "Mend it"),
        ("[lint]\nstrict = 'yes'", "lint.strict is true or false, not 'yes'", "Mend it"),
        ("[lint]\nstrict = 1", "lint.strict is true or false, not 1", "Mend it"),
        ("[lint]\noff = ['team']", "lint.off is a table of rules with the reason of each", "Mend it"),
        ("[lint.off]\nteam = ''", "lint.off is a table of rules with the reason of each", "Mend it"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, text: str, message: str, remedy: str) -> None:
    with pytest.raises(CouldNotTell) as told:
        read(project(tmp_path, text))
    assert told.value.exit_code == 2
    assert str(tmp_path / "c360.toml") in told.value.message and message in told.value.message
    assert told.value.remedy.startswith(remedy)


def found(folder: Path, **env: str) -> Settings:
    return load(env, folder)


def test_it_is_found_from_any_subfolder_and_generated_contracts_lure_nobody(tmp_path: Path) -> None:
    project(tmp_path, "")
    for below in ("", "dbt_package/models/contracts", "contracts/sources/x"):
        (tmp_path / below).mkdir(parents=True, exist_ok=True)
        assert found(tmp_path / below).root == tmp_path
    inner = tmp_path / "contracts" / "sources"
    assert found(project(inner, "") / "x").root == inner, "the nearest"


def test_a_folder_of_contracts_alone_is_no_project(tmp_path: Path) -> None:
    (tmp_path / "contracts").mkdir()
    with pytest.raises(CouldNotTell, match=r"no c360\.toml") as told:
        found(tmp_path)
    assert "C360_ROOT" in told.value.remedy
    assert found(tmp_path / "x", C360_ROOT=str(tmp_path)).contracts == tmp_path / "contracts"


def test_the_list_of_classifications_is_the_projects_own_or_ours(tmp_path: Path) -> None:
    ours = read(ROOT).classifications or ""
    assert classifications() == classifications(ROOT / ours) and classifications()[0] == "public"
    own = tmp_path / "levels.yaml"
    own.write_text("classifications: [{name: open}, {name: shut}]\n")
    assert classifications(own) == ["open", "shut"]


@pytest.mark.parametrize("text", ["levels: []", "classifications: 5", "classifications: [open]", "classifications: []"])
def test_a_list_of_another_shape_is_told(tmp_path: Path, text: str) -> None:
    own = tmp_path / "levels.yaml"
    own.write_text(text)
    with pytest.raises(Breach, match=r"levels\.yaml holds no list"):
        classifications(own)
