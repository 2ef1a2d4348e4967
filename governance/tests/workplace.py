"""The command line on a database of the tests, and rows as the repository's contracts want them."""

import atexit
import contextlib
import csv
import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from c360.contract.findings import LintRules
from c360.database import connect
from c360.lint.lint import find_sound
from c360.model import Contract
from c360.settings import Settings

NOW = "2026-03-01T12:00:00Z"
LOADED = "2026-03-01 10:00:00"

_OURS = ("C360_", "PG", "DBT_", "GITHUB_")
_TOLD = ("C360_DBT_PACKAGES", "C360_CATALOG_TEST_URL", "C360_OPENMETADATA_TOKEN")
"""What a test may be told: where Elementary's packages are, and of which catalogue `make catalog-test` is."""
for _name in [name for name in os.environ if name.startswith(_OURS) and name not in _TOLD]:
    del os.environ[_name]  # the home, database and clock of a developer or a CI job are no part of a test

MISLEADING = {
    "PGSERVICE": "nowhere", "PGHOSTADDR": "127.0.0.1", "PGOPTIONS": "-c default_transaction_read_only=on",
    "PGCLIENTENCODING": "LATIN1", "PGDATESTYLE": "German",
}  # fmt: skip
"""What a shell may hold for other programs, and no command of c360 listens to."""


@dataclass(frozen=True)
class Answer:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def only(self) -> Any:
        """The one delivery that an ingest was about."""
        (entry,) = self.json
        return entry


class Parsed:
    """What dbt has parsed, carried from one home to the next of this process: dbt takes it where nothing differs."""

    def __init__(self) -> None:
        self.kept = Path(tempfile.mkdtemp(prefix="c360-parsed-"))
        atexit.register(shutil.rmtree, self.kept, ignore_errors=True)

    @contextlib.contextmanager
    def carried(self, home: Path, *known_by: object) -> Iterator[None]:
        """`known_by` is what a parsed project depends on beside its files: dbt's variables."""
        kept = self.kept / hashlib.sha256(repr(known_by).encode()).hexdigest()[:16]
        before = set(_parsed(home))
        for path in _parsed(kept):
            if path not in before:
                (home / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(kept / path, home / path)
        yield
        for path in _parsed(home):
            if not (kept / path).exists():
                (kept / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(home / path, kept / path)


def _parsed(folder: Path) -> list[Path]:
    return [path.relative_to(folder) for path in folder.glob("dbt/target*/partial_parse.msgpack")]


PARSED = Parsed()
_SOUND: dict[object, list[Contract]] = {}


def _find_sound(path: Path, classifications: Sequence[str], rules: LintRules, raw_schema: str) -> list[Contract]:
    """As lint's own, once for the same bytes: every command reads the contracts, and most tests have the same."""
    files = ((file, file.read_bytes()) for file in sorted(path.rglob("*")) if file.is_file())
    key = (path, *files, *classifications, repr(rules), raw_schema)
    if key not in _SOUND:
        _SOUND[key] = find_sound(path, classifications, rules, raw_schema)
    return _SOUND[key]


@dataclass(frozen=True)
class Workplace:
    """The command line on one database, in this process, and questions to that database."""

    settings: Settings
    folder: Path

    @property
    def env(self) -> dict[str, str]:
        return {
            "C360_ROOT": str(self.settings.root),
            "C360_HOME": str(self.settings.home),
            "C360_DATABASE_URL": self.settings.database_url or "",
            "C360_DBT_PACKAGES": str(self.settings.home / "none"),  # Elementary has tests of its own
        } | MISLEADING

    def c360(self, *arguments: object, **env: str) -> Answer:
        from c360.cli import main

        out, err = io.StringIO(), io.StringIO()
        env = self.env | env
        with (
            PARSED.carried(self.settings.home, Path(env["C360_DBT_PACKAGES"], "elementary").exists()),
            mock.patch.dict(os.environ, env),
            mock.patch("c360.project.find_sound", _find_sound),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            pytest.raises(SystemExit) as ended,
        ):
            main([str(argument) for argument in arguments])
        return Answer(ended.value.code, out.getvalue(), err.getvalue())

    def ingest(self, dataset: str, *files: Path, as_of: str | None = NOW, contracts: Path | None = None) -> Answer:
        clock = ["--as-of", as_of] if as_of else []
        elsewhere = ["--contracts", contracts] if contracts else []
        return self.c360("ingest", dataset, *files, *clock, *elsewhere, "--json")

    def sql(self, statement: str, *arguments: object) -> list[tuple]:
        """As the user of the database's URL, who may do everything."""
        connection = connect(self.settings, role=None)
        try:
            with connection.transaction(), connection.cursor() as cursor:
                cursor.execute(statement, arguments or None).set_result(-1)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def counts(self) -> dict[str, int]:
        """Rows of every table there is; what landed must never be among them."""
        tables = self.sql(
            "select format('%I.%I', schemaname, tablename) from pg_tables "
            "where schemaname not in ('pg_catalog', 'information_schema') order by 1"
        )
        return {table: self.sql(f"select count(*) from {table}")[0][0] for (table,) in tables}

    def reset(self) -> None:
        """As if nothing had ever been delivered."""
        for schema in ("raw", "quarantine", "analytics", "governance", "superseded", "erasure", "seeds"):
            self.sql(f"drop schema if exists {schema} cascade")

    def write(self, name: str, rows: list[dict[str, Any]]) -> Path:
        """A CSV delivery as Python's own writer makes it; None is an empty field."""
        path = self.folder / name
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return path


def an_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def contact(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": an_id(number),
        "username": f"user{number}",
        "name": f"Person {number}",
        "gender": "F",
        "address": "1 Example Street\nSydney, NSW, 2000",
        "mail": f"person{number}@example.com",
        "birthdate": "1985-02-28",
        "_loaded_at_utc": LOADED,
    } | changes


def transaction(number: int, buyer: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": an_id(1_000_000 + number),
        "contact_id": an_id(buyer),
        "transaction_date": "2026-02-28 10:00:00.000",
        "amount": "12.50",
        "item_count": "1",
        "category": "Books",
        "_loaded_at_utc": LOADED,
    } | changes


@dataclass(frozen=True)
class Make:
    """Rows as the contracts want them, with changes by column."""

    contact = staticmethod(contact)
    transaction = staticmethod(transaction)
    id = staticmethod(an_id)


@pytest.fixture(scope="session")
def make() -> Make:
    return Make()


@pytest.fixture(scope="module")
def shared_workplace(database: Settings, tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """The command line on the module's database, which keeps what earlier tests of the module put there."""
    return Workplace(database, tmp_path_factory.mktemp("deliveries"))


@pytest.fixture
def workplace(shared_workplace: Workplace, tmp_path: Path) -> Workplace:
    """The command line on the module's database, emptied for this test."""
    shared_workplace.reset()
    return Workplace(shared_workplace.settings, tmp_path)
