"""Pytest fixtures: one throw-away server for a whole test run, and a database of its own per test module.

A conftest.py takes them by `from governance.tests.servers import database, server  # noqa: F401`.
"""

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from psycopg import sql

from c360 import database as database_module
from c360.database import server as server_module
from c360.ledger.tables import prepare
from c360.settings import Settings, load

if TYPE_CHECKING:
    from psycopg import Connection

ROOT = Path(__file__).parents[2]
"""The repository."""


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Settings]:
    """Settings of a running embedded server, shared by all workers of the run; the last one stops it."""
    shared = tmp_path_factory.getbasetemp()
    if hasattr(request.config, "workerinput"):  # a worker of pytest-xdist: its folder is in the run's
        shared = shared.parent
    with _users(shared / "server.json") as state:
        if not state.get("home"):
            # Not under pytest's own folder: sockets want short paths.
            state["home"] = tempfile.mkdtemp(prefix="c360-test-")
        settings = load({"C360_ROOT": str(ROOT), "C360_HOME": state["home"]})
        server_module.start(settings)
        if not state.get("users"):
            _run(settings, sql.SQL("alter system set fsync = off"), sql.SQL("select pg_reload_conf()"))
        state["users"] = [*state.get("users", []), os.getpid()]
    yield settings
    with _users(shared / "server.json") as state:
        state["users"].remove(os.getpid())
        if not any(psutil.pid_exists(pid) for pid in state["users"]):
            server_module.stop(settings)
            shutil.rmtree(settings.home, ignore_errors=True)
            state.clear()


@pytest.fixture(scope="module")
def database(server: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of an empty database and an empty home; both are gone after the module.

    A process of the run has one name for all of them: what dbt has parsed holds for one connection and home alone.
    """
    home = tmp_path_factory.getbasetemp() / "home"
    home.mkdir()
    try:
        with database_of_its_own(server, f"test_{os.getpid()}") as url:
            yield replace(server, home=home, database_url=url)
    finally:  # else what fails for one module fails for all after it
        shutil.rmtree(home)


@pytest.fixture
def db(database: Settings) -> "Iterator[Connection]":
    """A connection to the module's database, whose ledger is as new."""
    connection = database_module.connect(database)
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("drop schema if exists governance cascade; drop schema if exists quarantine cascade")
    prepare(connection)
    yield connection
    connection.close()


@contextmanager
def database_of_its_own(server: Settings, name: str) -> Iterator[str]:
    """The address of an empty database, which is gone afterwards."""
    _run(server, sql.SQL("create database {}").format(sql.Identifier(name)))
    yield database_module.url(server).replace(f"/{server_module.DATABASE}?", f"/{name}?")
    _run(server, sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@contextmanager
def _users(path: Path) -> Iterator[dict[str, Any]]:
    """What the workers tell each other, read and written under a lock."""
    with path.open("a+") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        handle.seek(0)
        state = json.loads(handle.read() or "{}")
        yield state
        handle.truncate(0)
        handle.write(json.dumps(state))


def _run(settings: Settings, *statements: sql.Composable) -> None:
    connection = database_module.connect(settings, role=None, database="postgres")
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    finally:
        connection.close()
