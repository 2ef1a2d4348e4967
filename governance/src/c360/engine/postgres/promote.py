"""Promote: rows that hold go to raw. What raw holds under the same key is replaced by a row that was loaded later, and
kept beside it. Nothing is lost."""

from typing import TYPE_CHECKING

from c360.clause.dialect import POSTGRES
from c360.clause.kinds import UNIQUE
from c360.engine.interface import Promotion
from c360.engine.postgres.raw import raw_table
from c360.engine.postgres.tables import tables
from c360.engine.postgres.verdicts import lost
from c360.engine.postgres.versions import is_beside, is_latest, same_key
from c360.ledger import superseded
from c360.model import Dataset

if TYPE_CHECKING:
    from psycopg2.extensions import cursor

q = POSTGRES.quote


def promote(cursor: "cursor", dataset: Dataset, delivery_id: int, candidates: int) -> Promotion:
    """Insert what holds, as the split compared it with raw; `candidates` says how many rows hold.

    Rows go in by key, which keeps the index compact and is faster than the random order of uuids.
    """
    here = tables(dataset)
    names = ", ".join(q(column.physical_name) for column in dataset.columns)
    cursor.execute(f"select exists (select 1 from {here.beside}), exists (select 1 from {here.earlier})")
    known, repeated = cursor.fetchone() or (False, False)
    newer, gone = _make_room(cursor, dataset, delivery_id) if known else (0, 0)
    enters = f"not {is_beside(dataset, 't')} or {is_beside(dataset, 't', *_replacing(dataset))}" if known else "true"
    keys = ", ".join(q(dataset.physical(name)) for name in dataset.key)
    cursor.execute(
        f"insert into {raw_table(dataset)} ({names}) select {names} from {here.typed} as t "
        f"where not {lost(dataset)} and {is_latest(dataset)} and ({enters}) {keys and f'order by {keys}'}"
    )
    new = cursor.rowcount - gone
    older = _keep_older(cursor, dataset, delivery_id) if known or repeated else 0
    taken = new + newer + older
    return Promotion(taken, newer + older, candidates - taken)


def _replacing(dataset: Dataset) -> list[str]:
    """What a row has to be to the one in raw so that it is put in its place: inserted after that one is deleted, since
    rows that swap values which are unique would meet while they are updated."""
    claimed = {name for clause in UNIQUE.of(dataset) for name in clause.argument}
    return ["later", "moved"] if dataset.load_column in claimed else ["later"]


def _make_room(cursor: "cursor", dataset: Dataset, delivery_id: int) -> tuple[int, int]:
    """Rows of raw that newer ones replace go to the superseded ones. Where only the load time moved on, there is no
    other version to keep. Returns how many were kept, and how many left raw."""
    here = tables(dataset)
    table = raw_table(dataset)
    latest = f"{same_key(dataset, 'r', 't')} and not {lost(dataset)} and {is_latest(dataset)}"
    later, moved = is_beside(dataset, "t", "later"), is_beside(dataset, "t", "moved")
    older = f"select to_jsonb(r.*) from {here.typed} as t join {table} as r on {latest} where {later}"
    kept = superseded.keep(cursor.connection, dataset.name, delivery_id, older)
    replaced = _replacing(dataset)
    if dataset.load_column and "moved" not in replaced:
        load = q(dataset.physical(dataset.load_column))
        cursor.execute(f"update {table} as r set {load} = t.{load} from {here.typed} as t where {latest} and {moved}")
    cursor.execute(
        f"delete from {table} as r using {here.typed} as t where {latest} and {is_beside(dataset, 't', *replaced)}"
    )
    return kept, cursor.rowcount


def _keep_older(cursor: "cursor", dataset: Dataset, delivery_id: int) -> int:
    """Older versions go to the superseded rows, unless they are known there; returns how many are new."""
    here = tables(dataset)
    names = ", ".join(f"t.{q(column.physical_name)}" for column in dataset.columns)
    other = f"{is_beside(dataset, 't', 'later')} or not {is_beside(dataset, 't')}"
    earlier = is_beside(dataset, "t", "earlier")
    versions = (
        f"select to_jsonb(one.*) from {here.typed} as t, lateral (select {names}) as one "
        f"where not {lost(dataset)} and ({earlier} or not {is_latest(dataset)} and ({other}))"
    )
    return superseded.keep(cursor.connection, dataset.name, delivery_id, versions, unless_known=True)
