"""A new project: what it begins with is sound, and nothing is ever overwritten."""

from pathlib import Path

import pytest

from c360.contract.classifications import classifications
from c360.contract.lint import lint
from c360.errors import CouldNotTell
from c360.scaffold import scaffold
from c360.settings import load


def test_a_new_project_is_one_and_its_contract_is_sound(tmp_path: Path) -> None:
    written = scaffold(tmp_path / "new")
    assert sorted(path for path in (tmp_path / "new").rglob("*") if path.is_file()) == sorted(written)
    settings = load({}, tmp_path / "new" / "warehouse")
    assert settings.root == tmp_path / "new"
    assert lint(settings.contracts, classifications(settings.classifications)) == []


@pytest.mark.parametrize("name", ["c360.toml", ".gitignore", "warehouse/models/bicycles_by_day.sql"])
def test_nothing_is_overwritten(tmp_path: Path, name: str) -> None:
    mine = tmp_path / name
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.write_text("mine")
    with pytest.raises(CouldNotTell, match="is there already"):
        scaffold(tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [mine] and mine.read_text() == "mine"
