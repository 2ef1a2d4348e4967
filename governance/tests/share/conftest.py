"""Fixtures of tests of shares."""

from pathlib import Path

import pytest


@pytest.fixture
def patients(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A file of what the module has as PATIENTS."""
    path = tmp_path / "patients.csv"
    path.write_text(request.module.PATIENTS)
    return path
