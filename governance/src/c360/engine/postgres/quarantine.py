"""Quarantine: rows that are not taken, as they were delivered, with the clauses they break; and how they get out.

A row is open until a replay lets it through, a later delivery brings what it should have been, or somebody decides:
resolves it (it is right, and takes its place) or discards it, with who and why on record.
"""

import tempfile
from dataclasses import dataclass
from datetime import datetime
from typing import IO, TYPE_CHECKING

from c360.clause.dialect import POSTGRES
from c360.clause.kinds import READABLE
from c360.engine.postgres.casts import cast, plain
from c360.engine.postgres.land import AT, TEXT, TYPED, UNREADABLE
from c360.engine.postgres.split import VERDICT, errors, fatal, instant, raw_table
from c360.model import Dataset

if TYPE_CHECKING:
    from psycopg2.extensions import cursor

RECORD = "c360__record"
"""Under this name the contents of a line that is no record are kept, as text."""

q, literal = POSTGRES.quote, POSTGRES.literal


@dataclass(frozen=True)
class Evidence:
    """Which rows of a refused delivery broke which clauses: CSV of number, line and clauses. No values of theirs."""

    rows: IO[bytes]


def quarantine(cursor: "cursor", dataset: Dataset, delivery_id: int) -> None:
    """Keep the rows that were lost, and the lines that are no record, with their numbers in the delivery."""
    pairs = [f"{literal(column.name)}, x.{q(column.physical_name)}" for column in dataset.columns]
    # a function takes 100 arguments at most
    parts = (", ".join(pairs[i : i + 50]) for i in range(0, len(pairs), 50))
    contents = " || ".join(f"jsonb_build_object({part})" for part in parts)
    unreadable = [clause.id for clause in READABLE.of(dataset)]
    cursor.execute(
        f"""
        insert into quarantine.rows (delivery_id, dataset, row_number, line, clauses, payload)
        select {int(delivery_id)}, {literal(dataset.name)}, number, line, clauses, contents
        from (
            select {_NUMBER} as number, null::bigint as line, v.clauses, {contents} as contents
            from {_NUMBERED} as x join {VERDICT} as v on v.at = x.{AT}
            where v.clauses && {fatal(dataset)}
            union all
            select u.record, u.line, array[{", ".join(map(literal, unreadable))}]::text[],
                jsonb_build_object({literal(RECORD)}, u.contents)
            from {UNREADABLE} as u
        ) as lost
        order by number
        """
    )


_NUMBERED = f"(select *, ctid as {AT}, row_number() over (order by ctid) as c360__nth from {TEXT})"
_NUMBER = (
    f"x.c360__nth + coalesce((select u.record - u.before from {UNREADABLE} as u where u.before < x.c360__nth "
    "order by u.before desc, u.record desc limit 1), 0)"
)
"""The number of a record in the delivery: lines that are none count too."""


def take_evidence(cursor: "cursor", dataset: Dataset) -> Evidence | None:
    """Which rows broke the delivery, out of a transaction that is about to be undone; None when it was not rows."""
    rows = tempfile.SpooledTemporaryFile(1 << 20)  # noqa: SIM115 (it outlives the transaction)
    unreadable = [clause.id for clause in READABLE.of(dataset)]
    cursor.copy_expert(
        f"copy (select {_NUMBER}, null, v.clauses from {_NUMBERED} as x join {VERDICT} as v on v.at = x.{AT} "
        f"union all select u.record, u.line, array[{', '.join(map(literal, unreadable))}]::text[] "
        f"from {UNREADABLE} as u) to stdout (format csv)",
        rows,
    )
    if not rows.tell():
        return None
    rows.seek(0)
    return Evidence(rows)


def keep_evidence(cursor: "cursor", delivery_id: int, evidence: Evidence) -> None:
    """Put it down for a refused delivery, in the place of that of the same content refused before."""
    cursor.execute(
        "delete from quarantine.evidence as e using governance.delivery as old, governance.delivery as new "
        "where new.delivery_id = %s and old.dataset = new.dataset and old.sha256 = new.sha256 "
        "and e.delivery_id = old.delivery_id",
        (delivery_id,),
    )
    cursor.execute(
        "create temporary table c360__evidence (row_number bigint, line bigint, clauses text[]) on commit drop"
    )
    cursor.copy_expert("copy c360__evidence from stdin (format csv)", evidence.rows)
    cursor.execute(
        "insert into quarantine.evidence (delivery_id, row_number, line, clauses) "
        "select %s, row_number, line, clauses from c360__evidence order by row_number",
        (delivery_id,),
    )


def close_corrected(cursor: "cursor", dataset: Dataset, delivery_id: int, as_of: datetime) -> int:
    """Open rows of earlier deliveries whose key this one brought, as it should be: they are closed. Returns how many.

    A row is corrected by one of its key that was loaded later, or that says the same; by one that was loaded at the
    same time only if it broke a clause by itself: which of two that contradict each other is right, none can tell.
    """
    if not dataset.key:
        return 0
    cursor.execute(
        "select exists (select 1 from quarantine.rows where dataset = %s and resolved_at is null and delivery_id < %s)",
        (dataset.name, delivery_id),
    )
    if not cursor.fetchone()[0]:  # type: ignore[index]
        return 0
    was = {column.name: from_payload(dataset, column.name) for column in dataset.columns}
    keys = " and ".join(f"r.{q(dataset.physical(name))} = o.k{i}" for i, name in enumerate(dataset.key))
    again = " and ".join(f"t.{q(dataset.physical(name))} = o.k{i}" for i, name in enumerate(dataset.key))
    is_now = ((was[column.name], q(column.physical_name)) for column in dataset.columns)
    same = " and ".join(f"{then}::text is not distinct from r.{now}::text" for then, now in is_now)
    disputes = [clause.id for clause in dataset.clauses if clause.kind.disputed]
    corrected = "true"
    if dataset.load_column:
        load = f"r.{q(dataset.physical(dataset.load_column))}"
        alone = f"not o.clauses && array[{', '.join(map(literal, disputes))}]::text[]"
        corrected = (
            f"(o.load is null or o.load < {load} or o.load > {instant(as_of)} or (o.load = {load} and {alone}) "
            f"or ({same}))"
        )
    load = was[dataset.load_column] if dataset.load_column else "null"
    cursor.execute(
        f"""
        with o as materialized (
            select quarantine_id, clauses, payload, {load} as load,
                {", ".join(f"{was[name]} as k{i}" for i, name in enumerate(dataset.key))}
            from quarantine.rows
            where dataset = {literal(dataset.name)} and resolved_at is null and delivery_id < {int(delivery_id)}
            and not payload ? {literal(RECORD)}
        )
        update quarantine.rows as k
        set resolved_by = {int(delivery_id)}, resolved_at = clock_timestamp(), resolution = 'corrected'
        from (
            select o.quarantine_id
            from o join {raw_table(dataset)} as r on {keys}
            where {corrected}
            and exists (
                select 1 from {TYPED} as t where {again} and not exists (
                    select 1 from {VERDICT} as v where v.at = t.{AT} and v.clauses && {fatal(dataset)}))
        ) as done
        where done.quarantine_id = k.quarantine_id
        """
    )
    return cursor.rowcount


def from_payload(dataset: Dataset, name: str) -> str:
    """SQL: the value of a quarantined row in the contract's type, or null where its text has none."""
    kind = dataset.column(name).physical_type or "text"
    return cast(f"({plain(f'(payload ->> {literal(name)})', kind)})", kind)


def close_replayed(cursor: "cursor", dataset: Dataset, delivery_id: int) -> None:
    """Rows that hold, or that are there already, leave; the others keep their row, with the clauses they break now."""
    lost = errors(dataset)
    cursor.execute(
        f"""
        update quarantine.rows as k set clauses = v.clauses
        from {TEXT} as x join {VERDICT} as v on v.at = x.ctid and v.clauses && %s::text[]
        where k.quarantine_id = x.c360__quarantine_id::bigint and k.clauses <> v.clauses;
        update quarantine.rows as k
        set resolved_by = %s, resolved_at = clock_timestamp(), resolution = 'replayed'
        from {TEXT} as x
        where k.quarantine_id = x.c360__quarantine_id::bigint
        and not exists (select 1 from {VERDICT} as v where v.at = x.ctid and v.clauses && %s::text[])
        """,
        (lost, delivery_id, lost),
    )
