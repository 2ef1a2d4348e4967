"""The erasures: tombstones that keep people out who were forgotten, and the proof of what was done, without their ids.

A tombstone is the HMAC-SHA-256 of an id with a key of this database, beside those of what only this person had. All lie
in a schema that only the loader can read; the key is in no SQL text.
"""

import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from c360.clause.dialect import POSTGRES
from c360.database.query import look, value

if TYPE_CHECKING:
    from psycopg import Connection

literal = POSTGRES.literal
_BLOCK = 64
"""Bytes of a block of SHA-256, which the key of an HMAC is filled up to."""


@dataclass(frozen=True)
class Entry:
    """An erasure that left nothing, or what was left by an earlier one. `rows` is a number by table; time in UTC."""

    tombstone: int
    dataset: str
    at: datetime
    by: str
    rows: dict[str, int]
    files: int


def subjects(database: "Connection") -> list[tuple[str, str]]:
    """Dataset and column whose ids some tombstone is of; in the caller's transaction."""
    with database.cursor() as cursor:
        cursor.execute("select distinct dataset, column_name from erasure.tombstone order by 1, 2")
        return list(cursor.fetchall())


def is_kept_out(dataset: str, column: str, text: str) -> str:
    """SQL: whether `text`, SQL of an id, is of somebody who was forgotten."""
    return (
        f"(select {_hmac(text)} from erasure.key as k) in (select hash from erasure.tombstone "
        f"where dataset = {literal(dataset)} and column_name = {literal(column)})"
    )


def traits(database: "Connection", dataset: str) -> list[str]:
    """The columns of a dataset by which people are known who were forgotten; in the caller's transaction."""
    with database.cursor() as cursor:
        cursor.execute(
            "select distinct r.column_name from erasure.trait as r join erasure.tombstone as t using (tombstone_id) "
            "where t.dataset = %s order by 1",
            (dataset,),
        )
        return [column for (column,) in cursor.fetchall()]


def has_trait(dataset: str, column: str, text: str) -> str:
    """SQL: whether `text`, SQL of a value of this column, is what only somebody had who was forgotten."""
    return (
        f"(select {_hmac(f'btrim({text})')} from erasure.key as k) in (select r.hash from erasure.trait as r "
        f"join erasure.tombstone as t using (tombstone_id) where t.dataset = {literal(dataset)} "
        f"and r.column_name = {literal(column)})"
    )


def tombstone(database: "Connection", dataset: str, column: str, person: str) -> tuple[int, bool]:
    """The number of the person's tombstone, and whether it is new; in the caller's transaction."""
    with database.cursor() as cursor:
        key = secrets.token_bytes(_BLOCK)
        pads = [bytes(byte ^ pad for byte in key) for pad in (0x36, 0x5C)]
        cursor.execute("insert into erasure.key (inner_pad, outer_pad) values (%s, %s) on conflict do nothing", pads)
        cursor.execute(
            f"insert into erasure.tombstone (dataset, column_name, hash) select %s, %s, {_hmac('%s')} "
            "from erasure.key as k on conflict do nothing returning tombstone_id",
            (dataset, column, person),
        )
        made: int | None = value(cursor)
        if made is not None:
            return made, True
        cursor.execute(
            "select tombstone_id from erasure.tombstone, erasure.key as k "
            f"where dataset = %s and column_name = %s and hash = {_hmac('%s')}",
            (dataset, column, person),
        )
        return int(value(cursor)), False


def _hmac(text: str) -> str:
    """SQL: RFC 2104, with the pads of the row k."""
    return f"sha256(k.outer_pad || sha256(k.inner_pad || convert_to({text}, 'UTF8')))"


def add_traits(database: "Connection", tombstone: int, values: Iterable[tuple[str, str]]) -> None:
    """What else tells of the person, as (column, value), in the caller's transaction."""
    with database.cursor() as cursor:
        for column, text in values:
            cursor.execute(
                f"insert into erasure.trait select %s, %s, {_hmac('btrim(%s)')} from erasure.key as k "
                "on conflict do nothing",
                (tombstone, column, text),
            )


def put_down(database: "Connection", tombstone: int, by: str, rows: Mapping[str, int], files: int) -> None:
    """The proof of an erasure, in the caller's transaction."""
    with database.cursor() as cursor:
        cursor.execute(
            "insert into erasure.log (tombstone_id, erased_by, rows, files) values (%s, %s, %s, %s)",
            (tombstone, by, json.dumps(dict(rows)), files),
        )


def first(database: "Connection", tombstone: int) -> datetime | None:
    """When it was put down first; in the caller's transaction."""
    with database.cursor() as cursor:
        cursor.execute("select min(at) from erasure.log where tombstone_id = %s", (tombstone,))
        at: datetime | None = value(cursor)
        return at


def tables(database: "Connection", tombstone: int) -> list[str]:
    """The tables that rows went from; in the caller's transaction."""
    with database.cursor() as cursor:
        cursor.execute(
            "select distinct jsonb_object_keys(rows) from erasure.log where tombstone_id = %s order by 1", (tombstone,)
        )
        return [table for (table,) in cursor.fetchall()]


def entries(database: "Connection") -> list[Entry]:
    """All that is on record, the oldest first."""
    rows = look(
        database,
        "select tombstone_id, t.dataset, l.at, l.erased_by, l.rows, l.files from erasure.log as l "
        "join erasure.tombstone as t using (tombstone_id) order by l.log_id",
    )
    return [Entry(*row) for row in rows]


_WRITTEN = {
    "governance.delivery": ("delivery_id", ("file_name", "reason")),
    "quarantine.decision": ("decision_id", ("decided_by", "reason")),
}
"""Text that people write, by table, with its key."""


def mask(database: "Connection", found: Callable[[str], str], masked: Callable[[str], str]) -> dict[str, int]:
    """Put what `masked` makes of it in the place of a name of a file, or a reason, of which `found` says so, which
    makes SQL of a text a condition. Returns how many rows changed, by table."""
    changed: dict[str, int] = {}
    with database.cursor() as cursor:
        for table, (key, columns) in _WRITTEN.items():
            listed = ", ".join(columns)
            cursor.execute(f"select {key}, {listed} from {table} where {found(f'concat_ws(chr(10), {listed})')}")
            for number, *texts in cursor.fetchall():
                fresh = [text and masked(text) for text in texts]
                names = ", ".join(f"{name} = %s" for name in columns)
                cursor.execute(f"update {table} set {names} where {key} = %s", (*fresh, number))
                changed[table] = changed.get(table, 0) + 1
    return changed
