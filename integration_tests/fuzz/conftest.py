"""How much is fuzzed: little and always the same in `make test`, much and seeded in `make fuzz`."""

import pytest
from hypothesis import HealthCheck, settings

for name, how in {
    "short": {"max_examples": 60, "derandomize": True},
    "fuzz": {"max_examples": 2000},
}.items():
    # An example may go through the database: its time says nothing.
    settings.register_profile(name, deadline=None, suppress_health_check=[HealthCheck.too_slow], **how)


def pytest_configure(config: pytest.Config) -> None:
    if not config.getoption("--hypothesis-profile"):
        settings.load_profile("short")
