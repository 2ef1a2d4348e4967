"""Quarantine: which of the rows that landed are lost, with their numbers, and which open rows leave by what landed."""

import tempfile
from datetime import datetime
from typing import TYPE_CHECKING, Any

from c360.clause.dialect import POSTGRES
from c360.clause.kinds import READABLE
from c360.contract.catalog import Catalog
from c360.database.query import value
from c360.delivery.form import Form
from c360.engine.postgres.casts import cast
from c360.engine.postgres.keep_out import delivered
from c360.engine.postgres.land import create, instant, text_of
from c360.engine.postgres.raw import raw_table
from c360.engine.postgres.tables import AT, Tables, tables
from c360.engine.postgres.verdicts import fatal, lost
from c360.engine.postgres.versions import said, same_key
from c360.engine.together import differ
from c360.engine.written import plain
from c360.ledger import quarantine as ledger
from c360.ledger import quarantine_erased
from c360.ledger.quarantine import RECORD, Chosen, Evidence
from c360.model import Dataset

if TYPE_CHECKING:
    from psycopg import Cursor

q, literal = POSTGRES.quote, POSTGRES.literal


def _number(here: Tables) -> str:
    """SQL: the number of a record in the delivery: lines that are none count too."""
    return (
        f"v.at + coalesce((select u.record - u.before from {here.unreadable} as u where u.before < v.at "
        "order by u.before desc, u.record desc limit 1), 0)"
    )


def keep(cursor: "Cursor", catalog: Catalog, dataset: Dataset, delivery_id: int) -> None:
    """Keep the rows that were lost, and the lines that are no record, with their numbers in the delivery."""
    here = tables(dataset)
    pairs = [f"{literal(name)}, {text}" for name, text in delivered(cursor, catalog, dataset).items()]
    # a function takes 100 arguments at most
    parts = (", ".join(pairs[i : i + 50]) for i in range(0, len(pairs), 50))
    contents = " || ".join(f"jsonb_build_object({part})" for part in parts)
    found = f"""
        select {_number(here)} as number, null::bigint as line, v.clauses, {contents} as contents
        from {text_of(dataset, f"select at from {here.verdict} where clauses && {fatal(dataset)}")} as x
        join {here.verdict} as v on v.at = x.{AT}
        union all
        select u.record, u.line, {_unreadable(dataset)}, jsonb_build_object({literal(RECORD)}, u.contents)
        from {here.unreadable} as u
    """
    ledger.keep(cursor.connection, dataset.name, delivery_id, found)


def take_evidence(cursor: "Cursor", dataset: Dataset) -> Evidence | None:
    """Which rows broke the delivery, out of a transaction that is about to be undone; None when it was not rows."""
    here = tables(dataset)
    rows = tempfile.SpooledTemporaryFile(1 << 20)  # noqa: SIM115 (it outlives the transaction)
    with cursor.copy(
        f"copy (select {_number(here)}, null, v.clauses from {here.verdict} as v "
        f"union all select u.record, u.line, {_unreadable(dataset)} "
        f"from {here.unreadable} as u) to stdout (format csv)"
    ) as copy:
        rows.writelines(copy)
    if not rows.tell():
        return None
    rows.seek(0)
    return Evidence(rows)


def _unreadable(dataset: Dataset) -> str:
    """SQL: the clauses that a line breaks that is no record."""
    broken = [clause.id for clause in READABLE.of(dataset)]
    return f"array[{', '.join(map(literal, broken))}]::text[]"


def land_again(cursor: "Cursor", dataset: Dataset, chosen: Chosen) -> int:
    """Land open rows of the quarantine, as they were delivered; returns how many they are."""
    here = tables(dataset)
    create(cursor, dataset, [*(column.physical_name for column in dataset.columns), "c360__quarantine_id"])
    cursor.execute(f"insert into {here.landed} {ledger.texts(chosen, [column.name for column in dataset.columns])}")
    return int(cursor.rowcount)


def erase_landed(cursor: "Cursor", dataset: Dataset) -> None:
    """Rows of the quarantine that landed again, and were kept out by then, leave it for good."""
    here = tables(dataset)
    cursor.execute(
        "select exists (select from pg_attribute where attrelid = to_regclass(%s) and attname = 'c360__quarantine_id')",
        (here.text,),
    )
    if value(cursor):
        out = f"not exists (select 1 from {here.typed} as t where t.{AT} = x.{AT})"
        quarantine_erased.erase(
            cursor.connection, f"select c360__quarantine_id::bigint from {here.text} as x where {out}"
        )


def close_corrected(cursor: "Cursor", dataset: Dataset, delivery_id: int, as_of: datetime) -> int:
    """Open rows of earlier deliveries that this one corrects leave: see `Landing.apply`. Returns how many."""
    if not dataset.key:
        return 0
    found = (
        _corrected(dataset, delivery_id, as_of, form)
        for form in ledger.forms(cursor.connection, dataset.name, before=delivery_id)
    )
    return sum(ledger.close(cursor.connection, which, "corrected", delivery_id) for which in list(found))


def _corrected(dataset: Dataset, delivery_id: int, as_of: datetime, form: dict[str, Any]) -> str:
    """A query: the numbers of the open rows o, delivered in one form, that raw's row r corrects."""
    here = tables(dataset)
    values = ", ".join(
        f"{from_payload(dataset, column.name, Form.read(form, dataset))} as {q(column.physical_name)}"
        for column in dataset.columns
    )
    tests = [_same_identity(dataset)]
    if dataset.load_column:
        load = q(dataset.physical(dataset.load_column))
        disputes = [clause.id for clause in dataset.clauses if clause.kind.disputed]
        alone = f"not o.clauses && array[{', '.join(map(literal, disputes))}]::text[]"
        other = differ(dataset, [column.name for column in dataset.columns], said, "o")
        tests.append(
            f"(o.{load} is null or o.{load} < r.{load} or o.{load} > {instant(as_of)} "
            f"or (o.{load} = r.{load} and {alone}) or not ({other}))"
        )
    return f"""
        with o as materialized (
            select quarantine_id, clauses, {values} from {ledger.open_rows(dataset.name, form, delivery_id)} as earlier
        )
        select o.quarantine_id
        from o join {raw_table(dataset)} as r on {same_key(dataset, "r", "o")}
        where {" and ".join(tests)}
        and exists (select 1 from {here.typed} as t where {same_key(dataset, "t", "o")} and not {lost(dataset)})
    """


def _same_identity(dataset: Dataset) -> str:
    """SQL: whether the open row o is of the person that raw's row r is of. A column that is wrong by itself tells
    nothing."""
    tests = []
    for name in dataset.identity:
        wrong = [c.id for c in dataset.clauses if c.column == name and c.kind.loses_rows and not c.kind.disputed]
        unread = f"o.clauses && array[{', '.join(map(literal, wrong))}]::text[]"
        tests.append(f"({unread} or not ({differ(dataset, [name], said, 'o')}))")
    return " and ".join(tests) or "true"


def close_landed(cursor: "Cursor", dataset: Dataset, delivery_id: int, decision_id: int | None) -> None:
    """Rows that landed again and hold, or that are there already, leave; the others keep their row, with the clauses
    they break now. By a decision, other open rows of the same key are discarded."""
    here = tables(dataset)
    number = "x.c360__quarantine_id::bigint"
    is_lost = f"v.at = x.{AT} and v.clauses && {fatal(dataset)}"
    judged = f"select {number}, v.clauses from {here.text} as x join {here.verdict} as v on {is_lost}"
    held = f"select {number} from {here.text} as x where not exists (select 1 from {here.verdict} as v where {is_lost})"
    ledger.rewrite(cursor.connection, judged)
    how: ledger.Resolution = "replayed" if decision_id is None else "resolved"
    ledger.close(cursor.connection, held, how, delivery_id, decision_id)
    if decision_id is not None:
        _close_rivals(cursor, dataset, decision_id)


def _close_rivals(cursor: "Cursor", dataset: Dataset, decision_id: int) -> None:
    """Open rows of the key that landed are discarded."""
    typed = tables(dataset).typed
    for form in ledger.forms(cursor.connection, dataset.name):
        values = ", ".join(
            f"{from_payload(dataset, name, Form.read(form, dataset))} as {q(dataset.physical(name))}"
            for name in dataset.key
        )
        rivals = (
            f"select quarantine_id from (select quarantine_id, {values} from {ledger.open_rows(dataset.name, form)} "
            f"as delivered) as o where exists (select 1 from {typed} as t where {same_key(dataset, 't', 'o')})"
        )
        ledger.close(cursor.connection, rivals, "discarded", decision_id=decision_id)


def from_payload(dataset: Dataset, name: str, form: Form) -> str:
    """SQL: the value of a quarantined row, delivered in this form, in the contract's type, or null where its text has
    none."""
    kind = dataset.column(name).physical_type
    return cast(f"({plain(f'(payload ->> {literal(name)})', kind, form, POSTGRES)})", kind, form)
