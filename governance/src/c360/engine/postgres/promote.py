"""Promote: rows that hold go to raw. What raw holds under the same key is replaced by a row that was loaded later, and
kept beside it. Nothing is lost."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from c360.clause.dialect import POSTGRES
from c360.clause.kinds import UNIQUE
from c360.engine.interface import Plan
from c360.engine.postgres.raw import raw_table
from c360.engine.postgres.tables import AT, tables
from c360.engine.postgres.verdicts import lost
from c360.engine.postgres.versions import is_beside, is_latest, same_key
from c360.errors import CouldNotTell
from c360.ledger import superseded
from c360.model import Dataset

if TYPE_CHECKING:
    from psycopg import Cursor

q = POSTGRES.quote


@dataclass(frozen=True)
class Promotion:
    """What becomes of the rows that hold: rows = promoted + duplicates."""

    promoted: int
    superseded: int
    duplicates: int


def foresee(cursor: "Cursor", dataset: Dataset, rows: int) -> Promotion:
    """What `promote` will do with the rows that hold, so many in number, as the split compared them with raw."""
    here = tables(dataset)
    cursor.execute(
        f"select count(*), count(*) filter (where how = 'later' and earlier is null), "
        f"count(*) filter (where how = 'earlier' or earlier is not null) from ("
        f"select coalesce(b.at, e.at) as {AT}, b.how, e.at as earlier from {here.beside} as b "
        f"full join {here.earlier} as e on e.at = b.at) as t where not {lost(dataset)}"
    )
    known, newer, late = cursor.fetchone() or (0, 0, 0)
    older = superseded.unknown(cursor.connection, dataset.name, _older(dataset)) if late else 0
    taken = rows - known + newer + older
    return Promotion(taken, newer + older, rows - taken)


def promote(cursor: "Cursor", dataset: Dataset, delivery_id: int, plan: Plan) -> None:
    """Rows that hold go to raw, as it was planned.

    Rows go in by key, which keeps the index compact and is faster than the random order of uuids. Raises CouldNotTell
    when it comes to something else.
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
    older = 0
    if known or repeated:
        older = superseded.keep(cursor.connection, dataset.name, delivery_id, _older(dataset), unless_known=True)
    if (new + newer + older, newer + older) != (plan.promoted, plan.superseded):
        raise CouldNotTell(f"Of {dataset.name} other rows were promoted than planned.", "Report this as a bug.")


def _replacing(dataset: Dataset) -> list[str]:
    """What a row has to be to the one in raw so that it is put in its place: inserted after that one is deleted, since
    rows that swap values which are unique would meet while they are updated."""
    claimed = {name for clause in UNIQUE.of(dataset) for name in clause.argument}
    return ["later", "moved"] if dataset.load_column in claimed else ["later"]


def _make_room(cursor: "Cursor", dataset: Dataset, delivery_id: int) -> tuple[int, int]:
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


def _older(dataset: Dataset) -> str:
    """A query: the older versions in the delivery, which go to the superseded rows unless they are known there."""
    here = tables(dataset)
    names = ", ".join(f"t.{q(column.physical_name)}" for column in dataset.columns)
    other = f"{is_beside(dataset, 't', 'later')} or not {is_beside(dataset, 't')}"
    earlier = is_beside(dataset, "t", "earlier")
    return (
        f"select to_jsonb(one.*) from {here.typed} as t, lateral (select {names}) as one "
        f"where not {lost(dataset)} and ({earlier} or not {is_latest(dataset)} and ({other}))"
    )
