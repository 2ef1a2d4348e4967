"""The flow as a DAG of Airflow, on the project of `c360 init --example`. Put it into the folder of DAGs, and set
`C360_ROOT` to the folder of the project.

A broken clause fails at once, since a retry would find the same. What could not be told (no database, a file that is
not there yet) is tried again. A retry is safe: what was accepted before is `repeated`, and changes nothing.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.exceptions import AirflowException
from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowFailException

import c360

ROOT = Path(os.environ.get("C360_ROOT", "."))
RETRY = {"retries": 2, "retry_delay": timedelta(seconds=float(os.environ.get("RETRY_SECONDS", "60")))}


@contextmanager
def as_failure() -> Iterator[None]:
    """Errors of c360 as those of Airflow, with what to do in their message."""
    try:
        yield
    except c360.Broken as error:
        raise AirflowFailException(f"{error.message} {error.remedy}") from error
    except c360.CouldNotTell as error:
        raise AirflowException(f"{error.message} {error.remedy}") from error


@dag(schedule="@daily", start_date=datetime(2026, 1, 1, tzinfo=UTC), catchup=False, default_args=RETRY)
def counts() -> None:
    """From a delivery to tables that keep their contracts."""

    @task
    def ingest() -> dict[str, Any]:
        with as_failure():
            (delivery,) = c360.open_project(ROOT).ingest("counts", ROOT / "deliveries" / "counts.csv")
        return dict(delivery)

    @task
    def build() -> None:
        with as_failure():
            c360.open_project(ROOT).build()

    @task
    def verify() -> int:
        with as_failure():
            return len(c360.open_project(ROOT).verify())

    ingest() >> build() >> verify()


counts_dag = counts()
