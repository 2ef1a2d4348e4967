"""Scan: Soda over what landed, in process and inside the gate's own transaction.

Soda gets our connection, so it sees rows that nobody else sees yet. It may only read: contracts can hold SQL.
"""

import json
import logging
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from c360.errors import CouldNotTell

if TYPE_CHECKING:
    from psycopg2.extensions import connection

_OUTCOMES = {"pass": "passed", "fail": "failed", "warn": "warned"}


@dataclass(frozen=True)
class Verdict:
    """Soda's word on one clause; `measured` is None when it could not tell."""

    outcome: str
    measured: float | None


class _Shared:
    """Our connection, lent to Soda: it can neither commit, close nor undo more than a failed query of its own."""

    def __init__(self, database: "connection") -> None:
        self._database = database

    def cursor(self) -> Any:
        cursor = self._database.cursor()
        cursor.execute("savepoint soda")
        return cursor

    def rollback(self) -> None:
        with self._database.cursor() as cursor:
            cursor.execute("rollback to savepoint soda")

    def commit(self) -> None: ...

    def close(self) -> None: ...


def scan(database: "connection", sodacl: str, schema: str, now: datetime, home: Path) -> dict[str, Verdict]:
    """Run one generated SodaCL file over `schema`; returns a verdict by clause id.

    Raises CouldNotTell when Soda does not take the file.
    """
    _no_telemetry(home)
    from soda.sampler.default_sampler import DefaultSampler
    from soda.scan import Scan

    run = Scan()
    run.set_data_source_name("gate")
    run.disable_telemetry()
    run.sampler = DefaultSampler()
    run.add_configuration_yaml_str(
        "data_source gate:\n  type: postgres\n  host: shared\n  username: shared\n  database: shared\n"
        f"  schema: {schema}\n  sampler:\n    samples_limit: 0\n"
    )
    run.add_variables({"NOW": now.isoformat()})
    run.add_sodacl_yaml_str(sodacl)
    with database.cursor() as cursor:
        cursor.execute("savepoint scan; set local transaction_read_only = on")
        try:
            with _lent(run, database):
                run.execute()
        finally:
            cursor.execute("rollback to savepoint scan")
    return {check["name"]: _verdict(check) for check in run.get_scan_results()["checks"]} or _nothing(run)


def _verdict(check: dict[str, Any]) -> Verdict:
    value = (check.get("diagnostics") or {}).get("value")
    outcome = _OUTCOMES.get(check.get("outcome") or "", "errored")
    return Verdict(outcome, float(value) if value is not None else None)


def _nothing(run: Any) -> dict[str, Verdict]:
    if run.has_error_logs():
        raise CouldNotTell("Soda could not read the generated checks.", "Run: c360 generate --check")
    return {}


class _lent:
    """While it lasts, Soda's Postgres source uses our connection and reads all row clauses in one query."""

    def __init__(self, run: Any, database: "connection") -> None:
        from soda.data_sources.postgres_data_source import PostgresDataSource

        self._source = PostgresDataSource
        self._shared = _Shared(database)
        self._kept = (PostgresDataSource.connect, PostgresDataSource.get_max_aggregation_fields)

    def __enter__(self) -> None:
        shared = self._shared

        def connect(source: Any) -> Any:
            source.connection = shared
            return shared

        self._source.connect = connect
        self._source.get_max_aggregation_fields = lambda source: 1_000

    def __exit__(self, *_: object) -> None:
        self._source.connect, self._source.get_max_aggregation_fields = self._kept


def _no_telemetry(home: Path) -> None:
    """Soda asks a file whether it may phone home, and writes one into the user's home if there is none: so ours."""
    logging.getLogger("soda").setLevel(logging.CRITICAL)
    from soda.common.config_helper import ConfigHelper

    folder = home / "soda"
    folder.mkdir(parents=True, exist_ok=True)
    answer = folder / "config.yml"
    if not answer.exists():
        answer.write_text(json.dumps({"send_anonymous_usage_stats": False, "user_cookie_id": "none"}))
    ConfigHelper.LOAD_PATHS = [str(answer)]
    ConfigHelper.get_instance()
