"""Spark as the engine of the gate: landing and raw are Delta tables, the ledger is in a Postgres.

No transaction holds both, and Delta's hold one table each. So a delivery is put down as planned before a table is
written, each table is written once for its number, and it is put down as accepted at last (`c360.gate.entry`).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from c360.contract.catalog import Catalog
from c360.contract.servers import unity_catalog_of
from c360.delivery.files import Delivery
from c360.delivery.form import Form
from c360.engine.interface import How, Numbers, Plan, Verdict
from c360.engine.spark import keep_out, land, measure, promote, quarantine, raw, split
from c360.engine.spark.lake import MISCAST, Failed, Lake, could_not, tables
from c360.engine.spark.session import session
from c360.engine.sure import Sure
from c360.ledger import deliveries
from c360.ledger import quarantine as ledger
from c360.ledger.quarantine import Chosen, Evidence
from c360.model import Contract, Dataset
from c360.settings import Settings

if TYPE_CHECKING:
    from psycopg import Connection


class SparkEngine(Sure):
    """An `Engine` in one session of Spark."""

    def __init__(self, database: "Connection", settings: Settings) -> None:
        self._database, self._settings = database, settings
        spark = session(settings.home, settings.dbt_packages.parent)
        self._lake = Lake(spark, settings.file.statement_timeout)

    def landing(self, catalog: Catalog, dataset: Dataset) -> "SparkLanding":
        return SparkLanding(self._database, self._lake, catalog, dataset, self._above(catalog, dataset))

    def measured(self, catalog: Catalog, dataset: Dataset, now: datetime) -> dict[str, Verdict]:
        above = self._above(catalog, dataset)
        for _, other in catalog.pairs() if self._lake.local else ():  # it knows none that a session before it made
            self._lake.has(tables(other, above).raw)
        return measure.measure_table(self._lake, tables(dataset, above), catalog, dataset, now)

    def _above(self, catalog: Catalog, dataset: Dataset) -> str:
        return "" if self._lake.local else unity_catalog_of(catalog.find(dataset.name)[0])


class SparkLanding:
    """A `Landing` in a schema of the dataset's own."""

    def __init__(
        self, database: "Connection", lake: Lake, catalog: Catalog, dataset: Dataset, unity_catalog: str
    ) -> None:
        self._database, self._lake, self._catalog, self._dataset = database, lake, catalog, dataset
        self._here = tables(dataset, unity_catalog)
        self._rows = 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        yield

    @property
    def _all(self) -> tuple[Lake, Any, Dataset]:
        return self._lake, self._here, self._dataset

    def land(self, delivery: Delivery) -> int:
        land.land(*self._all, delivery)
        self._rows = delivery.records
        return delivery.records + delivery.set_aside

    def land_quarantined(self, chosen: Chosen) -> int:
        with self._database.transaction(), self._database.cursor() as cursor:
            cursor.execute(ledger.texts(chosen, [column.name for column in self._dataset.columns]))
            rows: Sequence[Sequence[str | None]] = cursor.fetchall()
        with _saying(self._dataset):
            land.land_rows(*self._all, rows)
        self._rows = len(rows)
        return self._rows

    def cast(self, form: Form, in_shape: bool = False) -> None:
        with _saying(self._dataset):
            land.type_it(*self._all, form, in_shape)

    def keep_out(self) -> int:
        with _saying(self._dataset):
            dropped = keep_out.keep_out(self._database, self._lake, self._here, self._catalog, self._dataset)
        self._rows -= dropped
        return dropped

    def scan(self, contract: Contract, now: datetime) -> dict[str, Verdict]:
        with _saying(self._dataset):
            raw.ensure_targets(self._lake, self._here, self._catalog, self._dataset)
            self._lake.make_schema(self._here.raw.rpartition(".")[0])
            return measure.measure_landed(self._lake, self._here, self._catalog, self._dataset, now)

    def plan(self, as_of: datetime, how: How = "delivered", clean: bool = False) -> Plan:
        with _saying(self._dataset):
            raw.ensure_targets(self._lake, self._here, self._catalog, self._dataset)
            raw.ensure_raw(*self._all)
            looked = not (
                clean and not self._lake.rows(f"select 1 from {self._here.typed} where {MISCAST} is not null limit 1")
            )
            if looked:
                judged = split.split(self._lake, self._here, self._catalog, self._dataset, as_of, how)
            else:
                judged = split.compare_clean(*self._all, how)
            left = self._rows - judged.collapsed - judged.quarantined
            going = promote.foresee(*self._all, left)
            newest = land.newest_load(*self._all, as_of)
        return Plan(
            how, judged.broken, judged.quarantined, going.promoted, going.superseded,
            going.duplicates + judged.collapsed, judged.collapsed, newest, looked,
        )  # fmt: skip

    def numbers(self) -> Numbers:
        with _saying(self._dataset):
            return measure.numbers_of(*self._all)

    def evidence(self) -> Evidence | None:
        with _saying(self._dataset):
            return quarantine.take_evidence(*self._all)

    def apply(self, delivery_id: int, plan: Plan, as_of: datetime) -> int:
        application = f"c360/{deliveries.ledger_id(self._database)}/{self._dataset.name}"
        with _saying(self._dataset):
            if plan.how == "delivered":
                quarantine.keep(self._database, *self._all, delivery_id)
            promote.promote(*self._all, application, delivery_id)
            if plan.how == "delivered":
                return quarantine.close_corrected(self._database, *self._all, delivery_id, as_of)
            quarantine.close_landed(self._database, *self._all, delivery_id, plan.decision)
        return 0

    def clear(self) -> None:
        with _saying(self._dataset):
            self._lake.drop_schema(self._here.schema)


@contextmanager
def _saying(dataset: Dataset) -> Iterator[None]:
    try:
        yield
    except Failed as failed:
        raise could_not(f"{dataset.name} is not through the gate", failed) from None
