"""Fixtures and profiles of the fuzz tests: a quick, repeatable run by default, many examples by `make fuzz`."""

import pytest
from hypothesis import HealthCheck, settings

from c360.database.testing import database, server  # noqa: F401

_ALIKE = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]}
settings.register_profile("fuzz", max_examples=2000, **_ALIKE)
settings.register_profile("quick", max_examples=60, derandomize=True, **_ALIKE)


def pytest_configure(config: pytest.Config) -> None:
    if not config.getoption("--hypothesis-profile"):
        settings.load_profile("quick")
