"""Replay: put the rows that are in quarantine through the gate again; what holds by now is promoted."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from c360.contract.model import Contract, Dataset
from c360.database.tables import prepare
from c360.gate.ingest import ensure_tables, in_the_gate, looked_at, settle, tune
from c360.gate.land import TEXT, create, drop, type_it
from c360.gate.promote import promote
from c360.gate.split import VERDICT, errors, split
from c360.generate.plan import Catalog
from c360.history import Finding, Run, failing, on_record, record
from c360.sql.dialect import POSTGRES

if TYPE_CHECKING:
    from psycopg2.extensions import connection, cursor


@dataclass(frozen=True)
class Replayed:
    """replayed = promoted + duplicates + kept."""

    dataset: str
    replayed: int
    promoted: int
    duplicates: int
    kept: int


def replay(database: "connection", catalog: Catalog, dataset_name: str, run: Run) -> Replayed:
    """Judge every open quarantined row of a dataset anew, in one transaction. Promises about a whole delivery
    (freshness, row count) are not asked of them: they are leftovers of deliveries that held.

    One delivery after the other, the oldest first, as they came: two of them may hold versions of one row.
    """
    contract, dataset = catalog.find(dataset_name)
    prepare(database)
    with (
        on_record(database, run, dataset.name),
        in_the_gate(database),
        database,
        database.cursor() as cursor,
    ):
        tune(cursor)
        ensure_tables(cursor, catalog, {dataset.name} | looked_at(dataset))
        cursor.execute(
            "select distinct delivery_id from quarantine.rows where dataset = %s and resolved_by is null "
            "order by delivery_id",
            (dataset.name,),
        )
        origins = [origin for (origin,) in cursor.fetchall()]
        parts, rows = [], Counter()
        for origin in origins:
            part, lost = _replay_one(cursor, catalog, contract, dataset, run, origin)
            parts.append(part)
            rows.update(lost)
        if origins:
            record(database, run, _findings(dataset, rows))
    return Replayed(dataset.name, *(sum(part[i] for part in parts) for i in range(4)))


def _replay_one(
    cursor: "cursor", catalog: Catalog, contract: Contract, dataset: Dataset, run: Run, origin: int
) -> tuple[tuple[int, int, int, int], dict[str, int]]:
    """The open rows of the delivery `origin`: (replayed, promoted, duplicates, kept), and rows lost by clause."""
    names = [column.physical_name for column in dataset.columns]
    create(cursor, [*names, "c360__quarantine_id"])
    values = ", ".join(f"payload ->> {POSTGRES.literal(column.name)}" for column in dataset.columns)
    cursor.execute(
        f"insert into {TEXT} select {values}, quarantine_id::text from quarantine.rows where resolved_by is null "
        f"and dataset = {POSTGRES.literal(dataset.name)} and delivery_id = {int(origin)} order by quarantine_id"
    )
    count = cursor.rowcount
    type_it(cursor, dataset)
    judged = split(cursor, catalog, dataset)
    cursor.execute(
        "insert into governance.delivery (sha256, dataset, contract, version, file_name, outcome, delivered, "
        "promoted, quarantined, duplicates, superseded, as_of) "
        "values (%s, %s, %s, %s, 'quarantine', 'replay', %s, %s, 0, 0, 0, %s) returning delivery_id",
        (f"replay:{run.id}:{origin}", dataset.name, contract.name, contract.version, count, count, run.as_of),
    )
    delivery_id = cursor.fetchone()[0]
    promotion = promote(cursor, dataset, delivery_id, True, count - judged.collapsed - judged.quarantined)
    settle(cursor, delivery_id, dataset, promotion, judged.quarantined, judged.collapsed)
    _resolve(cursor, delivery_id, errors(dataset))
    cursor.execute(f"drop table if exists {VERDICT}")
    drop(cursor)
    duplicates = promotion.duplicates + judged.collapsed
    return (count, promotion.promoted, duplicates, judged.quarantined), judged.rows


def _findings(dataset: Dataset, rows: dict[str, int]) -> list[Finding]:
    return [
        Finding(c, "split", failing(c) if rows[c.id] else "passed", rows[c.id], rows[c.id])
        for c in dataset.clauses
        if c.scope == "row" or c.kind == "physicalType"
    ]


def _resolve(cursor: object, delivery_id: int, fatal: list[str]) -> None:
    """Rows that hold, or that are there already, leave; the others keep their row, with the clauses they break now."""
    cursor.execute(  # type: ignore[attr-defined]
        f"""
        update quarantine.rows as k set clauses = v.clauses
        from {TEXT} as x join {VERDICT} as v on v.at = x.ctid and v.clauses && %s::text[]
        where k.quarantine_id = x.c360__quarantine_id::bigint and k.clauses <> v.clauses;
        update quarantine.rows as k set resolved_by = %s
        from {TEXT} as x
        where k.quarantine_id = x.c360__quarantine_id::bigint
        and not exists (select 1 from {VERDICT} as v where v.at = x.ctid and v.clauses && %s::text[])
        """,
        (fatal, delivery_id, fatal),
    )
