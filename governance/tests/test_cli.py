"""The command line: a tool that is not installed is told with the command that installs it."""

import sys
import tomllib
from pathlib import Path

import pytest

from c360.cli import EXTRAS, main

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("tool", EXTRAS)
def test_what_is_not_installed_is_told(tool, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, tool, None)  # as if it were not there
    monkeypatch.setattr("c360.cli.c360.main", lambda *_, **__: __import__(tool))
    with pytest.raises(SystemExit) as ended:
        main(["lint"])
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert f"needs {tool}" in said and f"pip install 'customer360-governance[{EXTRAS[tool]}]'" in said


def test_every_extra_that_is_named_is_declared():
    project = tomllib.loads((ROOT / "governance/pyproject.toml").read_text())["project"]
    assert set(EXTRAS.values()) < set(project["optional-dependencies"])
