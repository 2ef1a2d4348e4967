"""Replay: put the rows that are in quarantine through the gate again; what holds by now is promoted."""

from collections import Counter
from dataclasses import dataclass

from c360.clause.kinds import READABLE
from c360.delivery.form import Form
from c360.gate.account import Gate, carry_out, note_replay
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
    with on_record(gate.ledger, gate.run, dataset.name, gate.catalog), entered(gate) as landing, judging(gate):
        found = origins(gate.ledger, dataset.name)
        plans = []
        broken: Counter[str] = Counter()
        for origin in found:
            with landing.transaction():
                count = landing.land_quarantined(Chosen(dataset.name, delivery=origin.delivery))
                landing.cast(Form.read(origin.form, dataset))
                count -= landing.keep_out()
            with landing.transaction():
                plan = landing.plan(gate.run.as_of, "replayed")
                carry_out(gate, landing, note_replay(gate, f"replay:{gate.run.id}:{origin.delivery}", count), plan)
            plans.append(plan)
            broken.update(plan.broken)
        if found:
            with gate.ledger.transaction():
                record(gate.ledger, gate.run, _findings(dataset, broken))
    promoted, duplicates, kept = (
        sum(getattr(plan, name) for plan in plans) for name in ("promoted", "duplicates", "quarantined")
    )
    return Replayed(dataset.name, promoted + duplicates + kept, promoted, duplicates, kept)


def _findings(dataset: Dataset, rows: dict[str, int]) -> list[Finding]:
    return [
        Finding(c, "split", failing(c) if rows[c.id] else "passed", rows[c.id], rows[c.id])
        for c in dataset.clauses
        if c.kind.loses_rows and c.kind is not READABLE
    ]
