"""dbt on a database of the module's own, over raw tables that a test fills."""

import contextlib
import hashlib
import json
import os
from pathlib import Path
from unittest import mock

import pytest

from c360.database import libpq_env
from governance.tests.workplace import PARSED

RAW = """
create schema raw;
create table raw.contacts (
    id uuid, username text, name text, gender text, address text, mail text, birthdate date, _loaded_at_utc timestamp
);
create table raw.transactions (
    id uuid, contact_id uuid, transaction_date text, amount numeric(12,2), item_count integer, category text,
    _loaded_at_utc timestamp
);
"""


class Dbt:
    """dbt in this process on one database; what it parses with other variables goes to a target of its own."""

    AS_OF = "2026-03-01T12:00:00Z"
    PACKAGE = "package:customer360"
    SOURCES = ("source:salesforce", "source:web")

    def __init__(self, workplace, folder: Path):
        self.workplace, self.folder = workplace, folder
        self.project = workplace.settings.root / "integration_tests"
        installed = self.project / "dbt_packages" / "customer360"  # as `dbt deps` does, but safe in parallel
        installed.parent.mkdir(exist_ok=True)
        with contextlib.suppress(FileExistsError):
            installed.symlink_to(Path("../../dbt_package"))

    def __call__(self, *arguments, as_of=AS_OF, variables=None, **env):
        from dbt.cli.main import dbtRunner

        home = self.workplace.settings.home
        parsed_by = ("seeds" in arguments, sorted((variables or {}).items()))
        target = home / "dbt" / f"target-{hashlib.sha256(repr(parsed_by).encode()).hexdigest()[:8]}"
        settings = libpq_env(self.workplace.settings) | {
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "DBT_PROJECT_DIR": str(self.project),
            "DBT_PROFILES_DIR": str(self.project),
            "DBT_TARGET_PATH": str(target),
            "DBT_LOG_PATH": str(self.folder / "logs"),
            "C360_AS_OF": as_of,
        }
        with PARSED.carried(home, "package", *parsed_by), mock.patch.dict(os.environ, settings | env):
            return dbtRunner().invoke([*arguments, "--quiet", "--vars", json.dumps(variables or {})])

    def make_raw(self):
        """Raw tables without keys, as a lake has them."""
        self.workplace.sql(RAW)

    def insert(self, table, *rows):
        for row in rows:
            columns, marks = ", ".join(row), ", ".join(["%s"] * len(row))
            self.workplace.sql(f"insert into raw.{table} ({columns}) values ({marks})", *row.values())

    def outcomes(self, *arguments, **options):
        """{name: status} of every node that ran."""
        outcome = self(*arguments, **options)
        assert outcome.result is not None, outcome.exception
        return {node.node.name: str(node.status) for node in outcome.result}

    def bad(self, *arguments, **options):
        """The tests that did not pass."""
        outcomes = self.outcomes(*arguments, **options)
        return {name for name, status in outcomes.items() if status in ("fail", "error", "warn", "runtime error")}


@pytest.fixture(scope="module")
def dbt(shared_workplace, tmp_path_factory):
    return Dbt(shared_workplace, tmp_path_factory.mktemp("dbt"))


@pytest.fixture
def raw(workplace, make, dbt):
    """Three contacts, two of whom bought."""
    dbt.make_raw()
    dbt.insert("contacts", *(make.contact(n) for n in (1, 2, 3)))
    dbt.insert(
        "transactions",
        make.transaction(1, 1, amount="10.00"),
        make.transaction(2, 1, amount="2.50", category="Beauty", transaction_date="2026-02-27 23:59:59.999"),
        make.transaction(3, 2),
    )
    return workplace
