"""The flow as assets of Dagster, on the project of `c360 init --example`. Try it in that project's folder:

dagster dev -f dagster_assets.py

A broken clause fails at once, since a retry would find the same. What could not be told (no database, a file that is
not there yet) is tried again. A retry is safe: what was accepted before is `repeated`, and changes nothing.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

import c360

ROOT = Path(os.environ.get("C360_ROOT", "."))
RETRY = dg.RetryPolicy(max_retries=2, delay=float(os.environ.get("RETRY_SECONDS", "60")))


@contextmanager
def as_failure() -> Iterator[None]:
    """Errors of c360 as failures of a step, with what to do as their description."""
    try:
        yield
    except c360.Broken as error:
        raise dg.Failure(f"{error.message} {error.remedy}", allow_retries=False) from error
    except c360.CouldNotTell as error:
        raise dg.Failure(f"{error.message} {error.remedy}") from error


@dg.asset(retry_policy=RETRY)
def counts() -> dg.MaterializeResult:
    """The delivery, through the gate into raw."""
    with as_failure():
        (delivery,) = c360.open_project(ROOT).ingest("counts", ROOT / "deliveries" / "counts.csv")
    said = ("outcome", "delivered", "promoted", "quarantined")
    return dg.MaterializeResult(metadata={name: delivery[name] for name in said})


@dg.asset(deps=[counts], retry_policy=RETRY)
def bicycles_by_day() -> dg.MaterializeResult:
    """What dbt builds of it, tests included."""
    with as_failure():
        built = c360.open_project(ROOT).build()
    return dg.MaterializeResult(metadata={"nodes": built["nodes"]})


@dg.asset_check(asset=bicycles_by_day, blocking=True)
def contracts_hold() -> dg.AssetCheckResult:
    """Each clause of each contract, by datacontract-cli."""
    with as_failure():
        try:
            verdicts = c360.open_project(ROOT).verify()
        except c360.Broken as error:
            verdicts = error.result
    broken = [verdict["clause"] for verdict in verdicts if verdict["outcome"] == "failed"]
    return dg.AssetCheckResult(passed=not broken, metadata={"clauses": len(verdicts), "broken": broken})


defs = dg.Definitions(assets=[counts, bicycles_by_day], asset_checks=[contracts_hold])
