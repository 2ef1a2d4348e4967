"""Ingest one delivery: land -> gate -> split -> promote.

What landed is committed, so that the scanner, on a connection of its own, sees it; all that is decided then is one
transaction, which a kill undoes whole. What a kill leaves in landing goes when the next delivery enters.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg2

from c360.contract.model import Clause, Contract, Dataset
from c360.database.tables import prepare
from c360.errors import Breach, CouldNotTell
from c360.gate.files import Delivery
from c360.gate.land import MISCAST, TYPED, drop, land, type_it
from c360.gate.promote import Promotion, ensure_raw, promote, quarantine
from c360.gate.scan import Verdict, scan
from c360.gate.split import KEYS, VERDICT, Split, split
from c360.generate import soda
from c360.generate.plan import Catalog
from c360.history import Finding, Run, failing, on_record, record
from c360.settings import Settings
from c360.sql.dialect import POSTGRES

if TYPE_CHECKING:
    from psycopg2.extensions import connection

_GATE = 0xC360_0002
"""Advisory lock: deliveries go through the gate one after the other, so that each sees the rows of the last."""
DEFAULT_RATIO = 0.2
"""maxQuarantineRatio of a contract that does not say."""


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
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    rows_by_clause: dict[str, int] = field(default_factory=dict)


class _Refused(Exception):
    def __init__(self, reason: str, findings: list[Finding], delivered: int) -> None:
        self.reason, self.findings, self.delivered = reason, findings, delivered
        super().__init__(reason)


def ingest(
    database: "connection",
    catalog: Catalog,
    dataset_name: str,
    path: Path,
    run: Run,
    settings: Settings,
    progress: Callable[[int], None] = lambda size: None,
    say: Callable[[str], None] = lambda step: None,
) -> Ingested:
    """Take one file through the gate; refused and accepted alike end up in the history.

    `progress` is told of bytes read, `say` of the step under way. Raises CouldNotTell when the file or the
    database does not let us tell; the database is then as it was before.
    """
    contract, dataset = catalog.find(dataset_name)
    if contract.layer != "sources":
        raise CouldNotTell(f"{dataset_name} is a product, which dbt builds.", "Ingest a source, or run: c360 build")
    prepare(database)
    with on_record(database, run, dataset.name) as ending:
        delivery = Delivery(path, progress)
        try:
            with in_the_gate(database):
                result = _through_the_gate(database, catalog, contract, dataset, delivery, run, settings, say)
        except _Refused as refused:
            with database, database.cursor() as cursor:
                _note(cursor, delivery, contract, dataset, run, "refused", refused.delivered, reason=refused.reason)
                record(database, run, refused.findings)
            ending.outcome, ending.detail = "failed", "the delivery was refused"
            result = Ingested(
                path,
                dataset.name,
                "refused",
                refused.delivered,
                findings=tuple(refused.findings),
                reason=refused.reason,
            )
        if result.outcome == "repeated":  # nothing was judged
            ending.outcome = None
    return result


def _through_the_gate(
    database: "connection",
    catalog: Catalog,
    contract: Contract,
    dataset: Dataset,
    delivery: Delivery,
    run: Run,
    settings: Settings,
    say: Callable[[str], None],
) -> Ingested:
    _refuse_other_columns(delivery, dataset)
    checks = soda.render(catalog, contract, dataset)
    say("landing")
    with database, database.cursor() as cursor:
        tune(cursor)
        delivered = land(database, delivery, dataset)
        before = _accepted_before(cursor, delivery, dataset)
        if before:
            reason = f"accepted before, at {before}"
            return Ingested(delivery.path, dataset.name, "repeated", delivered, reason=reason)
        type_it(cursor, dataset)
        ensure_tables(cursor, catalog, looked_at(dataset))
    say("scanning")
    verdicts = scan(settings, checks, ("landing", dataset.schema), run.as_of)
    _require_verdicts(dataset, verdicts)
    with database, database.cursor() as cursor:
        tune(cursor)
        return _decide(database, cursor, catalog, contract, dataset, delivery, run, verdicts, delivered, say)


def _decide(
    database: "connection",
    cursor: Any,
    catalog: Catalog,
    contract: Contract,
    dataset: Dataset,
    delivery: Delivery,
    run: Run,
    verdicts: dict[str, Verdict],
    delivered: int,
    say: Callable[[str], None],
) -> Ingested:
    ensure_tables(cursor, catalog, {dataset.name})
    say("splitting")
    judged = split_if_needed(cursor, catalog, dataset, verdicts)
    findings = find(dataset, verdicts, judged)
    _refuse_if_broken(dataset, findings, judged, delivered)
    say("promoting")
    delivery_id = _note(cursor, delivery, contract, dataset, run, "accepted", delivered)
    lost = quarantine(cursor, dataset, delivery_id) if judged and judged.quarantined else 0
    collapsed = judged.collapsed if judged else 0
    promotion = promote(cursor, dataset, delivery_id, judged is not None, delivered - collapsed - lost)
    settle(cursor, delivery_id, dataset, promotion, lost, collapsed)
    record(database, run, findings)
    return Ingested(
        delivery.path, dataset.name, "accepted", delivered, promotion.promoted, lost,
        promotion.duplicates + collapsed, promotion.superseded, tuple(findings),
        rows_by_clause=judged.rows if judged else {},
    )  # fmt: skip


@contextmanager
def in_the_gate(database: "connection") -> Iterator[None]:
    """Wait for whoever is in the gate; whatever becomes of the delivery, the landing is empty afterwards."""
    with database, database.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", (_GATE,))
    try:
        yield
    finally:
        with suppress(psycopg2.InterfaceError), database, database.cursor() as cursor:  # a dead one holds no lock
            cursor.execute(f"drop table if exists {VERDICT}")
            drop(cursor)
            cursor.execute("select pg_advisory_unlock(%s)", (_GATE,))


def tune(cursor: Any) -> None:
    """Give this transaction the memory to sort a delivery in."""
    # casting costs far more than passing a row on, which the planner does not know
    cursor.execute("set local work_mem = '256MB'; set local parallel_tuple_cost = 0")


def ensure_tables(cursor: Any, catalog: Catalog, names: set[str]) -> None:
    """The raw tables of these datasets."""
    for _, source in catalog.pairs():
        if source.name in names:
            ensure_raw(cursor, source)


def looked_at(dataset: Dataset) -> set[str]:
    """Datasets whose tables the clauses of `dataset` look at: a reference needs its table, even while it is empty."""
    names = {c.argument.target for c in dataset.clauses if c.kind == "relationship"}
    if any(c.kind == "sql" and f"{dataset.schema}." in c.argument.query for c in dataset.clauses):
        names.add(dataset.name)  # a rule may compare what comes with what is there
    return names


def _refuse_other_columns(delivery: Delivery, dataset: Dataset) -> None:
    there, findings = set(delivery.columns), []
    known = {column.physical_name for column in dataset.columns}
    for clause in dataset.clauses:
        if clause.kind == "present":
            missing = dataset.physical(clause.column or "") not in there
            findings.append(Finding(clause, "land", failing(clause) if missing else "passed", float(missing)))
        elif clause.kind == "unexpectedColumns" and not clause.argument:
            extra = len(there - known)
            findings.append(Finding(clause, "land", failing(clause) if extra else "passed", float(extra)))
    broken = [found for found in findings if found.outcome == "failed"]
    if broken:
        missing = sorted(known - there)
        extra = sorted(there - known)
        parts = [f"lacks the column {name!r}" for name in missing] + [
            f"has the unexpected column {name[:63]!r}" for name in extra
        ]
        while delivery.read():  # to know the delivery by its content
            pass
        reason = f"it {', '.join(parts[:3])} ({', '.join(found.clause.id for found in broken[:3])})"
        raise _Refused(reason, findings, 0)


def _accepted_before(cursor: Any, delivery: Delivery, dataset: Dataset) -> str | None:
    cursor.execute(
        "select to_char(decided_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI UTC') from governance.delivery "
        "where dataset = %s and sha256 = %s and outcome = 'accepted'",
        (dataset.name, delivery.sha256),
    )
    row = cursor.fetchone()
    return row[0] if row else None


def _require_verdicts(dataset: Dataset, verdicts: dict[str, Verdict]) -> None:
    """Raises CouldNotTell when Soda could not evaluate a check.

    Checks on rows share a query, so that one takes the others along: SQL of the contract is to blame first.
    """
    untold = [
        clause
        for clause in sorted(dataset.clauses, key=lambda clause: clause.kind not in ("rowRule", "sql"))
        if clause.scope != "contract" and verdicts.get(clause.id, Verdict("errored", None)).outcome == "errored"
    ]
    if untold:
        raise CouldNotTell(f"Soda could not evaluate {untold[0].id}.", "Check the clause: c360 lint")


def split_if_needed(cursor: Any, catalog: Catalog, dataset: Dataset, verdicts: dict[str, Verdict]) -> Split | None:
    """None when Soda found every row clause to hold and every value had its type: then there is nothing to split."""
    cursor.execute(f"select exists (select 1 from {TYPED} where {MISCAST} is not null)")
    clean = not cursor.fetchone()[0] and not any(clause.kind == "unique" for clause in dataset.clauses)
    if clean and all(_measured_zero(clause, verdicts) for clause in dataset.clauses if clause.scope == "row"):
        return None
    return split(cursor, catalog, dataset)


def _measured_zero(clause: Clause, verdicts: dict[str, Verdict]) -> bool:
    verdict = verdicts.get(clause.id)
    return verdict is not None and verdict.measured == 0


def find(dataset: Dataset, verdicts: dict[str, Verdict], judged: Split | None) -> list[Finding]:
    """One finding a clause: Soda's word, and for clauses on rows the number of rows that the split found.

    Raises CouldNotTell when Soda and the split disagree.
    """
    findings = []
    for clause in dataset.clauses:
        if clause.scope == "contract":
            continue
        verdict = verdicts[clause.id]
        per_row = clause.scope == "row" or clause.kind == "physicalType"
        rows = (judged.rows.get(clause.id, 0) if judged else 0) if per_row else None
        if per_row:
            alone = clause.kind not in (*KEYS, "physicalType") and not _refers_to_itself(clause)
            exact = (
                judged is not None and not judged.collapsed and judged.rows.keys().isdisjoint(_type_clauses(dataset))
            )
            if alone and exact and rows != verdict.measured:
                raise CouldNotTell(f"Soda and the split disagree on {clause.id}.", "Report this as a bug.")
            outcome = failing(clause) if rows else "passed"
            findings.append(Finding(clause, "soda", outcome, float(rows or 0), rows))
        else:
            findings.append(Finding(clause, "soda", verdict.outcome, verdict.measured))  # type: ignore[arg-type]
    return findings


def _type_clauses(dataset: Dataset) -> set[str]:
    return {clause.id for clause in dataset.clauses if clause.kind == "physicalType"}


def _refers_to_itself(clause: Clause) -> bool:
    return clause.kind == "relationship" and clause.argument.target == clause.dataset


def _refuse_if_broken(dataset: Dataset, findings: list[Finding], judged: Split | None, delivered: int) -> None:
    reasons = [
        f"it breaks {found.clause.id}{_explained(found)}"
        for found in findings
        if found.outcome == "failed" and found.rows is None
    ][:3]
    limit = _limit(dataset)
    if judged and delivered and judged.quarantined / delivered > limit:
        worst = sorted(judged.rows.items(), key=lambda item: (-item[1], item[0]))[:3]
        named = ", ".join(f"{clause} {rows}" for clause, rows in worst)
        reasons.append(f"{judged.quarantined} of {delivered} rows break clauses ({named}), more than {limit:.0%}")
    if reasons:
        raise _Refused("; ".join(reasons), findings, delivered)


def _limit(dataset: Dataset) -> float:
    given = dataset.custom.get("maxQuarantineRatio", DEFAULT_RATIO)
    try:
        return float(given)
    except (TypeError, ValueError):
        raise Breach(
            f"The maxQuarantineRatio of {dataset.name} is no number.", "Write it as a share, such as 0.2."
        ) from None


def _explained(found: Finding) -> str:
    if found.clause.kind != "freshness" or found.measured is None:
        return "" if found.measured is None else f" (measured {found.measured:g})"
    promised = timedelta(seconds=found.clause.argument)
    if found.measured < 0:
        return ": no row tells when it was loaded"
    return f": its newest row is {timedelta(seconds=round(found.measured))} old, {promised} is promised"


def _note(
    cursor: Any,
    delivery: Delivery,
    contract: Contract,
    dataset: Dataset,
    run: Run,
    outcome: str,
    delivered: int,
    reason: str | None = None,
) -> int:
    counted = delivered if outcome == "accepted" else 0  # settled before the transaction ends
    cursor.execute(
        "insert into governance.delivery (sha256, dataset, contract, version, file_name, outcome, reason, "
        "delivered, promoted, quarantined, duplicates, superseded, as_of) "
        "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, 0, 0, 0, %s) returning delivery_id",
        (
            delivery.sha256, dataset.name, contract.name, contract.version, delivery.path.name, outcome, reason,
            delivered, counted, run.as_of,
        ),
    )  # fmt: skip
    return cursor.fetchone()[0]


def settle(
    cursor: Any, delivery_id: int, dataset: Dataset, promotion: Promotion, quarantined: int, collapsed: int
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
        (
            promotion.promoted,
            quarantined,
            promotion.duplicates + collapsed,
            promotion.superseded,
            delivery_id,
        ),
    )


def breach_of(results: list[Ingested]) -> Breach | None:
    """The error to end with when a delivery was refused."""
    refused = [result for result in results if result.outcome == "refused"]
    if not refused:
        return None
    first = refused[0]
    return Breach(
        f"{first.path} was refused: {first.reason}.",
        "Nothing of it was taken; mend it and deliver it again, or see: c360 status",
    )
