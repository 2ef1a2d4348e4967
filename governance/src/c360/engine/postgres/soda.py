"""Scan: Soda over what landed, in process, through the scanner: contracts can hold SQL, which may only look.

All that c360 knows of Soda is here and in the data source of its own (`soda.data_sources.c360_data_source`).
"""

import json
import logging
from collections.abc import Sequence
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path
from typing import Any

from c360.database.scanner import Scanner, scanner
from c360.engine.interface import Verdict
from c360.errors import CouldNotTell
from c360.ledger.history import Outcome
from c360.settings import Settings

_OUTCOMES: dict[str, Outcome] = {"pass": "passed", "fail": "failed", "warn": "warned"}
LENT: ContextVar[Scanner] = ContextVar("LENT")
"""Through whom Soda looks, while it scans."""


def scan(settings: Settings, sodacl: str, search_path: Sequence[str], now: datetime) -> dict[str, Verdict]:
    """Run one generated SodaCL file, its tables found along `search_path`; returns a verdict by clause id.

    What is scanned must be committed. Raises CouldNotTell when Soda does not take the file.
    """
    no_telemetry(settings.home)
    from soda.sampler.default_sampler import DefaultSampler
    from soda.scan import Scan

    run = Scan()
    run.set_data_source_name("gate")
    run.disable_telemetry()
    run.sampler = DefaultSampler()
    run.add_configuration_yaml_str("data_source gate:\n  type: c360\n  sampler:\n    samples_limit: 0\n")
    run.add_variables({"NOW": now.isoformat()})
    run.add_sodacl_yaml_str(sodacl)
    with scanner(settings, search_path) as looking:
        lent = LENT.set(looking)
        try:
            run.execute()
        finally:
            LENT.reset(lent)
    return {check["name"]: _verdict(check) for check in run.get_scan_results()["checks"]} or _nothing(run)


def _verdict(check: dict[str, Any]) -> Verdict:
    value = (check.get("diagnostics") or {}).get("value")
    outcome = _OUTCOMES.get(check.get("outcome") or "", "errored")
    return Verdict(outcome, float(value) if value is not None else None)


def _nothing(run: Any) -> dict[str, Verdict]:
    if run.has_error_logs():
        raise CouldNotTell("Soda could not read the generated checks.", "Run: c360 generate --check")
    return {}


def no_telemetry(home: Path) -> None:
    """Before Soda is imported: it asks a file whether it may phone home, and writes one that says yes into the user's
    home if there is none. So there is one of ours, which it is told to look at first."""
    logging.getLogger("soda").setLevel(logging.CRITICAL)
    from soda.common.config_helper import ConfigHelper

    folder = home / "soda"
    folder.mkdir(parents=True, exist_ok=True)
    answer = folder / "config.yml"
    if not answer.exists():
        answer.write_text(json.dumps({"send_anonymous_usage_stats": False, "user_cookie_id": "none"}))
    ConfigHelper.get_instance(str(answer))
