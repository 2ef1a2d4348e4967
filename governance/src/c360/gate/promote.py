"""Promote: rows that hold go to raw, newer ones replacing older, the others to quarantine. Nothing is lost."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from c360.contract.model import Dataset
from c360.errors import CouldNotTell
from c360.gate.land import AT, TEXT, TYPED
from c360.gate.split import VERDICT, fatal, raw_table
from c360.sql.dialect import POSTGRES, canonical_type

if TYPE_CHECKING:
    from psycopg2.extensions import cursor

q, literal = POSTGRES.quote, POSTGRES.literal


@dataclass(frozen=True)
class Promotion:
    """`promoted` counts the replacing rows too; `duplicates` were in raw already, as new or newer."""

    promoted: int
    superseded: int
    duplicates: int


def ensure_raw(cursor: "cursor", dataset: Dataset) -> None:
    """Make the raw table from the contract, or add the columns that a newer version of it brought.

    Raises CouldNotTell when the table there has a column of another type.
    """
    table = raw_table(dataset)
    columns = {c.physical_name: canonical_type(c.physical_type or "text") for c in dataset.columns}
    required = {c.physical_name for c in dataset.columns if c.required}
    defined = [f"{q(n)} {kind}{' not null' if n in required else ''}" for n, kind in columns.items()]
    if dataset.key:
        defined.append(f"primary key ({', '.join(q(dataset.physical(name)) for name in dataset.key)})")
    cursor.execute(f"create schema if not exists {q(dataset.schema)}")
    cursor.execute(f"create table if not exists {table} ({', '.join(defined)})")
    cursor.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute "
        "where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped",
        (table,),
    )
    there = dict(cursor.fetchall())
    for name, kind in columns.items():
        if name not in there:
            cursor.execute(f"alter table {table} add column {q(name)} {kind}")
        elif there[name] != kind:
            raise CouldNotTell(
                f"{table}.{name} is {there[name]}, the contract says {kind}.",
                "Migrate the table, or give the contract a new major version with a new physicalName.",
            )
    for clause in dataset.clauses:
        if clause.kind == "unique":
            keys = ", ".join(q(dataset.physical(name)) for name in clause.argument)
            index = q(f"{dataset.table}_{'_'.join(clause.argument)}_unique"[:63])
            cursor.execute(f"create unique index if not exists {index} on {table} ({keys})")


def promote(cursor: "cursor", dataset: Dataset, delivery_id: int, judged: bool, candidates: int) -> Promotion:
    """Insert what holds. `judged` says whether a verdict table exists; `candidates` how many rows hold.

    Rows go in by key, which keeps the index compact and is faster than the random order of uuids.
    """
    table = raw_table(dataset)
    names = [q(column.physical_name) for column in dataset.columns]
    holding = f"from {TYPED} as t" + (f" where not exists ({_lost('t', dataset)})" if judged else "")
    if not dataset.key:
        cursor.execute(f"insert into {table} ({', '.join(names)}) select {', '.join(names)} {holding}")
        return Promotion(cursor.rowcount, 0, 0)
    keys = [q(dataset.physical(name)) for name in dataset.key]
    cursor.execute(
        f"insert into {table} ({', '.join(names)}) select {', '.join(names)} {holding} "
        f"order by {', '.join(keys)} on conflict ({', '.join(keys)}) do nothing"
    )
    inserted = cursor.rowcount
    replaced = _supersede(cursor, dataset, delivery_id, judged) if inserted < candidates else 0
    return Promotion(inserted + replaced, replaced, candidates - inserted - replaced)


def _lost(alias: str, dataset: Dataset) -> str:
    return f"select 1 from {VERDICT} as v where v.at = {alias}.{AT} and v.clauses && {fatal(dataset)}"


def _supersede(cursor: "cursor", dataset: Dataset, delivery_id: int, judged: bool) -> int:
    """A row with a later load time replaces the one in raw, which moves to the superseded rows."""
    if dataset.load_column is None:
        return 0
    table, load = raw_table(dataset), q(dataset.physical(dataset.load_column))
    keys = [q(dataset.physical(name)) for name in dataset.key]
    same = " and ".join(f"r.{key} = t.{key}" for key in keys)
    others = [q(c.physical_name) for c in dataset.columns if c.name not in dataset.key]
    newer = f"{same} and t.{load} > r.{load}" + (f" and not exists ({_lost('t', dataset)})" if judged else "")
    cursor.execute(
        "insert into governance.superseded (delivery_id, dataset, payload) "
        f"select {int(delivery_id)}, {literal(dataset.name)}, to_jsonb(r) "
        f"from {table} as r join {TYPED} as t on {newer}"
    )
    cursor.execute(
        f"update {table} as r set {', '.join(f'{name} = t.{name}' for name in others)} from {TYPED} as t where {newer}"
    )
    return cursor.rowcount


def quarantine(cursor: "cursor", dataset: Dataset, delivery_id: int) -> int:
    """Keep the rows that were lost, as they were delivered, with the clauses they break and their row number."""
    pairs = [f"{literal(column.name)}, x.{q(column.physical_name)}" for column in dataset.columns]
    # a function takes 100 arguments at most
    parts = (", ".join(pairs[i : i + 50]) for i in range(0, len(pairs), 50))
    contents = " || ".join(f"jsonb_build_object({part})" for part in parts)
    cursor.execute(
        f"""
        insert into quarantine.rows (delivery_id, dataset, row_number, clauses, payload)
        select {int(delivery_id)}, {literal(dataset.name)}, x.c360__row, v.clauses, {contents}
        from (select *, ctid as {AT}, row_number() over (order by ctid) as c360__row from {TEXT}) as x
        join {VERDICT} as v on v.at = x.{AT}
        where v.clauses && {fatal(dataset)}
        order by x.c360__row
        """
    )
    return cursor.rowcount
