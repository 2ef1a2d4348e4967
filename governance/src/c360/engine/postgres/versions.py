"""Versions: what the rows of one key in a delivery are to each other, and to the row that raw holds.

Rows that are lost by their load time take no part in it.
"""

from typing import TYPE_CHECKING

from c360.clause.dialect import POSTGRES, canonical_type, unsized
from c360.clause.kinds import CONFLICT, IDENTITY
from c360.database.query import value
from c360.engine.interface import How
from c360.engine.postgres.land import text_of
from c360.engine.postgres.raw import raw_table
from c360.engine.postgres.tables import AT, MISCAST, tables
from c360.engine.postgres.verdicts import lost, untimely
from c360.engine.together import beside
from c360.model import Dataset

if TYPE_CHECKING:
    from psycopg import Cursor

_EQUAL = (
    "smallint", "integer", "bigint", "numeric", "real", "double precision", "boolean", "uuid", "date", "text",
    "character varying", "character", "timestamp without time zone", "timestamp with time zone",
    "time without time zone", "bytea", "jsonb",
)  # fmt: skip
"""Types, without a size, of which equal values say the same."""

q, literal = POSTGRES.quote, POSTGRES.literal


def create(cursor: "Cursor", dataset: Dataset) -> None:
    """Both tables, empty: every row has a key of its own, which raw does not know."""
    here = tables(dataset)
    cursor.execute(
        f"drop table if exists {here.beside}, {here.earlier};"
        f"create unlogged table {here.beside} (at bigint, how text); create unlogged table {here.earlier} (at bigint)"
    )


def collapse(cursor: "Cursor", dataset: Dataset) -> int:
    """Of rows under one key that say the same, the load time aside, keep the one that was loaded last. Of those that
    are lost by their load time, only rows in the same words are one. A value that could not be cast is compared as
    text. Returns how many rows went."""
    here = tables(dataset)
    names = [column.name for column in dataset.columns if column.name != dataset.load_column]
    contents = "".join(f"{said(dataset, name, 't')}, " for name in names)
    load = f"t.{q(dataset.physical(dataset.load_column))} desc nulls last, " if dataset.load_column else ""
    key, filled = _key(dataset)
    cursor.execute(
        f"""
        with repeated as (
            select t.* from {here.typed} as t
            where ({key}) in (select {key} from {here.typed} as t where {filled} group by {key} having count(*) > 1)
        ),
        numbered as (
            select t.{AT} as at, row_number() over (
                partition by {contents}case
                    when t.{MISCAST} is not null or {untimely(dataset)} then (to_jsonb(x) - {literal(AT)})::text
                end
                order by {load}t.{AT}
            ) as nth
            from repeated as t
            join {text_of(dataset, f"select {AT} from repeated")} as x on x.{AT} = t.{AT}
        )
        delete from {here.typed} as t using numbered where t.{AT} = numbered.at and numbered.nth > 1
        """
    )
    gone = int(cursor.rowcount)
    if gone:
        cursor.execute(
            f"delete from {here.verdict} as v where not exists (select 1 from {here.typed} as t where t.{AT} = v.at)"
        )
    return gone


def are_repeated(cursor: "Cursor", dataset: Dataset, timely: bool = False) -> bool:
    """Whether a key has several rows; or, of those that are `timely`, several that can be compared."""
    here = tables(dataset)
    key, filled = _key(dataset)
    which = f"{filled} and not {untimely(dataset)}" if timely else filled
    groups = f"select 1 from {here.typed} as t where {which} group by {key}"
    cursor.execute(f"select exists ({groups} having count(*) > 1)")
    return bool(value(cursor))


def rank(cursor: "Cursor", dataset: Dataset) -> None:
    """Put down which of the rows that hold are not the latest of their key."""
    here = tables(dataset)
    key, _ = _key(dataset)
    load = f"t.{q(dataset.physical(dataset.load_column))} desc nulls last, " if dataset.load_column else ""
    cursor.execute(
        f"truncate {here.earlier}; insert into {here.earlier} select at from ("
        f"select t.{AT} as at, row_number() over (partition by {key} order by {load}t.{AT}) as nth "
        f"from {here.typed} as t where not {lost(dataset)}) as ranked where nth > 1; analyze {here.earlier}"
    )


def compare(cursor: "Cursor", dataset: Dataset, came: How) -> None:
    """Put down what each row that holds is to the one that raw has under its key."""
    here = tables(dataset)
    table = raw_table(dataset)
    cursor.execute(f"lock table {table} in share row exclusive mode")
    cursor.execute(f"select exists (select 1 from {table})")
    if not value(cursor):
        return
    keys = same_key(dataset, "r", "t")
    how = beside(dataset, came, POSTGRES, said)
    cursor.execute(
        f"insert into {here.beside} select t.{AT}, {how} from {here.typed} as t join {table} as r on {keys} "
        f"where not {lost(dataset)}; analyze {here.beside}"
    )
    for clause in (*IDENTITY.of(dataset), *CONFLICT.of(dataset)):
        cursor.execute(
            f"insert into {here.verdict} select at, array[{literal(clause.id)}] from {here.beside} "
            f"where how = {literal(clause.kind.name)}"
        )


def same_key(dataset: Dataset, one: str, other: str) -> str:
    """SQL: whether two rows have one key."""
    keys = (q(dataset.physical(name)) for name in dataset.key)
    return " and ".join(f"{one}.{key} = {other}.{key}" for key in keys)


def is_latest(dataset: Dataset, row: str = "t") -> str:
    """SQL: whether no later row of its key in the delivery holds."""
    return f"not exists (select 1 from {tables(dataset).earlier} as e where e.at = {row}.{AT})"


def is_beside(dataset: Dataset, row: str = "t", *how: str) -> str:
    """SQL: whether raw has the key of the row, and the row is one of these to what raw holds."""
    what = f" and b.how in ({', '.join(map(literal, how))})" if how else ""
    return f"exists (select 1 from {tables(dataset).beside} as b where b.at = {row}.{AT}{what})"


def _key(dataset: Dataset) -> tuple[str, str]:
    """The key of the typed row t, and whether it is filled in."""
    names = [f"t.{q(dataset.physical(name))}" for name in dataset.key]
    return ", ".join(names), " and ".join(f"{name} is not null" for name in names)


def said(dataset: Dataset, name: str, row: str) -> str:
    """SQL: what the value of a column says, to compare it: the value itself where equal values say the same (1.0 and
    1.00 do), else its text (30 days are no month, and json has no equality)."""
    column = dataset.column(name)
    value = f"{row}.{q(column.physical_name)}"
    return value if unsized(canonical_type(column.physical_type)) in _EQUAL else f"{value}::text"
