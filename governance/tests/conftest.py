"""Fixtures of every test: a shared server, and a database of its own per module."""

import pytest
from hypothesis import settings

from governance.tests.servers import database, db, server  # noqa: F401
from governance.tests.workplace import make, shared_workplace, workplace  # noqa: F401

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "server" in getattr(item, "fixturenames", ()):
            item.add_marker("server")
