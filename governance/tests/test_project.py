"""Contracts elsewhere, from outside any project: the environment still says which database and home."""

import re
import shutil
from pathlib import Path

from c360.project import open_project

ROOT = Path(__file__).parents[2]


def test_contracts_elsewhere_keep_the_database_and_home_of_the_environment(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "contracts", tmp_path / "theirs")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("C360_ROOT", raising=False)
    monkeypatch.setenv("C360_DATABASE_URL", "postgresql://u@localhost/x")
    monkeypatch.setenv("C360_HOME", str(tmp_path / "home"))
    settings = open_project(Path("theirs")).settings
    assert settings.root == tmp_path
    assert settings.database_url == "postgresql://u@localhost/x"
    assert settings.home == tmp_path / "home"


def test_what_names_no_schema_lies_in_that_of_the_settings(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "contracts/sources", tmp_path / "contracts/sources")
    (tmp_path / "c360.toml").write_text('raw_schema = "landed"\n')
    monkeypatch.setenv("C360_ROOT", str(tmp_path))
    for path in tmp_path.rglob("contacts/*.yaml"):
        path.write_text(re.sub("    type: (postgres|databricks)\n", "    type: custom\n", path.read_text()))
    catalog = open_project().catalog
    assert {dataset.name: dataset.schema for _, dataset in catalog.pairs()} == {
        "contacts": "landed",
        "transactions": "raw",
    }
