"""Account: what is put down of each delivery, so that none of its rows is unaccounted for."""

import json
from typing import TYPE_CHECKING, Any

from c360.clause.dialect import POSTGRES
from c360.clause.kinds import PRESENT, READABLE, UNEXPECTED_COLUMNS
from c360.engine.postgres.land import TYPED
from c360.engine.postgres.promote import Promotion
from c360.engine.postgres.quarantine import Evidence, keep_evidence
from c360.gate.files import Delivery
from c360.ledger.history import Finding, Run, failing
from c360.model import Contract, Dataset

if TYPE_CHECKING:
    from psycopg2.extensions import cursor


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
    """Findings on which columns there are. Raises Refused for one that lacks or is not expected.

    Names that no contract knows are counted, never shown: a file without a header has data there.
    """
    there, extra = set(delivery.columns), delivery.columns.count(None)
    findings, lacking = [], []
    for clause in dataset.clauses:
        if clause.kind is PRESENT:
            name = dataset.physical(clause.column or "")
            lacking += [name] if name not in there else []
            findings.append(_found(clause, int(name not in there)))
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


def _found(clause: Any, count: int) -> Finding:
    return Finding(clause, "gate", failing(clause) if count else "passed", float(count))


def accepted_before(cursor: "cursor", delivery: Delivery, dataset: Dataset) -> str | None:
    """When the same content was accepted, in UTC; None when it never was."""
    cursor.execute(
        "select to_char(decided_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI UTC') from governance.delivery "
        "where dataset = %s and sha256 = %s and outcome = 'accepted'",
        (dataset.name, delivery.sha256),
    )
    row = cursor.fetchone()
    return row[0] if row else None


def unreadable(dataset: Dataset, delivery: Delivery) -> dict[str, int]:
    """How many lines are no record, by the clause that says there are none."""
    return {clause.id: delivery.set_aside for clause in READABLE.of(dataset) if delivery.set_aside}


def note(
    cursor: "cursor",
    delivery: Delivery,
    contract: Contract,
    dataset: Dataset,
    run: Run,
    outcome: str,
    delivered: int,
    reason: str | None = None,
) -> int:
    """Put down a delivery and its form; returns its number. What became of an accepted one's rows is settled later."""
    counted = delivered if outcome == "accepted" else 0
    cursor.execute(
        "insert into governance.delivery (sha256, dataset, contract, version, file_name, outcome, reason, "
        "delivered, promoted, quarantined, duplicates, superseded, as_of, form) "
        "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, 0, 0, 0, %s, %s) returning delivery_id",
        (
            delivery.sha256, dataset.name, contract.name, contract.version, delivery.path.name, outcome, reason,
            delivered, counted, run.as_of, json.dumps(delivery.form.as_json()),
        ),
    )  # fmt: skip
    return cursor.fetchone()[0]  # type: ignore[index]


def refuse(
    cursor: "cursor", delivery: Delivery, contract: Contract, dataset: Dataset, run: Run, refused: Refused
) -> int:
    """Put down a refusal with its evidence, which takes the place of that of the same content refused before."""
    number = note(cursor, delivery, contract, dataset, run, "refused", refused.delivered, refused.reason)
    if refused.evidence:
        keep_evidence(cursor, number, refused.evidence)
    return number


def settle(
    cursor: "cursor", delivery_id: int, dataset: Dataset, promotion: Promotion, quarantined: int, collapsed: int
) -> None:
    """Write what became of the rows; the table itself checks that none is unaccounted for."""
    newest = "null"
    if dataset.load_column:
        load = POSTGRES.quote(dataset.physical(dataset.load_column)).replace("%", "%%")
        now = "delivery.as_of at time zone 'UTC'"  # a row from the future would hide a stale load
        newest = f"(select max({load}) from {TYPED} where {load} <= {now})"
    cursor.execute(
        "update governance.delivery set promoted = %s, quarantined = %s, duplicates = %s, superseded = %s, "
        f"newest_load = {newest} where delivery_id = %s",
        (promotion.promoted, quarantined, promotion.duplicates + collapsed, promotion.superseded, delivery_id),
    )
