"""Decide: what people do about rows in quarantine that no replay and no delivery settles; who and why is on record."""

import csv
import os
import re
from pathlib import Path
from typing import IO, TYPE_CHECKING

from c360.clause.kinds import UNIQUE
from c360.delivery.form import Form
from c360.engine.interface import Promotion
from c360.errors import Breach, CouldNotTell
from c360.gate.account import Gate, note_replay, settle
from c360.gate.entry import entered, judging
from c360.ledger import decisions, quarantine
from c360.ledger.decisions import Decision
from c360.ledger.quarantine import RECORD, Chosen
from c360.ledger.tables import prepare
from c360.model import Dataset

if TYPE_CHECKING:
    from psycopg2.extensions import connection

_FORMULA = re.compile(r"[\s\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*")


def resolve(gate: Gate, row: int, decision: Decision) -> Promotion:
    """Take a row that is in dispute with others: it is right. It takes the place of what raw holds under its key, which
    moves to the superseded rows, and other open rows of its key are discarded.

    Raises Breach for a row that breaks a clause by itself, CouldNotTell for one that is not open.
    """
    prepare(gate.ledger)
    dataset = gate.dataset
    chosen = Chosen(dataset.name, ids=(row,))
    with entered(gate) as landing, judging(gate):
        with landing.transaction():
            landing.ensure_targets()
            landing.ensure_raw()
            form = _form_of(gate.ledger, dataset, row)
            landing.land_quarantined(chosen)
            landing.cast(form)
            kept_out = landing.keep_out()
        if kept_out:
            raise Breach(f"Row {row} of the quarantine was of somebody who was forgotten; it is erased.")
        with landing.transaction():
            _require_only_disputed(dataset, row, set(landing.split(gate.run.as_of, order="decided").rows))
            delivery_id = note_replay(gate, f"resolve:{gate.run.id}", 1)
            promotion = landing.promote(delivery_id, 1)
            number = decisions.put_down(gate.ledger, "resolve", dataset.name, decision, 1)
            settle(gate, landing, delivery_id, promotion, 0, 0)
            quarantine.close(gate.ledger, quarantine.numbers(chosen), "resolved", delivery_id, number)
            landing.close_rivals(number)
    return promotion


def discard(ledger: "connection", chosen: Chosen, decision: Decision) -> int:
    """Close rows without taking them; they stay on record. Returns how many."""
    prepare(ledger)
    with ledger:
        number = decisions.put_down(ledger, "discard", chosen.dataset, decision, 0)
        count = quarantine.close(ledger, quarantine.numbers(chosen), "discarded", decision_id=number)
        if not count:
            raise CouldNotTell("No such row is open in quarantine.", f"See: c360 quarantine show {chosen.dataset}")
        decisions.count_rows(ledger, number, count)
    return count


def export(
    ledger: "connection", dataset: Dataset, chosen: Chosen, out: Path, decision: Decision, neutral: bool = False
) -> tuple[int, int]:
    """Write open rows as they were delivered into a CSV file that only its owner reads, for the sender to correct.
    Returns how many they are, and how many cells a spreadsheet would take for a formula; `neutral` puts an apostrophe
    before these (https://owasp.org/www-community/attacks/CSV_Injection), and quotes around every cell."""
    prepare(ledger)
    names = [column.name for column in dataset.columns]
    rows = [row for row in quarantine.rows_of(ledger, chosen) if row.id is not None]
    formulas = 0
    with ledger:
        decisions.put_down(ledger, "export", dataset.name, decision, len(rows))
        with _private(out) as file:
            writer = csv.writer(file, quoting=csv.QUOTE_ALL if neutral else csv.QUOTE_MINIMAL)
            writer.writerow(["quarantine_id", "file", "row", "line", "clauses", *names, "unreadable"])
            for row in rows:
                contents = (row.contents.get(name) for name in (*names, RECORD))
                cells = [row.id, row.file, row.number, row.line, " ".join(row.clauses), *contents]
                formulas += sum(map(_is_formula, cells))
                writer.writerow([f"'{cell}" if neutral and _is_formula(cell) else cell for cell in cells])
    return len(rows), formulas


def _is_formula(cell: object) -> bool:
    """Whether a spreadsheet would calculate it; a number is none, whatever its sign."""
    return isinstance(cell, str) and bool(_FORMULA.match(cell)) and not _NUMBER.fullmatch(cell)


def _private(out: Path) -> IO[str]:
    """A new file for its owner alone. Raises CouldNotTell when there is one already."""
    try:
        return os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", newline="", encoding="utf-8")
    except OSError as error:
        raise CouldNotTell(f"Cannot write {out}: {error.strerror}.", "Choose a new file: --out FILE") from error


def _form_of(ledger: "connection", dataset: Dataset, row: int) -> Form:
    found = quarantine.origin_of(ledger, dataset.name, row)
    if found is None:
        raise CouldNotTell(
            f"No row {row} of {dataset.name} is open in quarantine.", f"See: c360 quarantine show {dataset.name}"
        )
    origin, is_record = found
    if not is_record or not dataset.key:
        why = "has no key that it could be in dispute about" if is_record else "is no record"
        raise Breach(f"Row {row} of the quarantine {why}.", "Deliver it corrected, or: c360 quarantine discard")
    return Form.read(origin.form, dataset)


def _require_only_disputed(dataset: Dataset, row: int, broken: set[str]) -> None:
    """Raises Breach when the row breaks a clause by itself, or claims a value that is another's."""
    disputes = {c.id for c in dataset.clauses if c.kind.disputed and c.kind is not UNIQUE}
    alone = sorted(broken - disputes)
    if alone:
        raise Breach(
            f"Row {row} of the quarantine breaks {', '.join(alone)}, which no decision mends.",
            f"Deliver it corrected, or: c360 quarantine discard {dataset.name} --row {row} --reason TEXT",
        )
