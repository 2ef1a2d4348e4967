"""Replay: put the rows that are in quarantine through the gate again; what holds by now is promoted."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from c360.clause.dialect import POSTGRES
from c360.clause.kinds import READABLE
from c360.engine.postgres.land import TEXT, create, type_it
from c360.engine.postgres.promote import Promotion, ensure_raw, promote
from c360.engine.postgres.quarantine import RECORD, close_replayed
from c360.engine.postgres.scanner import scanner
from c360.engine.postgres.split import Split, split
from c360.gate.account import settle
from c360.gate.form import Form
from c360.gate.ingest import Gate, ensure_targets, in_the_gate, tune
from c360.ledger.history import Finding, failing, on_record, record
from c360.ledger.tables import prepare
from c360.model import Dataset

if TYPE_CHECKING:
    from psycopg2.extensions import cursor


@dataclass(frozen=True)
class Replayed:
    """replayed = promoted + duplicates + kept."""

    dataset: str
    replayed: int
    promoted: int
    duplicates: int
    kept: int


def replay(gate: Gate) -> Replayed:
    """Judge every open quarantined row of a dataset anew. Promises about a whole delivery (freshness, row count) are
    not asked of them: they are leftovers of deliveries that held. Lines that are no record stay.

    One delivery after the other, the oldest first, as they came, each in one transaction: two of them may hold
    versions of one row.
    """
    prepare(gate.database)
    dataset = gate.dataset
    with on_record(gate.database, gate.run, dataset.name), in_the_gate(gate.database):
        with gate.database, gate.database.cursor() as cursor:
            ensure_targets(cursor, gate.catalog, dataset)
            ensure_raw(cursor, dataset)
            cursor.execute(
                "select distinct q.delivery_id, d.form from quarantine.rows as q join governance.delivery as d "
                f"using (delivery_id) where q.dataset = %s and {_OPEN} order by q.delivery_id",
                (dataset.name,),
            )
            origins = cursor.fetchall()
        parts: list[tuple[int, int, int, int]] = []
        rows: Counter[str] = Counter()
        for origin, form in origins:
            of_origin = f"dataset = {POSTGRES.literal(dataset.name)} and delivery_id = {int(origin)} and {_OPEN}"
            count = land_quarantined(gate, of_origin, Form.read(form, dataset))
            with gate.database, gate.database.cursor() as cursor:
                tune(cursor)
                judged, promotion = _promote(gate, cursor, f"replay:{gate.run.id}:{origin}", count)
            kept = judged.quarantined + promotion.conflicting
            parts.append((count, promotion.promoted, promotion.duplicates + judged.collapsed, kept))
            rows.update(judged.rows)
            rows.update(promotion.conflicts)
        if origins:
            with gate.database:
                record(gate.database, gate.run, _findings(dataset, rows))
    return Replayed(dataset.name, *(sum(part[i] for part in parts) for i in range(4)))


_OPEN = f"resolved_at is null and not payload ? {POSTGRES.literal(RECORD)}"


def land_quarantined(gate: Gate, which: str, form: Form) -> int:
    """Land the open rows that the condition names, committed, as a delivery would be; returns how many they are."""
    dataset = gate.dataset
    values = ", ".join(f"payload ->> {POSTGRES.literal(column.name)}" for column in dataset.columns)
    with gate.database, gate.database.cursor() as cursor:
        create(cursor, [*(column.physical_name for column in dataset.columns), "c360__quarantine_id"])
        cursor.execute(
            f"insert into {TEXT} select {values}, quarantine_id::text from quarantine.rows "
            f"where {which} order by quarantine_id"
        )
        count = cursor.rowcount
        type_it(cursor, dataset, form)
    return count


def note_replay(gate: Gate, cursor: "cursor", name: str, count: int) -> int:
    """Put down that rows of the quarantine come in once more; returns the number of that delivery."""
    contract, dataset = gate.contract, gate.dataset
    cursor.execute(
        "insert into governance.delivery (sha256, dataset, contract, version, file_name, outcome, delivered, "
        "promoted, quarantined, duplicates, superseded, as_of) "
        "values (%s, %s, %s, %s, 'quarantine', 'replay', %s, %s, 0, 0, 0, %s) returning delivery_id",
        (name, dataset.name, contract.name, contract.version, count, count, gate.run.as_of),
    )
    return cursor.fetchone()[0]  # type: ignore[index]


def _promote(gate: Gate, cursor: "cursor", name: str, count: int) -> tuple[Split, Promotion]:
    dataset = gate.dataset
    with scanner(gate.settings, ("landing", dataset.schema)) as looking:
        judged = split(cursor, gate.catalog, dataset, gate.run.as_of, looking)
    delivery_id = note_replay(gate, cursor, name, count)
    candidates = count - judged.collapsed - judged.quarantined
    promotion = promote(cursor, dataset, delivery_id, judged, candidates, later_wins=False)
    kept = judged.quarantined + promotion.conflicting
    settle(cursor, delivery_id, dataset, promotion, kept, judged.collapsed)
    close_replayed(cursor, dataset, delivery_id)
    return judged, promotion


def _findings(dataset: Dataset, rows: dict[str, int]) -> list[Finding]:
    return [
        Finding(c, "split", failing(c) if rows[c.id] else "passed", rows[c.id], rows[c.id])
        for c in dataset.clauses
        if c.kind.loses_rows and c.kind is not READABLE
    ]
