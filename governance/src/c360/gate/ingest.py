"""Ingest one delivery: land -> gate -> split -> promote.

What landed is committed, so that the scanner, on a connection of its own, sees it; all that is decided then is one
transaction, which a kill undoes whole. What a kill leaves in landing goes when the next delivery enters.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg2

from c360.clause.kinds import RELATIONSHIP, SQL, UNIQUE
from c360.contract.catalog import Catalog
from c360.engine.postgres.land import MISCAST, TYPED, drop, land, type_it
from c360.engine.postgres.promote import EARLIER, VERSIONS, ensure_raw, promote
from c360.engine.postgres.quarantine import close_corrected, quarantine, take_evidence
from c360.engine.postgres.scanner import scanner
from c360.engine.postgres.soda import Verdict, scan
from c360.engine.postgres.split import VERDICT, Split, split, without_verdicts
from c360.errors import Breach, CouldNotTell
from c360.gate import account, judge
from c360.gate.account import Refused
from c360.gate.files import Delivery
from c360.gate.form import Form
from c360.generate import soda
from c360.ledger.history import Finding, Run, on_record, record
from c360.ledger.tables import prepare
from c360.model import Contract, Dataset
from c360.settings import Settings

if TYPE_CHECKING:
    from psycopg2.extensions import connection, cursor

_GATE = 0xC360_0002
"""Advisory lock: deliveries go through the gate one after the other, so that each sees the rows of the last."""


@dataclass(frozen=True)
class Ingested:
    """What became of a delivery: delivered = promoted + quarantined + duplicates, unless it was refused."""

    path: Path
    dataset: str
    outcome: str
    """accepted, refused, or repeated (the same content was accepted before, and nothing changed)."""
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


@dataclass(frozen=True)
class Gate:
    """Who stands at the gate: one run, for one dataset of one contract."""

    database: "connection"
    catalog: Catalog
    contract: Contract
    dataset: Dataset
    run: Run
    settings: Settings
    say: Callable[[str], None] = lambda step: None


def ingest(
    database: "connection",
    catalog: Catalog,
    dataset_name: str,
    path: Path,
    run: Run,
    settings: Settings,
    progress: Callable[[int], None] = lambda size: None,
    say: Callable[[str], None] = lambda step: None,
    form: Form | None = None,
) -> Ingested:
    """Take one file through the gate; refused and accepted alike end up in the history.

    `progress` is told of bytes read, `say` of the step under way; `form` is how the file is written where the contract
    does not tell. Raises CouldNotTell when the file or the database does not let us tell; the database is then as it
    was before.
    """
    contract, dataset = catalog.find(dataset_name)
    if contract.layer != "sources":
        raise CouldNotTell(f"{dataset_name} is a product, which dbt builds.", "Ingest a source, or run: c360 build")
    prepare(database)
    gate = Gate(database, catalog, contract, dataset, run, settings, say)
    with on_record(database, run, dataset.name) as ending:
        delivery = Delivery(path, form or Form.of(dataset), dataset, progress)
        try:
            with in_the_gate(database):
                result = _through_the_gate(gate, delivery)
        except Refused as refused:
            with database, database.cursor() as cursor:
                number = account.refuse(cursor, delivery, contract, dataset, run, refused)
                record(database, run, refused.findings)
            ending.outcome, ending.detail = "failed", "the delivery was refused"
            result = _refusal(delivery, dataset, refused, number)
        if result.outcome == "repeated":  # nothing was judged
            ending.outcome = None
    return result


def _through_the_gate(gate: Gate, delivery: Delivery) -> Ingested:
    columns = account.look_at_columns(delivery, gate.dataset)
    checks = soda.render(gate.catalog, gate.contract, gate.dataset, at_gate=True)
    gate.say("landing")
    with gate.database, gate.database.cursor() as cursor:
        tune(cursor)
        delivered = land(gate.database, delivery)
        before = account.accepted_before(cursor, delivery, gate.dataset)
        if before:
            reason = f"accepted before, at {before}"
            return Ingested(delivery.path, gate.dataset.name, "repeated", delivered, reason=reason)
        type_it(cursor, gate.dataset, delivery.form, delivery.in_shape)
        ensure_targets(cursor, gate.catalog, gate.dataset)
    gate.say("scanning")
    verdicts = scan(gate.settings, checks, ("landing", gate.dataset.schema), gate.run.as_of)
    judge.require(gate.dataset, verdicts)
    with gate.database, gate.database.cursor() as cursor:
        tune(cursor)
        return _decide(gate, cursor, delivery, delivered, columns, verdicts)


def _decide(
    gate: Gate,
    cursor: "cursor",
    delivery: Delivery,
    delivered: int,
    columns: list[Finding],
    verdicts: dict[str, Verdict],
) -> Ingested:
    """Raises Refused, with what broke the delivery, when it is not to be taken."""
    dataset = gate.dataset
    ensure_raw(cursor, dataset)
    gate.say("splitting")
    judged = split_if_needed(gate, cursor, verdicts)
    rows = judged.rows | account.unreadable(dataset, delivery)
    findings = columns + judge.find(dataset, verdicts, judged, rows)
    _refuse_if_broken(gate, cursor, delivery, findings, judged.quarantined + delivery.set_aside, rows)
    gate.say("promoting")
    delivery_id = account.note(cursor, delivery, gate.contract, dataset, gate.run, "accepted", delivered)
    candidates = delivered - delivery.set_aside - judged.collapsed - judged.quarantined
    promotion = promote(cursor, dataset, delivery_id, judged, candidates)
    rows = dict(Counter(rows) + Counter(promotion.conflicts))
    findings = columns + judge.find(dataset, verdicts, judged, rows, promotion.conflicts)
    lost = judged.quarantined + promotion.conflicting + delivery.set_aside
    _refuse_if_broken(gate, cursor, delivery, findings, lost, rows)
    if lost:
        quarantine(cursor, dataset, delivery_id)
    corrected = close_corrected(cursor, dataset, delivery_id, gate.run.as_of)
    account.settle(cursor, delivery_id, dataset, promotion, lost, judged.collapsed)
    record(gate.database, gate.run, findings)
    return Ingested(
        delivery.path, dataset.name, "accepted", delivered, promotion.promoted, lost,
        promotion.duplicates + judged.collapsed, promotion.superseded, corrected, tuple(findings),
        rows_by_clause={clause: count for clause, count in rows.items() if count}, delivery_id=delivery_id,
    )  # fmt: skip


def _refuse_if_broken(
    gate: Gate,
    cursor: "cursor",
    delivery: Delivery,
    findings: list[Finding],
    lost: int,
    rows: dict[str, int],
) -> None:
    delivered = delivery.records + delivery.set_aside
    reasons = judge.reasons(gate.dataset, findings, lost, delivered, rows)
    if reasons:
        evidence = take_evidence(cursor, gate.dataset)
        looks = delivery.looks() if delivery.set_aside else None
        if looks:
            reasons.append(f"it looks like {looks[0]}")
        raise Refused("; ".join(reasons), findings, delivered, evidence, rows, looks and delivery.say_so(looks[1]))


def _refusal(delivery: Delivery, dataset: Dataset, refused: Refused, number: int) -> Ingested:
    return Ingested(
        delivery.path,
        dataset.name,
        "refused",
        refused.delivered,
        findings=tuple(refused.findings),
        reason=refused.reason,
        remedy=refused.remedy or f"Nothing of it was taken; see what broke it: {_show(dataset, number, refused)}",
        rows_by_clause={clause: count for clause, count in refused.rows.items() if count},
        delivery_id=number,
    )


def _show(dataset: Dataset, number: int, refused: Refused) -> str:
    return f"c360 quarantine show {dataset.name} --delivery {number}" if refused.evidence else "c360 status"


@contextmanager
def in_the_gate(database: "connection") -> Iterator[None]:
    """Wait for whoever is in the gate; whatever becomes of the delivery, the landing is empty afterwards."""
    with database, database.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", (_GATE,))
    try:
        yield
    finally:
        with suppress(psycopg2.InterfaceError), database, database.cursor() as cursor:  # a dead one holds no lock
            cursor.execute(f"drop table if exists {VERDICT}, {VERSIONS}, {EARLIER}")
            drop(cursor)
            cursor.execute("select pg_advisory_unlock(%s)", (_GATE,))


def tune(cursor: Any) -> None:
    """Give this transaction the memory to sort a delivery in."""
    # casting costs far more than passing a row on, which the planner does not know
    cursor.execute("set local work_mem = '256MB'; set local parallel_tuple_cost = 0")


def ensure_targets(cursor: Any, catalog: Catalog, dataset: Dataset) -> None:
    """The raw tables that clauses of a dataset look at: a reference needs its table, even while it is empty."""
    targets = {clause.argument.target for clause in RELATIONSHIP.of(dataset)} - {dataset.name}
    if any(f"{dataset.schema}." in clause.argument.query for clause in SQL.of(dataset)):
        targets.add(dataset.name)  # a rule may compare what comes with what is there
    for _, source in catalog.pairs():
        if source.name in targets:
            ensure_raw(cursor, source)


def split_if_needed(gate: Gate, cursor: "cursor", verdicts: dict[str, Verdict]) -> Split:
    """When Soda found every row clause to hold and every value had its type, there is nothing to split."""
    dataset = gate.dataset
    cursor.execute(f"select exists (select 1 from {TYPED} where {MISCAST} is not null)")
    miscast = cursor.fetchone()[0]  # type: ignore[index]
    if not miscast and not UNIQUE.of(dataset) and judge.all_rows_hold(dataset, verdicts):
        return without_verdicts(cursor)
    with scanner(gate.settings, ("landing", dataset.schema)) as looking:
        return split(cursor, gate.catalog, dataset, gate.run.as_of, looking)


def breach_of(results: list[Ingested]) -> Breach | None:
    """The error to end with when a delivery was refused."""
    refused = [result for result in results if result.outcome == "refused"]
    if not refused:
        return None
    return Breach(f"{refused[0].path} was refused: {refused[0].reason}.", refused[0].remedy)
