"""Postgres as the engine of the gate: landing, raw and ledger are in one database, so one transaction holds all."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING

import psycopg2

from c360.contract.catalog import Catalog
from c360.database.scanner import scanner
from c360.delivery.files import Delivery
from c360.delivery.form import Form
from c360.delivery.shapes import Spelling
from c360.engine.interface import Order, Promotion, Split, Verdict
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
from c360.generate.soda import render, seen_at_gate
from c360.ledger.quarantine import Chosen, Evidence
from c360.model import Contract, Dataset
from c360.settings import Settings

if TYPE_CHECKING:
    from psycopg2.extensions import connection

_PLANNING = """
set local work_mem = '256MB';            -- to sort a delivery in
set local parallel_tuple_cost = 0;       -- casting a row costs far more than passing it on
set local random_page_cost = 1.1;        -- raw is looked up by its keys, and
set local enable_mergejoin = off         -- reading much of it in their order costs by its size, not the delivery's
"""
"""What the planner does not know."""


class PostgresEngine:
    """An `Engine` over one connection, which is the ledger's too."""

    def __init__(self, database: "connection", settings: Settings) -> None:
        self._database, self._settings = database, settings

    def sure(self, physical_type: str, form: Form) -> str:
        return casts.sure(physical_type, form)

    def spellings(self, physical_type: str, form: Form) -> list[Spelling]:
        return casts.spellings(physical_type, form)

    @contextmanager
    def landing(self, catalog: Catalog, dataset: Dataset) -> Iterator["PostgresLanding"]:
        database = self._database
        try:
            yield PostgresLanding(database, self._settings, catalog, dataset)
        finally:
            with suppress(psycopg2.InterfaceError), database, database.cursor() as cursor:  # a dead one is cleared next
                tables.clear(cursor, dataset)


class PostgresLanding:
    """A `Landing` in the schema of that name. What landed must be committed before it is scanned or split: SQL of
    contracts runs on a connection of its own."""

    def __init__(self, database: "connection", settings: Settings, catalog: Catalog, dataset: Dataset) -> None:
        self._database, self._settings = database, settings
        self._catalog, self._dataset = catalog, dataset
        self._cursor = database.cursor()
        self._path = (tables.tables(dataset).schema, dataset.schema)
        self._spelled = 0
        """How many records landed in their types."""

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._database:
            self._cursor.execute(_PLANNING)
            yield

    def land(self, delivery: Delivery) -> int:
        self._spelled = land.land(self._cursor, self._dataset, delivery)
        return delivery.records + delivery.set_aside

    def land_quarantined(self, chosen: Chosen) -> int:
        return quarantine.land_again(self._cursor, self._dataset, chosen)

    def cast(self, form: Form, in_shape: bool = False) -> None:
        land.type_it(self._cursor, self._dataset, form, in_shape, self._spelled)

    def keep_out(self) -> int:
        dropped = keep_out.keep_out(self._cursor, self._catalog, self._dataset)
        if dropped:
            quarantine.erase_landed(self._cursor, self._dataset)
        return dropped

    def ensure_targets(self) -> None:
        raw.ensure_targets(self._cursor, self._catalog, self._dataset)

    def ensure_raw(self) -> None:
        raw.ensure_raw(self._cursor, self._dataset)

    def scan(self, contract: Contract, now: datetime) -> dict[str, Verdict]:
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

    def split(self, as_of: datetime, clean: bool = False, order: Order = "newer") -> Split:
        if clean and land.all_cast(self._cursor, self._dataset):
            return split.compare_clean(self._cursor, self._dataset, order)
        with scanner(self._settings, self._path) as looking:
            return split.split(self._cursor, self._catalog, self._dataset, as_of, order, looking)

    def promote(self, delivery_id: int, candidates: int) -> Promotion:
        return promote.promote(self._cursor, self._dataset, delivery_id, candidates)

    def newest_load(self, as_of: datetime) -> str | None:
        return land.newest_load(self._cursor, self._dataset, as_of)

    def quarantine(self, delivery_id: int) -> None:
        quarantine.keep(self._cursor, self._catalog, self._dataset, delivery_id)

    def evidence(self) -> Evidence | None:
        return quarantine.take_evidence(self._cursor, self._dataset)

    def close_corrected(self, delivery_id: int, as_of: datetime) -> int:
        return quarantine.close_corrected(self._cursor, self._dataset, delivery_id, as_of)

    def close_replayed(self, delivery_id: int) -> None:
        quarantine.close_replayed(self._cursor, self._dataset, delivery_id)

    def close_rivals(self, decision_id: int) -> None:
        quarantine.close_rivals(self._cursor, self._dataset, decision_id)
