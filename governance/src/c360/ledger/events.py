"""Events of OpenLineage (https://openlineage.io): what a stage read, made and found, for whichever catalogue listens.

They are off unless the environment says where to send them, as OpenLineage's own client reads it. They are made from
the ledger: it holds all that an event says, so nothing is lost with one. No value of a row is in an event.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from queue import Queue
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from urllib.parse import unquote, urlsplit
from uuid import UUID

from c360.contract import servers
from c360.contract.catalog import Catalog
from c360.database.shell import exported
from c360.errors import DISTRIBUTION
from c360.model import Contract, Dataset
from c360.settings import Settings, load

if TYPE_CHECKING:
    from psycopg import Connection

PATIENCE_S = 3
"""So long, in all, the ends of runs wait for a receiver, and no longer than this after an event went out."""
PAUSE_S = 60
"""So long nothing is sent to a receiver that took no event, or took this patience; then there is as much again."""
PARENT, ROOT = "OPENLINEAGE_PARENT_ID", "OPENLINEAGE_ROOT_PARENT_ID"
"""`<namespace>/<job>/<run>` of the run that this one is a part of, and of the one that all of it is a part of."""
CONTEXT = "OPENLINEAGE_CONTEXT"
"""Both as JSON, which count where it is set. OpenLineage's own integration of dbt reads all three."""
Table = tuple[str, str]
"""Schema and name."""
Column = tuple[Table, str]
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


class Made(NamedTuple):
    """A table or view that a run made: how many rows it wrote, None if nobody counted them; the tables that it is made
    of; by column the columns that its values come from, as far as that can be told."""

    table: Table
    rows: int | None
    reads: set[Table]
    columns: Mapping[str, set[Column]]


class Ending(Protocol):
    """How it ended; outcome None leaves it off the record."""

    @property
    def outcome(self) -> str | None: ...
    @property
    def detail(self) -> str | None: ...
    @property
    def made(self) -> Callable[[], list[Made]]: ...


def are_on() -> bool:
    """Whether somebody listens, by what the client itself would read."""
    if os.environ.get("OPENLINEAGE_DISABLED", "").lower() in ("true", "1"):
        return False
    named = any(name in ("OPENLINEAGE_URL", "OPENLINEAGE_CONFIG") or name.startswith("OPENLINEAGE__TRANSPORT")
                for name, value in os.environ.items() if value)  # fmt: skip
    places = (Path.cwd(), Path("~/.openlineage").expanduser())
    return named or any((place / "openlineage.yml").is_file() for place in places)


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
    try:
        with exported(stage.above_others()):
            yield
    finally:
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
        self._parent, self._root = _above(os.environ)

    def above_others(self) -> dict[str, str]:
        """Variables that tell programs of this run that it is above them, and what is above it."""
        own = (self.namespace, self.job, str(self._run.id))
        first = self._root or own
        context = {"parent": _as_json(own) | {"root": _as_json(first)}}
        return {PARENT: "/".join(own), ROOT: "/".join(first), CONTEXT: json.dumps(context)}

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
        if self._parent and self._root:
            (namespace, job, run), (above, first, root) = self._parent, self._root
            facets["parent"] = parent_run.ParentRunFacet(
                parent_run.Run(run),
                parent_run.Job(namespace, job),
                parent_run.Root(parent_run.RootRun(root), parent_run.RootJob(above, first)),
            )
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
        if self._run.stage == "gate":
            return self._delivered(found, ending)
        made = ending.made()
        read = {table for one in made for table in one.reads} - {one.table for one in made}
        judged = {f.dataset for f in found}
        inputs = [
            self._input(c, d, [f for f in found if f.dataset == d.name])
            for c, d in self._catalog.pairs()
            if d.name in judged or (d.schema, d.table) in read
        ]
        return inputs, [self._made(one) for one in made]

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

    def _delivered(self, found: list[_Found], ending: Ending) -> tuple[list[Any], list[Any]]:
        """The file, by its name alone, with the verdicts of the gate; and raw, with the rows that went there. Without
        verdicts nothing is on record of this delivery: what there is at its clock is of another one."""
        from openlineage.client.event_v2 import InputDataset
        from openlineage.client.facet_v2 import data_quality_metrics_input_dataset

        contract, dataset = self._catalog.find(self._subject)
        account = self._asked(
            "select file_name, delivered, promoted from governance.delivery where dataset = %s and as_of = %s "
            "order by delivery_id desc limit 1",
            dataset.name,
            self._run.as_of,
        )
        if not account or not found:
            return [], []
        ((file, delivered, promoted),) = account
        rows = None if ending.outcome == "errored" else promoted  # it was planned, and not done
        metrics = data_quality_metrics_input_dataset.DataQualityMetricsInputDatasetFacet({}, rowCount=delivered)
        facets = self._assertions(dataset, found) | {"dataQualityMetrics": metrics}
        return [InputDataset("file", str(file), inputFacets=facets)], [self._output(contract, dataset, rows)]

    def _made(self, made: Made) -> Any:
        """What a run made, with its columns, and those that they are made of."""
        from openlineage.client.event_v2 import OutputDataset
        from openlineage.client.facet_v2 import column_lineage_dataset as facet
        from openlineage.client.facet_v2 import schema_dataset

        known = self._tables
        fields = {
            column: facet.Fields(
                [facet.InputField(*self._name(*known[table]), name) for table, name in sorted(origins)]
            )
            for column, origins in made.columns.items()
            if origins
        }
        if made.table in known:
            one = self._output(*known[made.table], made.rows)
        else:
            columns = [schema_dataset.SchemaDatasetFacetFields(column) for column in made.columns]
            facets: dict[str, Any] = {"schema": schema_dataset.SchemaDatasetFacet(columns)}
            one = OutputDataset(*self._in_postgres(made.table), facets=facets, outputFacets=_counted(made.rows))
        if fields:
            one.facets["columnLineage"] = facet.ColumnLineageDatasetFacet(fields)
        return one

    def _input(self, contract: Contract, dataset: Dataset, found: list[_Found]) -> Any:
        from openlineage.client.event_v2 import InputDataset

        namespace, name = self._name(contract, dataset)
        facets = self._assertions(dataset, found) if found else {}
        return InputDataset(namespace, name, facets=_schema(dataset), inputFacets=facets)

    def _output(self, contract: Contract, dataset: Dataset, rows: int | None = None) -> Any:
        from openlineage.client.event_v2 import OutputDataset

        return OutputDataset(*self._name(contract, dataset), facets=_schema(dataset), outputFacets=_counted(rows))

    def _name(self, contract: Contract, dataset: Dataset) -> tuple[str, str]:
        """As the standard names tables: https://openlineage.io/docs/spec/naming. On Spark by the workspace that the
        contract or the session names; without one, by the place."""
        if servers.engine_of(contract, self._settings.engine) != "spark":
            return self._in_postgres((dataset.schema, dataset.table))
        host = servers.host_of(contract) or _of_session("spark.databricks.workspaceUrl")
        if host:
            above = servers.unity_catalog_of(contract) or "hive_metastore"  # of a workspace without Unity Catalog
            return f"unitycatalog://{host}", f"{above}.{dataset.schema}.{dataset.table}"
        place = urlsplit(_of_session("spark.sql.warehouse.dir") or (self._settings.home / "spark").as_uri())
        path = f"{unquote(place.path)}/{dataset.schema}.db/{dataset.table}"
        return (f"{place.scheme}://{place.netloc}", path.lstrip("/")) if place.netloc else ("file", path)

    @cached_property
    def _settings(self) -> Settings:
        return load()

    @cached_property
    def _tables(self) -> dict[Table, tuple[Contract, Dataset]]:
        return {(d.schema, d.table): (c, d) for c, d in self._catalog.pairs()}

    def _in_postgres(self, table: Table) -> tuple[str, str]:
        info = self._database.info
        host = "localhost" if info.host.startswith("/") else info.host  # the path of a socket is this machine's
        return f"postgres://{host}:{info.port}", ".".join((info.dbname, *table))

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


def _of_session(name: str) -> str:
    """What the session of Spark says, if one runs here; some of Databricks tell little."""
    if spark := sys.modules.get("pyspark.sql"):
        with suppress(Exception):
            return str(spark.SparkSession.getActiveSession().conf.get(name, ""))
    return ""


def _physical(dataset: Dataset, column: str | None) -> str | None:
    return dataset.physical(column) if column else None


def _schema(dataset: Dataset) -> dict[str, Any]:
    from openlineage.client.facet_v2 import schema_dataset

    fields = [
        schema_dataset.SchemaDatasetFacetFields(c.physical_name, c.physical_type, c.description or None)
        for c in dataset.columns
    ]
    return {"schema": schema_dataset.SchemaDatasetFacet(fields)}


def _counted(rows: int | None) -> dict[str, Any]:
    from openlineage.client.facet_v2 import output_statistics_output_dataset

    facet = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(rowCount=rows)
    return {} if rows is None else {"outputStatistics": facet}


Above = tuple[str, str, str]
"""Namespace, job and id of a run."""


def _above(env: Mapping[str, str]) -> tuple[Above | None, Above | None]:
    """The run that this one is a part of, and the first of all; None for what names no run."""
    with suppress(ValueError, KeyError, TypeError, AttributeError):
        parent = json.loads(env.get(CONTEXT, ""))["parent"]
        near, first = (_run(one["job"]["namespace"], one["job"]["name"], one["run"]["runId"])
                       for one in (parent, parent.get("root") or parent))  # fmt: skip
        return near, first
    named = (env.get(name, "").split("/") for name in (PARENT, ROOT))
    near, first = (_run(*parts) if len(parts) == 3 else None for parts in named)
    return near, first or near


def _run(namespace: str, job: str, run: str) -> Above | None:
    with suppress(ValueError):
        return namespace, job, str(UUID(run))
    return None


def _as_json(above: Above) -> dict[str, Any]:
    namespace, job, run = above
    return {"run": {"runId": run}, "job": {"namespace": namespace, "name": job}}


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_DOWN: dict[str, float] = {}
"""By what the environment says of a receiver that is down, or slow: until when it is left alone."""
_WAITED: dict[str, float] = {}
"""So many seconds the ends of runs have waited for a receiver since it was left alone last."""


class _Sender:
    """Sends events in their order, beside the stage: a receiver that is down delays nothing but the end, a little, and
    not again for PAUSE_S, as when one command takes many files."""

    def __init__(self) -> None:
        self._queue: Queue[Any] = Queue()
        self._failed, self._is_down = "", False
        self._since: float | None = None
        """When the event went out that is under way."""
        said = sorted((name, value) for name, value in os.environ.items() if name.startswith("OPENLINEAGE_"))
        self._receiver = str([one for one in said if one[0] not in (PARENT, ROOT, CONTEXT)])
        self._is_left_alone = time.monotonic() < _DOWN.get(self._receiver, 0)
        self._thread = threading.Thread(target=self._work, daemon=True)
        if self._is_left_alone:
            return
        try:
            self._client = _client()
            self._thread.start()
            return
        except ModuleNotFoundError:
            self._failed = f"its client is not installed (pip install '{DISTRIBUTION}[openlineage]')"
        except LookupError as error:
            self._failed = str(error.args[0])
        except Exception as error:  # of what the client was told; the stage goes on
            self._failed = type(error).__name__
        self._is_down = True

    def send(self, make: Callable[[], Any]) -> None:
        """An event is made at once, from what the ledger has now."""
        if not self._thread.is_alive():
            return
        try:
            self._queue.put(make())
        except Exception as error:  # the run's own error is the one to see
            self._failed = type(error).__name__

    def wait(self) -> None:
        if self._is_left_alone:
            return
        self._queue.put(None)
        began, waited = time.monotonic(), _WAITED.pop(self._receiver, 0)
        while self._thread.is_alive() and time.monotonic() < min(self._since or began, began - waited) + PATIENCE_S:
            self._thread.join(0.05)
        waited += time.monotonic() - began
        if self._thread.is_alive():
            self._failed, self._is_down = f"no answer within {PATIENCE_S} seconds", True
        elif waited > PATIENCE_S:
            self._failed, self._is_down = self._failed or "its receiver is slow", True
        if self._is_down:
            _DOWN[self._receiver] = time.monotonic() + PAUSE_S
        else:
            _WAITED[self._receiver] = waited
        if self._failed:
            print(f"OpenLineage lacks events of this run: {self._failed}. The ledger has them.", file=sys.stderr)

    def _work(self) -> None:
        while (event := self._queue.get()) is not None:
            self._since = time.monotonic()
            try:
                self._client.emit(event)
            except Exception as error:
                answer = getattr(error, "response", None)
                code = getattr(answer, "status_code", None) or getattr(error.__cause__, "strerror", None)
                self._failed = f"{type(error).__name__} {code or ''}".rstrip()
                if answer is None or answer.is_redirect:  # nobody is there for the next one either
                    self._is_down = True
                    return
            self._since = None
        self._client.close(PATIENCE_S)  # of those that send by themselves, what they still hold


def _client() -> Any:
    """As the environment and its files say. Raises LookupError if they name no receiver."""
    import logging

    from openlineage.client import OpenLineageClient

    for name in ("openlineage", "urllib3"):  # what they log of a receiver may name its key
        logging.getLogger(name).addHandler(logging.NullHandler())
        logging.getLogger(name).propagate = False
    before = set(os.environ)
    client = OpenLineageClient()
    for name in set(os.environ) - before:  # other spellings of the same, which are none of other programs' business
        del os.environ[name]
    if client.transport.kind == "console" and (client.config.transport or {}).get("type") != "console":
        raise LookupError("the variables and files that are there name no receiver")
    if session := getattr(client.transport, "session", None):
        session.max_redirects = 0  # a sign-in page takes no event, and would get the key
    return client
