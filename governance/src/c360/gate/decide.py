"""Decide: what people do about rows in quarantine that no replay and no delivery settles; who and why is on record."""

import csv
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from c360.clause.dialect import POSTGRES
from c360.clause.kinds import UNIQUE
from c360.engine.postgres.land import TYPED
from c360.engine.postgres.promote import Promotion, ensure_raw, replace
from c360.engine.postgres.quarantine import RECORD, from_payload
from c360.engine.postgres.scanner import scanner
from c360.engine.postgres.split import split
from c360.errors import Breach, CouldNotTell
from c360.gate.account import settle
from c360.gate.form import Form
from c360.gate.ingest import Gate, ensure_targets, in_the_gate, tune
from c360.gate.replay import land_quarantined, note_replay
from c360.ledger.tables import prepare
from c360.model import Dataset

if TYPE_CHECKING:
    from psycopg2.extensions import connection, cursor

q, literal = POSTGRES.quote, POSTGRES.literal


@dataclass(frozen=True)
class Decision:
    """Who decides, and why."""

    by: str
    why: str

    def __post_init__(self) -> None:
        if not self.by.strip() or not self.why.strip():
            raise CouldNotTell("A decision needs who takes it and why.", "Add --reason TEXT, and --by NAME.")


@dataclass(frozen=True)
class Chosen:
    """Open rows of one dataset: those with these numbers, of this delivery, or that break this clause."""

    dataset: str
    ids: tuple[int, ...] = ()
    delivery: int | None = None
    clause: str | None = None

    def where(self) -> tuple[str, list[Any]]:
        tests = ["dataset = %s", "resolved_at is null"]
        values: list[Any] = [self.dataset]
        for test, value in (
            ("quarantine_id = any(%s)", list(self.ids) or None),
            ("delivery_id = %s", self.delivery),
            ("%s = any(clauses)", self.clause),
        ):
            if value is not None:
                tests.append(test)
                values.append(value)
        return " and ".join(tests), values


def resolve(gate: Gate, row: int, decision: Decision) -> Promotion:
    """Take a row that is in dispute with others: it is right. It takes the place of what raw holds under its key, which
    moves to the superseded rows, and other open rows of its key are discarded.

    Raises Breach for a row that breaks a clause by itself, CouldNotTell for one that is not open.
    """
    prepare(gate.database)
    dataset = gate.dataset
    with in_the_gate(gate.database):
        with gate.database, gate.database.cursor() as cursor:
            ensure_targets(cursor, gate.catalog, dataset)
            ensure_raw(cursor, dataset)
            form = _form_of(cursor, dataset, row)
        land_quarantined(gate, f"quarantine_id = {int(row)}", form)
        with gate.database, gate.database.cursor() as cursor:
            tune(cursor)
            with scanner(gate.settings, ("landing", dataset.schema)) as looking:
                judged = split(cursor, gate.catalog, dataset, gate.run.as_of, looking)
            disputes = {c.id for c in dataset.clauses if c.kind.disputed and c.kind is not UNIQUE}
            broken = sorted(set(judged.rows) - disputes)
            if broken:
                raise Breach(
                    f"Row {row} of the quarantine breaks {', '.join(broken)}, which no decision mends.",
                    f"Deliver it corrected, or: c360 quarantine discard {dataset.name} --row {row} --reason TEXT",
                )
            delivery_id = note_replay(gate, cursor, f"resolve:{gate.run.id}", 1)
            superseded = replace(cursor, dataset, delivery_id)
            number = _put_down(cursor, "resolve", dataset.name, decision, 1)
            settle(cursor, delivery_id, dataset, Promotion(1, superseded, 0), 0, 0)
            _close(cursor, "quarantine_id = %s", [row], "resolved", number, delivery_id)
            same_key = " and ".join(f"{from_payload(dataset, n)} = t.{q(dataset.physical(n))}" for n in dataset.key)
            rivals = f"dataset = {literal(dataset.name)} and exists (select 1 from {TYPED} as t where {same_key})"
            _close(cursor, rivals.replace("%", "%%"), [], "discarded", number, None)
    return Promotion(1, superseded, 0)


def discard(database: "connection", chosen: Chosen, decision: Decision) -> int:
    """Close rows without taking them; they stay on record. Returns how many."""
    prepare(database)
    where, values = chosen.where()
    with database, database.cursor() as cursor:
        number = _put_down(cursor, "discard", chosen.dataset, decision, 0)
        count = _close(cursor, where, values, "discarded", number, None)
        if not count:
            raise CouldNotTell("No such row is open in quarantine.", f"See: c360 quarantine show {chosen.dataset}")
        cursor.execute("update quarantine.decision set rows = %s where decision_id = %s", (count, number))
    return count


def export(database: "connection", dataset: Dataset, chosen: Chosen, out: Path, decision: Decision) -> int:
    """Write open rows as they were delivered into a CSV file that only its owner reads, for the sender to mend."""
    prepare(database)
    names = [column.name for column in dataset.columns]
    head = ["quarantine_id", "file", "row", "line", "clauses", *names, "unreadable"]
    where, values = chosen.where()
    with database, database.cursor() as cursor:
        cursor.execute(
            "select quarantine_id, file_name, row_number, line, array_to_string(clauses, ' '), payload "
            "from (select q.*, d.file_name from quarantine.rows as q join governance.delivery as d using (delivery_id)"
            f") as r where {where} order by quarantine_id",
            values,
        )
        rows = cursor.fetchall()
        _put_down(cursor, "export", dataset.name, decision, len(rows))
        with _private(out) as file:
            writer = csv.writer(file)
            writer.writerow(head)
            for *told, payload in rows:
                writer.writerow([*told, *(payload.get(name) for name in names), payload.get(RECORD)])
    return len(rows)


def _private(out: Path) -> Any:
    """A new file for its owner alone. Raises CouldNotTell when there is one already."""
    try:
        return os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", newline="", encoding="utf-8")
    except OSError as error:
        raise CouldNotTell(f"Cannot write {out}: {error.strerror}.", "Choose a new file: --out FILE") from error


def _form_of(cursor: "cursor", dataset: Dataset, row: int) -> Form:
    cursor.execute(
        "select d.form, payload ? %s from quarantine.rows as q join governance.delivery as d using (delivery_id) "
        "where quarantine_id = %s and q.dataset = %s and resolved_at is null",
        (RECORD, row, dataset.name),
    )
    found = cursor.fetchone()
    if found is None:
        raise CouldNotTell(
            f"No row {row} of {dataset.name} is open in quarantine.", f"See: c360 quarantine show {dataset.name}"
        )
    if found[1] or not dataset.key:
        why = "is no record" if found[1] else "has no key that it could be in dispute about"
        raise Breach(f"Row {row} of the quarantine {why}.", "Deliver it corrected, or: c360 quarantine discard")
    return Form.read(found[0], dataset)


def _put_down(cursor: "cursor", action: str, dataset: str, decision: Decision, rows: int) -> int:
    cursor.execute(
        "insert into quarantine.decision (action, dataset, decided_by, reason, rows) values (%s, %s, %s, %s, %s) "
        "returning decision_id",
        (action, dataset, decision.by, decision.why, rows),
    )
    return cursor.fetchone()[0]  # type: ignore[index]


def _close(
    cursor: "cursor", where: str, values: list[Any], resolution: str, decision: int, delivery: int | None
) -> int:
    cursor.execute(
        "update quarantine.rows set resolution = %s, resolved_at = clock_timestamp(), decision_id = %s, "
        f"resolved_by = %s where resolved_at is null and {where}",
        [resolution, decision, delivery, *values],
    )
    return cursor.rowcount
