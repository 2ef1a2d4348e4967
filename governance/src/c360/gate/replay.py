"""Replay: put the rows that are in quarantine through the gate again; what holds by now is promoted."""

from collections import Counter
from dataclasses import dataclass

from c360.clause.kinds import READABLE
from c360.delivery.form import Form
from c360.engine.interface import Landing, Promotion, Split
from c360.gate.account import Gate, note_replay, settle
from c360.gate.entry import entered, judging
from c360.ledger.history import Finding, failing, on_record, record
from c360.ledger.quarantine import Chosen, origins
from c360.ledger.tables import prepare
from c360.model import Dataset


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
    prepare(gate.ledger)
    dataset = gate.dataset
    with on_record(gate.ledger, gate.run, dataset.name), entered(gate) as landing, judging(gate):
        with landing.transaction():
            landing.ensure_targets()
            landing.ensure_raw()
            found = origins(gate.ledger, dataset.name)
        parts: list[tuple[int, int, int, int]] = []
        rows: Counter[str] = Counter()
        for origin in found:
            with landing.transaction():
                count = landing.land_quarantined(Chosen(dataset.name, delivery=origin.delivery))
                landing.cast(Form.read(origin.form, dataset))
                count -= landing.keep_out()
            with landing.transaction():
                judged, promotion = _promote(gate, landing, f"replay:{gate.run.id}:{origin.delivery}", count)
            parts.append((count, promotion.promoted, promotion.duplicates + judged.collapsed, judged.quarantined))
            rows.update(judged.rows)
        if found:
            with gate.ledger:
                record(gate.ledger, gate.run, _findings(dataset, rows))
    return Replayed(dataset.name, *(sum(part[i] for part in parts) for i in range(4)))


def _promote(gate: Gate, landing: Landing, name: str, count: int) -> tuple[Split, Promotion]:
    judged = landing.split(gate.run.as_of, order="unordered")
    delivery_id = note_replay(gate, name, count)
    promotion = landing.promote(delivery_id, count - judged.collapsed - judged.quarantined)
    settle(gate, landing, delivery_id, promotion, judged.quarantined, judged.collapsed)
    landing.close_replayed(delivery_id)
    return judged, promotion


def _findings(dataset: Dataset, rows: dict[str, int]) -> list[Finding]:
    return [
        Finding(c, "split", failing(c) if rows[c.id] else "passed", rows[c.id], rows[c.id])
        for c in dataset.clauses
        if c.kind.loses_rows and c.kind is not READABLE
    ]
