"""Scan: Soda over what landed, in process, through the scanner: contracts can hold SQL, which may only look."""

import json
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from c360.engine.interface import Verdict
from c360.engine.postgres.scanner import Scanner, scanner
from c360.errors import CouldNotTell
from c360.settings import Settings

_OUTCOMES = {"pass": "passed", "fail": "failed", "warn": "warned"}


def scan(settings: Settings, sodacl: str, search_path: Sequence[str], now: datetime) -> dict[str, Verdict]:
    """Run one generated SodaCL file, its tables found along `search_path`; returns a verdict by clause id.

    What is scanned must be committed. Raises CouldNotTell when Soda does not take the file.
    """
    _no_telemetry(settings.home)
    from soda.sampler.default_sampler import DefaultSampler
    from soda.scan import Scan

    run = Scan()
    run.set_data_source_name("gate")
    run.disable_telemetry()
    run.sampler = DefaultSampler()
    run.add_configuration_yaml_str("data_source gate:\n  type: c360\n  sampler:\n    samples_limit: 0\n")
    run.add_variables({"NOW": now.isoformat()})
    run.add_sodacl_yaml_str(sodacl)
    with scanner(settings, search_path) as looking, _as_data_source(looking):
        run.execute()
    return {check["name"]: _verdict(check) for check in run.get_scan_results()["checks"]} or _nothing(run)


@contextmanager
def _as_data_source(looking: Scanner) -> Iterator[None]:
    """While it lasts, Soda finds a data source of the type c360 where it looks for one: a module by that name."""
    from soda.data_sources.postgres_data_source import PostgresDataSource

    class C360DataSource(PostgresDataSource):
        def connect(self) -> Scanner:
            self.connection = looking
            return looking

        def get_max_aggregation_fields(self) -> int:
            return 1_000  # all row clauses in one query

    name = "soda.data_sources.c360_data_source"
    module = ModuleType(name)
    module.C360DataSource = C360DataSource  # type: ignore[attr-defined]
    sys.modules[name] = module
    try:
        yield
    finally:
        del sys.modules[name]


def _verdict(check: dict[str, Any]) -> Verdict:
    value = (check.get("diagnostics") or {}).get("value")
    outcome = _OUTCOMES.get(check.get("outcome") or "", "errored")
    return Verdict(outcome, float(value) if value is not None else None)


def _nothing(run: Any) -> dict[str, Verdict]:
    if run.has_error_logs():
        raise CouldNotTell("Soda could not read the generated checks.", "Run: c360 generate --check")
    return {}


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
