"""Ingest one delivery: land -> scan -> plan -> apply.

What landed is committed, so that the scanner, on a connection of its own, sees it. What becomes of it is planned before
anything is written, and then done: in Postgres in one transaction, which a kill undoes whole; elsewhere whoever comes
next does what is left of a plan. What a kill leaves of a delivery that was not planned goes when the next one enters.
"""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from c360.contract.catalog import Catalog
from c360.contract.sunset import refuse_ended
from c360.delivery.files import Delivery
from c360.delivery.form import Form
from c360.delivery.readings import TwoReadings
from c360.engine.interface import Engine, Landing, Verdict
from c360.errors import Breach, CouldNotTell
from c360.gate import account, judge, usual
from c360.gate.account import Gate, Refused
from c360.gate.entry import entered, judging
from c360.ledger.deliveries import accepted_last
from c360.ledger.history import Ending, Finding, Run, on_record
from c360.ledger.tables import prepare
from c360.model import Dataset

if TYPE_CHECKING:
    from psycopg import Connection


@dataclass(frozen=True)
class Ingested:
    """What became of a delivery: delivered = promoted + quarantined + duplicates + erased, unless it was refused."""

    path: Path
    dataset: str
    outcome: str
    """accepted, refused, or repeated (the same content in the same form was the last that was accepted)."""
    delivered: int = 0
    promoted: int = 0
    quarantined: int = 0
    duplicates: int = 0
    superseded: int = 0
    corrected: int = 0
    """Rows of earlier deliveries that leave the quarantine because this one brought what they should have been."""
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    rows_by_clause: dict[str, int] = field(default_factory=dict)
    remedy: str = ""
    delivery_id: int | None = None
    erased: int = 0
    """Rows of people who were forgotten, which go no further."""


class _Planned(Exception):
    """What a dry run comes to; it undoes what the engine's transaction has made for the plan."""

    def __init__(self, result: Ingested) -> None:
        self.result = result
        super().__init__()


def ingest(
    ledger: "Connection",
    engine: Engine,
    catalog: Catalog,
    dataset_name: str,
    path: Path,
    run: Run,
    progress: Callable[[int], None] = lambda size: None,
    say: Callable[[str], None] = lambda step: None,
    form: Form | None = None,
    dry: bool = False,
) -> Ingested:
    """Take one file through the gate; refused and accepted alike end up in the history. What is no delivery of the
    dataset by its header does not: nothing began.

    `progress` is told of bytes read, `say` of the step under way; `form` is how the file is written where the contract
    does not tell. A `dry` run ends with the plan: no row is written, nothing is on record, and what landed is dropped.
    Raises CouldNotTell when the file or the database does not let us tell; the database is then as it was before.
    """
    contract, dataset = catalog.find(dataset_name)
    if contract.layer != "sources":
        raise CouldNotTell(f"{dataset_name} is a product, which dbt builds.", "Ingest a source, or run: c360 build")
    prepare(ledger)
    gate = Gate(ledger, engine, catalog, contract, dataset, run, say, dry)
    delivery = Delivery(path, form or Form.of(dataset), dataset, progress, engine)
    delivery.require_some_column()
    with nullcontext(Ending()) if dry else on_record(ledger, run, dataset.name, catalog) as ending:
        refuse_ended([contract], run.as_of.date())
        try:
            with entered(gate) as landing:
                result = _through_the_gate(gate, landing, delivery)
        except _Planned as planned:
            result = planned.result
        except Refused as refused:
            number = None if dry else account.refuse(gate, delivery, refused)
            ending.outcome, ending.detail = "failed", "the delivery was refused"
            result = _refusal(delivery, dataset, refused, number)
        if result.outcome == "repeated":  # nothing was judged
            ending.outcome = None
    return result


def _through_the_gate(gate: Gate, landing: Landing, delivery: Delivery) -> Ingested:
    columns = account.look_at_columns(delivery, gate.dataset)
    gate.say("landing")
    with landing.transaction():
        try:
            delivered = landing.land(delivery)
        except TwoReadings as fault:
            raise account.ambiguous(gate.dataset, delivery, fault) from None
        before = accepted_last(gate.ledger, gate.dataset.name, delivery.sha256, delivery.form.as_json())
        if before:
            reason = f"accepted before, at {before}"
            return Ingested(delivery.path, gate.dataset.name, "repeated", delivered, reason=reason)
        landing.cast(delivery.form, delivery.in_shape)
        erased = landing.keep_out()
    with judging(gate):
        gate.say("scanning")
        verdicts = landing.scan(gate.contract, gate.run.as_of)
        judge.require(gate.dataset, verdicts)
        with landing.transaction():
            return _decide(gate, landing, delivery, delivered, erased, columns, verdicts)


def _decide(
    gate: Gate,
    landing: Landing,
    delivery: Delivery,
    delivered: int,
    erased: int,
    columns: list[Finding],
    verdicts: dict[str, Verdict],
) -> Ingested:
    """Raises Refused, with what broke the delivery, when it is not to be taken."""
    dataset = gate.dataset
    gate.say("splitting")
    plan = landing.plan(gate.run.as_of, clean=judge.is_clean(dataset, verdicts))
    rows = plan.broken | account.unreadable(dataset, delivery)
    numbers = landing.numbers()
    findings = columns + judge.find(dataset, verdicts, plan, rows)
    findings += usual.take(gate, delivery.sha256, delivered, plan, numbers)
    lost = plan.quarantined + delivery.set_aside
    _refuse_if_broken(dataset, landing, delivery, findings, lost, rows)
    result = Ingested(
        delivery.path, dataset.name, "accepted", delivered, plan.promoted, lost, plan.duplicates, plan.superseded,
        findings=tuple(findings), rows_by_clause={clause: count for clause, count in rows.items() if count},
        erased=erased,
    )  # fmt: skip
    if gate.dry:
        raise _Planned(result)
    gate.say("promoting")
    what = account.note(gate, delivery, delivered)
    number, corrected = account.carry_out(gate, landing, what, plan, delivery.set_aside, erased, findings, numbers)
    return replace(result, delivery_id=number, corrected=corrected)


def _refuse_if_broken(
    dataset: Dataset,
    landing: Landing,
    delivery: Delivery,
    findings: list[Finding],
    lost: int,
    rows: dict[str, int],
) -> None:
    delivered = delivery.records + delivery.set_aside
    reasons = judge.reasons(dataset, findings, lost, delivered, rows)
    if reasons:
        looks = delivery.looks() if delivery.set_aside else None
        if looks:
            reasons.append(f"it looks like {looks[0]}")
        remedy = looks and delivery.say_so(looks[1])
        raise Refused("; ".join(reasons), findings, delivered, landing.evidence(), rows, remedy)


def _refusal(delivery: Delivery, dataset: Dataset, refused: Refused, number: int | None) -> Ingested:
    return Ingested(
        delivery.path,
        dataset.name,
        "refused",
        refused.delivered,
        findings=tuple(refused.findings),
        reason=refused.reason,
        remedy=refused.remedy or _see(dataset, number, refused),
        rows_by_clause={clause: count for clause, count in refused.rows.items() if count},
        delivery_id=number,
    )


def _see(dataset: Dataset, number: int | None, refused: Refused) -> str:
    if number is None:
        return "Nothing was written; have it corrected before it is delivered."
    show = f"c360 quarantine show {dataset.name} --delivery {number}" if refused.evidence else "c360 status"
    return f"Nothing of it was taken; see what broke it: {show}"


def breach_of(results: list[Ingested], dry: bool = False) -> Breach | None:
    """The error to end with when a delivery was refused, or in a `dry` run would be."""
    refused = [result for result in results if result.outcome == "refused"]
    if not refused:
        return None
    return Breach(f"{refused[0].path} {'would be' if dry else 'was'} refused: {refused[0].reason}.", refused[0].remedy)
