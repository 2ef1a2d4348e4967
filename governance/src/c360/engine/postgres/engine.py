"""Postgres as the engine of the gate: landing, raw and ledger are in one database, so one transaction holds all."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from c360.contract.catalog import Catalog
from c360.database.scanner import scanner
from c360.delivery.files import Delivery
from c360.delivery.form import Form
from c360.delivery.shapes import Spelling
from c360.engine.interface import How, Numbers, Plan, Verdict
from c360.engine.postgres import (
    casts,
    keep_out,
    land,
    measure,
    promote,
    quarantine,
    raw,
    soda,
    split,
    tables,
)
from c360.engine.sure import sure
from c360.generate.soda import render, seen_at_gate
from c360.ledger.quarantine import Chosen, Evidence
from c360.model import Contract, Dataset
from c360.settings import Settings

if TYPE_CHECKING:
    from psycopg import Connection

_PLANNING = """
set local work_mem = '256MB';            -- to sort a delivery in
set local parallel_tuple_cost = 0;       -- casting a row costs far more than passing it on
set local random_page_cost = 1.1;        -- raw is looked up by its keys, and
set local enable_mergejoin = off         -- reading much of it in their order costs by its size, not the delivery's
"""
"""What the planner does not know."""


class PostgresEngine:
    """An `Engine` over one connection, which is the ledger's too."""

    def __init__(self, database: "Connection", settings: Settings) -> None:
        self._database, self._settings = database, settings

    def sure(self, physical_type: str, form: Form) -> str:
        return sure(physical_type, form)

    def spellings(self, physical_type: str, form: Form) -> list[Spelling]:
        return casts.spellings(physical_type, form)

    def landing(self, catalog: Catalog, dataset: Dataset) -> "PostgresLanding":
        return PostgresLanding(self._database, self._settings, catalog, dataset)

    def measured(self, catalog: Catalog, dataset: Dataset, now: datetime) -> dict[str, Verdict]:
        with scanner(self._settings, [dataset.schema]) as looking:
            return measure.measure_table(looking, catalog, dataset, now)


class PostgresLanding:
    """A `Landing` in a schema of the dataset's own. What landed must be committed before it is scanned or planned: SQL
    of contracts runs on a connection of its own."""

    def __init__(self, database: "Connection", settings: Settings, catalog: Catalog, dataset: Dataset) -> None:
        self._database, self._settings = database, settings
        self._catalog, self._dataset = catalog, dataset
        self._cursor = database.cursor()
        self._path = (tables.tables(dataset).schema, dataset.schema)
        self._spelled = self._rows = self._set_aside = 0
        """How many records landed in their types; how many rows, and lines that are none, are to be decided about."""

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._database.transaction():
            self._cursor.execute(_PLANNING)
            yield

    def land(self, delivery: Delivery) -> int:
        self._spelled = land.land(self._cursor, self._dataset, delivery)
        self._rows, self._set_aside = delivery.records, delivery.set_aside
        return delivery.records + delivery.set_aside

    def land_quarantined(self, chosen: Chosen) -> int:
        self._rows = quarantine.land_again(self._cursor, self._dataset, chosen)
        return self._rows

    def cast(self, form: Form, in_shape: bool = False) -> None:
        land.type_it(self._cursor, self._dataset, form, in_shape, self._spelled)

    def keep_out(self) -> int:
        dropped = keep_out.keep_out(self._cursor, self._catalog, self._dataset)
        if dropped:
            quarantine.erase_landed(self._cursor, self._dataset)
        self._rows -= dropped
        return dropped

    def scan(self, contract: Contract, now: datetime) -> dict[str, Verdict]:
        with self._database.transaction():
            raw.ensure_targets(self._cursor, self._catalog, self._dataset)
        if not self._settings.file.soda:
            return measure.measure_landed(self._settings, self._catalog, self._dataset, self._path, now)
        checks = render(self._catalog, contract, self._dataset, at_gate=True)
        verdicts = soda.scan(self._settings, checks, self._path, now)
        # those that share a query take each other along
        told = {clause for clause, verdict in verdicts.items() if verdict.outcome != "errored"}
        untold = {clause.id for clause in self._dataset.clauses if seen_at_gate(clause)} - told
        if untold:
            verdicts |= measure.measure_landed(
                self._settings, self._catalog, self._dataset, self._path, now, alone=untold
            )
        return verdicts

    def plan(self, as_of: datetime, how: How = "delivered", clean: bool = False) -> Plan:
        raw.ensure_targets(self._cursor, self._catalog, self._dataset)
        raw.ensure_raw(self._cursor, self._dataset)
        looked = not (clean and land.all_cast(self._cursor, self._dataset))
        if looked:
            with scanner(self._settings, self._path) as looking:
                judged = split.split(self._cursor, self._catalog, self._dataset, as_of, how, looking)
        else:
            judged = split.compare_clean(self._cursor, self._dataset, how)
        left = self._rows - judged.collapsed - judged.quarantined
        going = promote.foresee(self._cursor, self._dataset, left)
        return Plan(
            how,
            judged.broken,
            judged.quarantined,
            going.promoted,
            going.superseded,
            going.duplicates + judged.collapsed,
            judged.collapsed,
            land.newest_load(self._cursor, self._dataset, as_of),
            looked,
        )

    def numbers(self) -> Numbers:
        return measure.numbers_of(self._cursor, self._dataset)

    def evidence(self) -> Evidence | None:
        return quarantine.take_evidence(self._cursor, self._dataset)

    def apply(self, delivery_id: int, plan: Plan, as_of: datetime) -> int:
        promote.promote(self._cursor, self._dataset, delivery_id, plan)
        if plan.how == "delivered":
            if plan.quarantined or self._set_aside:
                quarantine.keep(self._cursor, self._catalog, self._dataset, delivery_id)
            return quarantine.close_corrected(self._cursor, self._dataset, delivery_id, as_of)
        quarantine.close_landed(self._cursor, self._dataset, delivery_id, plan.decision)
        return 0

    def clear(self) -> None:
        tables.clear(self._cursor, self._dataset)
