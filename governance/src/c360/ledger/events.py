"""Events of OpenLineage (https://openlineage.io): what a stage read, made and found, for whichever catalogue listens.

They are off unless the environment says where to send them, as OpenLineage's own client reads it. They are made from
the ledger: it holds all that an event says, so nothing is lost with one. No value of a row is in an event.
"""

import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from queue import Queue
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from uuid import UUID

from c360.contract import servers
from c360.contract.catalog import Catalog
from c360.errors import DISTRIBUTION
from c360.model import Contract, Dataset
from c360.settings import load

if TYPE_CHECKING:
    from psycopg import Connection

PATIENCE_S = 3
"""So long the end of a command waits for a receiver."""
PARENT = "OPENLINEAGE_PARENT_ID"
"""`<namespace>/<job>/<run>` of the run that this one is a part of. OpenLineage's integration of dbt reads it too."""
_VERBS = {"gate": "ingest"}
_PRODUCER = f"https://pypi.org/project/{DISTRIBUTION}"


class Run(Protocol):
    """A run of the history."""

    @property
    def id(self) -> UUID: ...
    @property
    def stage(self) -> str: ...
    @property
    def as_of(self) -> datetime: ...


class Ending(Protocol):
    """How it ended; outcome None leaves it off the record."""

    @property
    def outcome(self) -> str | None: ...
    @property
    def detail(self) -> str | None: ...
    @property
    def released(self) -> list[tuple[str, str, str, int]]: ...


def are_on() -> bool:
    """Whether somebody listens, by what the client itself would read."""
    if os.environ.get("OPENLINEAGE_DISABLED", "").lower() in ("true", "1"):
        return False
    named = any(name in ("OPENLINEAGE_URL", "OPENLINEAGE_CONFIG") or name.startswith("OPENLINEAGE__TRANSPORT")
                for name in os.environ)  # fmt: skip
    return named or Path("openlineage.yml").is_file()


@contextmanager
def told(database: "Connection", run: Run, subject: str, catalog: Catalog, ending: Ending) -> Iterator[None]:
    """Tell of a run that it starts, and of its `ending`, unless that leaves it off the record. Meanwhile this run is
    the parent of others."""
    if not are_on():
        yield
        return
    stage = _Stage(database, run, subject, catalog)
    sender = _Sender()
    sender.send(lambda: stage.event("START"))
    before = os.environ.get(PARENT)
    os.environ[PARENT] = f"{stage.namespace}/{stage.job}/{run.id}"
    try:
        yield
    finally:
        if before is None:
            del os.environ[PARENT]
        else:
            os.environ[PARENT] = before
        state = "ABORT" if ending.outcome is None else "COMPLETE" if ending.outcome == "passed" else "FAIL"
        sender.send(lambda: stage.event(state, ending))
        sender.wait()


class _Found(NamedTuple):
    """What the ledger has of a clause in one run."""

    clause: str
    dataset: str
    outcome: str
    rows: int | None


class _Stage:
    def __init__(self, database: "Connection", run: Run, subject: str, catalog: Catalog) -> None:
        self._database, self._run, self._subject, self._catalog = database, run, subject, catalog
        self.namespace = os.environ.get("OPENLINEAGE_NAMESPACE", "c360")
        verb = _VERBS.get(run.stage, run.stage)
        self.job = verb if subject == "*" else f"{verb}.{subject}"
        self._parent = os.environ.get(PARENT, "").split("/")

    def event(self, state: str, ending: Ending | None = None) -> Any:
        """The event; its datasets are known at the end alone."""
        from openlineage.client import event_v2
        from openlineage.client.facet_v2 import (
            error_message_run,
            job_type_job,
            nominal_time_run,
            parent_run,
            processing_engine_run,
        )

        facets: dict[str, Any] = {
            "nominalTime": nominal_time_run.NominalTimeRunFacet(_written(self._run.as_of)),
            "processing_engine": processing_engine_run.ProcessingEngineRunFacet(version(DISTRIBUTION), "c360"),
        }
        if len(self._parent) == 3:
            namespace, job, run = self._parent
            facets["parent"] = parent_run.ParentRunFacet(parent_run.Run(run), parent_run.Job(namespace, job))
        if ending and state == "FAIL" and ending.detail:
            facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(ending.detail, "Python")
        kind = job_type_job.JobTypeJobFacet("BATCH", "C360", "JOB")
        inputs, outputs = self._datasets(ending) if ending and ending.outcome else ([], [])
        return event_v2.RunEvent(
            eventTime=_written(datetime.now(UTC)), producer=_PRODUCER, eventType=event_v2.RunState[state],
            run=event_v2.Run(str(self._run.id), facets), job=event_v2.Job(self.namespace, self.job, {"jobType": kind}),
            inputs=inputs, outputs=outputs,
        )  # fmt: skip

    def _datasets(self, ending: Ending) -> tuple[list[Any], list[Any]]:
        """What the run read, with what it found there, and what it made."""
        found = self._found()
        pairs = list(self._catalog.pairs())
        judged = [self._input(c, d, [f for f in found if f.dataset == d.name]) for c, d in pairs]
        inputs = [one for one in judged if one is not None]
        if self._run.stage == "gate":
            return self._delivered(found)
        if self._run.stage == "build":
            return inputs, [self._output(c, d) for c, d in pairs if c.layer == "products" and self._is_built(d)]
        if self._run.stage == "publish" and self._subject != "*":
            return self._shared(ending)
        return inputs, []

    def _found(self) -> list[_Found]:
        return [
            _Found(*row)
            for row in self._asked(
                "select clause, dataset, outcome, rows from governance.history where run_id = %s and engine <> 'c360' "
                "order by clause",
                str(self._run.id),
            )
        ]

    def _asked(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        with self._database.transaction(), self._database.cursor() as cursor:
            cursor.execute(query, parameters)
            return cursor.fetchall()

    def _delivered(self, found: list[_Found]) -> tuple[list[Any], list[Any]]:
        """The file, by its name alone, with the verdicts of the gate; and raw, with the rows that went there."""
        from openlineage.client.event_v2 import InputDataset
        from openlineage.client.facet_v2 import data_quality_metrics_input_dataset

        contract, dataset = self._catalog.find(self._subject)
        account = self._asked(
            "select file_name, delivered, promoted from governance.delivery where dataset = %s and as_of = %s "
            "order by delivery_id desc limit 1",
            dataset.name,
            self._run.as_of,
        )
        if not account:
            return [], []
        ((file, delivered, promoted),) = account
        metrics = data_quality_metrics_input_dataset.DataQualityMetricsInputDatasetFacet({}, rowCount=delivered)
        facets = self._assertions(dataset, found) | {"dataQualityMetrics": metrics}
        return [InputDataset("file", str(file), inputFacets=facets)], [self._output(contract, dataset, promoted)]

    def _shared(self, ending: Ending) -> tuple[list[Any], list[Any]]:
        """The products of the releases that this run made, and the views on them; without what is in them."""
        from openlineage.client.event_v2 import OutputDataset
        from openlineage.client.facet_v2 import output_statistics_output_dataset

        inputs, outputs = [], []
        for product, schema, view, published in ending.released:
            inputs.append(self._input(*self._catalog.find(product), [], needed=True))
            rows = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(rowCount=published)
            name = f"{self._database.info.dbname}.{schema}.{view}"
            outputs.append(OutputDataset(self._postgres(), name, outputFacets={"outputStatistics": rows}))
        return inputs, outputs

    def _is_built(self, dataset: Dataset) -> bool:
        return bool(
            self._asked(
                "select 1 from pg_class as c join pg_namespace as n on n.oid = c.relnamespace "
                "where n.nspname = %s and c.relname = %s",
                dataset.schema,
                dataset.table,
            )
        )

    def _input(self, contract: Contract, dataset: Dataset, found: list[_Found], needed: bool = False) -> Any | None:
        from openlineage.client.event_v2 import InputDataset

        if not found and not needed:
            return None
        namespace, name = self._name(contract, dataset)
        facets = self._assertions(dataset, found) if found else {}
        return InputDataset(namespace, name, facets=_schema(dataset), inputFacets=facets)

    def _output(self, contract: Contract, dataset: Dataset, rows: int | None = None) -> Any:
        from openlineage.client.event_v2 import OutputDataset
        from openlineage.client.facet_v2 import output_statistics_output_dataset

        namespace, name = self._name(contract, dataset)
        statistics = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(rowCount=rows)
        facets: dict[str, Any] = {} if rows is None else {"outputStatistics": statistics}
        return OutputDataset(namespace, name, facets=_schema(dataset), outputFacets=facets)

    def _name(self, contract: Contract, dataset: Dataset) -> tuple[str, str]:
        """As the standard names tables (spec/Naming.md)."""
        if servers.engine_of(contract, load().engine) == "spark" and (host := servers.host_of(contract)):
            above = servers.unity_catalog_of(contract)
            return f"databricks://{host}", ".".join(filter(None, (above, dataset.schema, dataset.table)))
        return self._postgres(), f"{self._database.info.dbname}.{dataset.schema}.{dataset.table}"

    def _postgres(self) -> str:
        info = self._database.info
        host = "localhost" if info.host.startswith("/") else info.host  # the path of a socket is this machine's
        return f"postgres://{host}:{info.port}"

    def _assertions(self, dataset: Dataset, found: Iterable[_Found]) -> dict[str, Any]:
        """One a clause, by its id. A clause that nobody could judge is none."""
        from openlineage.client.facet_v2 import data_quality_assertions_dataset as facet

        clauses = {clause.id: clause for clause in dataset.clauses}
        assertions = [
            facet.Assertion(
                assertion=clauses[one.clause].kind.name,
                success=one.outcome == "passed",
                column=_physical(dataset, clauses[one.clause].column),
                severity="warn" if clauses[one.clause].severity == "warning" else "error",
                name=one.clause,
                actual=None if one.rows is None else str(one.rows),
            )
            for one in found
            if one.clause in clauses and one.outcome in ("passed", "failed", "warned")
        ]
        return {"dataQualityAssertions": facet.DataQualityAssertionsDatasetFacet(assertions)}


def _physical(dataset: Dataset, column: str | None) -> str | None:
    return dataset.physical(column) if column else None


def _schema(dataset: Dataset) -> dict[str, Any]:
    from openlineage.client.facet_v2 import schema_dataset

    fields = [
        schema_dataset.SchemaDatasetFacetFields(c.physical_name, c.physical_type, c.description or None)
        for c in dataset.columns
    ]
    return {"schema": schema_dataset.SchemaDatasetFacet(fields)}


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _Sender:
    """Sends events in their order, beside the stage: a receiver that is down delays nothing but the end, a little."""

    def __init__(self) -> None:
        self._queue: Queue[Any] = Queue()
        self._failed = ""
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def send(self, make: Callable[[], Any]) -> None:
        """An event is made at once, from what the ledger has now."""
        try:
            self._queue.put(make())
        except ModuleNotFoundError:
            self._failed = f"its client is not installed (pip install '{DISTRIBUTION}[openlineage]')"
        except Exception as error:  # the run's own error is the one to see
            self._failed = type(error).__name__

    def wait(self) -> None:
        self._queue.put(None)
        self._thread.join(PATIENCE_S)
        if self._thread.is_alive():
            self._failed = f"no answer within {PATIENCE_S} seconds"
        if self._failed:
            print(f"OpenLineage has no event of this run: {self._failed}. It is in the ledger.", file=sys.stderr)

    def _work(self) -> None:
        import logging

        logging.getLogger("openlineage").addHandler(logging.NullHandler())
        logging.getLogger("openlineage").propagate = False  # what it logs may name the receiver's key
        try:
            from openlineage.client import OpenLineageClient

            client = OpenLineageClient()
            while (event := self._queue.get()) is not None:
                client.emit(event)
        except Exception as error:
            self._failed = type(error).__name__
