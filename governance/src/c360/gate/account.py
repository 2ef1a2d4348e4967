"""Account: what is put down of each delivery, so that none of its rows is unaccounted for."""

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from c360.clause.kinds import PRESENT, READABLE, UNEXPECTED_COLUMNS
from c360.contract.catalog import Catalog
from c360.delivery.files import Delivery
from c360.delivery.readings import TwoReadings
from c360.engine.interface import Engine, Landing, Numbers, Plan
from c360.ledger import deliveries
from c360.ledger.deliveries import Account, Note, Outcome
from c360.ledger.history import Finding, Run, failing, record
from c360.ledger.quarantine import Evidence, keep_evidence
from c360.model import Clause, Contract, Dataset

if TYPE_CHECKING:
    from psycopg import Connection


@dataclass(frozen=True)
class Gate:
    """Who stands at the gate: one run, for one dataset of one contract. The engine holds the data, the ledger what is
    on record of it."""

    ledger: "Connection"
    engine: Engine
    catalog: Catalog
    contract: Contract
    dataset: Dataset
    run: Run
    say: Callable[[str], None] = lambda step: None
    dry: bool = False
    """Whether it ends with the plan: nothing is written."""


class Refused(Exception):
    """The delivery is not to be taken; `evidence` are the numbers of the rows that broke it, by clause."""

    def __init__(
        self,
        reason: str,
        findings: list[Finding],
        delivered: int,
        evidence: Evidence | None = None,
        rows: dict[str, int] | None = None,
        remedy: str | None = None,
    ) -> None:
        self.reason, self.findings, self.delivered = reason, findings, delivered
        self.evidence, self.rows, self.remedy = evidence, rows or {}, remedy
        super().__init__(reason)


def look_at_columns(delivery: Delivery, dataset: Dataset) -> list[Finding]:
    """Findings on which columns there are. Raises Refused for one that lacks or is not expected; a column that may be
    empty may be absent too, is read as null, and is a warning.

    Names that no contract knows are counted, never shown: a file without a header has data there.
    """
    there, extra = set(delivery.columns) - {None}, delivery.columns.count(None)
    findings, lacking = [], []
    # beside a column that nobody expects, an absent one was likely renamed
    renamed = extra and any(not c.argument and failing(c) == "failed" for c in UNEXPECTED_COLUMNS.of(dataset))
    for clause in dataset.clauses:
        if clause.kind is PRESENT:
            name, column = dataset.physical(clause.column or ""), clause.column or ""
            if name in there or renamed or not there or not dataset.may_be_absent(column):
                lacking += [name] if name not in there else []
                findings.append(_found(clause, int(name not in there)))
            else:
                findings.append(Finding(clause, "gate", "warned", 1.0))
        elif clause.kind is UNEXPECTED_COLUMNS:
            findings.append(_found(clause, 0 if clause.argument else extra))
    broken = [found.clause for found in findings if found.outcome == "failed"]
    if not broken:
        return findings
    delivery.drain()
    parts = [f"lacks the column {name!r}" for name in lacking]
    if any(clause.kind is UNEXPECTED_COLUMNS for clause in broken):
        parts.append(f"has {extra} column{'s' * (extra > 1)} that no contract knows")
    said = ", ".join([*parts[:2], *(["…"] if len(parts) > 3 else []), *parts[2:][-1:]])
    reason = f"it {said} ({', '.join(clause.id for clause in broken[:3])})"
    looks = delivery.looks()
    if looks:
        reason += f"; it looks like {looks[0]}"
    raise Refused(reason, findings, 0, remedy=looks and delivery.say_so(looks[1]))


def _found(clause: Clause, count: int) -> Finding:
    return Finding(clause, "gate", failing(clause) if count else "passed", float(count))


def unreadable(dataset: Dataset, delivery: Delivery) -> dict[str, int]:
    """How many lines are no record, by the clause that says there are none."""
    return {clause.id: delivery.set_aside for clause in READABLE.of(dataset) if delivery.set_aside}


def ambiguous(dataset: Dataset, delivery: Delivery, fault: TwoReadings) -> Refused:
    """The refusal of a delivery that can be read in two ways."""
    delivery.drain()
    findings = [_found(clause, 1) for clause in READABLE.of(dataset)]
    reason = f"{fault.message} ({', '.join(found.clause.id for found in findings)})"
    return Refused(reason, findings, 0, remedy=fault.remedy)


def note(gate: Gate, delivery: Delivery, delivered: int) -> Note:
    """What is put down of a delivery, and of its form."""
    return Note(
        delivery.sha256, gate.dataset.name, gate.contract.name, gate.contract.version, _name(delivery), delivered,
        gate.run.as_of, delivery.form.as_json(),
    )  # fmt: skip


def _name(delivery: Delivery) -> str:
    """Of the file, as text: to the system it may be any bytes."""
    return os.fsencode(delivery.path.name).decode("utf-8", errors="replace")


def note_replay(gate: Gate, name: str, count: int) -> Note:
    """What is put down of rows of the quarantine that come in once more."""
    return Note(name, gate.dataset.name, gate.contract.name, gate.contract.version, "quarantine", count, gate.run.as_of)


def refuse(gate: Gate, delivery: Delivery, refused: Refused) -> int:
    """Put down a refusal with its evidence, which takes the place of that of the same content refused before."""
    with gate.ledger.transaction():
        number = deliveries.refuse(gate.ledger, note(gate, delivery, refused.delivered), refused.reason)
        if refused.evidence:
            keep_evidence(gate.ledger, number, refused.evidence)
        record(gate.ledger, gate.run, refused.findings)
    return number


def carry_out(
    gate: Gate,
    landing: Landing,
    what: Note,
    plan: Plan,
    set_aside: int = 0,
    erased: int = 0,
    findings: Sequence[Finding] = (),
    numbers: Numbers | None = None,
) -> tuple[int, int]:
    """Put down what is planned, do it, and put down that it is done. Where the engine's rows are not in the ledger's
    database these are three steps: after a kill between them, whoever comes next goes on (`gate.entry`).

    `set_aside` are lines that are no record, `numbers` what later deliveries are compared with. Returns the number of
    the delivery, and how many rows it corrected.
    """
    account = Account(
        plan.promoted, plan.quarantined + set_aside, plan.duplicates, plan.superseded, plan.newest_load, erased
    )
    becomes: Outcome = "accepted" if plan.how == "delivered" else "replay"
    with gate.ledger.transaction():
        number = deliveries.plan(gate.ledger, what, account, becomes, asdict(plan), numbers or {})
        record(gate.ledger, gate.run, findings)
    return number, finish(gate, landing, number, plan, gate.run.as_of)


def finish(gate: Gate, landing: Landing, number: int, plan: Plan, as_of: datetime) -> int:
    """Do what is planned, and put down that it is done. Returns how many rows it corrected."""
    corrected = landing.apply(number, plan, as_of)
    with gate.ledger.transaction():
        deliveries.accept(gate.ledger, number)
    return corrected
