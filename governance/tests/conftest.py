"""Fixtures of every test: a shared server, and a database of its own per module."""

from hypothesis import settings

from c360.engine.postgres.testing import database, server  # noqa: F401
from governance.tests.workplace import make, shared_workplace, workplace  # noqa: F401

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
