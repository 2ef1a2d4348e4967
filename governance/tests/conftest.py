"""Fixtures of every test: a shared server, and a database of its own per module."""

from c360.database.testing import database, server  # noqa: F401
