"""Keep out: rows of people who were forgotten go no further than the landing, whoever delivers them again."""

from typing import TYPE_CHECKING

from c360.clause.dialect import POSTGRES
from c360.contract.catalog import Catalog
from c360.contract.people import Subject
from c360.engine.postgres.tables import AT, MISCAST, tables
from c360.ledger import erasure
from c360.ledger.kept_out import named_in_line, places, theirs
from c360.model import Dataset

if TYPE_CHECKING:
    from psycopg import Cursor

q = POSTGRES.quote


def keep_out(cursor: "Cursor", catalog: Catalog, dataset: Dataset) -> int:
    """Take out of what landed the rows of people who were forgotten, and from the others the mention of them; a line
    that is no record, and names one, is emptied. Returns how many rows that were."""
    here = tables(dataset)
    dropped = 0
    for subject, column, needed in places(cursor, catalog, dataset):
        name = q(dataset.physical(column))
        is_theirs = f"({theirs(subject, f'coalesce(t.{name}::text, x.{name})')})"
        landed = f"{here.text} as x where x.{AT} = t.{AT} and {is_theirs}"
        if needed:
            cursor.execute(f"delete from {here.typed} as t using {landed}")
            dropped += cursor.rowcount
            dropped += _without_id(cursor, subject) if dataset.name == subject.dataset.name else 0
        else:
            others = f"nullif(array_remove({MISCAST}, {POSTGRES.literal(column)}), '{{}}')"
            cursor.execute(f"update {here.typed} as t set {name} = null, {MISCAST} = {others} from {landed}")
        cursor.execute(f"update {here.unreadable} set contents = '' where {named_in_line(subject, 'contents')}")
        while cursor.rowcount:  # and the lines beside one, which may be the rest of it
            cursor.execute(
                f"update {here.unreadable} as u set contents = '' where contents <> '' and exists (select from "
                f"{here.unreadable} as n where n.contents = '' and abs(n.record - u.record) = 1)"
            )
    return dropped


def _without_id(cursor: "Cursor", subject: Subject) -> int:
    """Take out rows that have no readable id, and hold what only somebody had who was forgotten."""
    dataset = subject.dataset
    here = tables(dataset)
    there = {column.name: q(column.physical_name) for column in dataset.columns}
    known = [name for name in erasure.traits(cursor.connection, dataset.name) if name in there]
    tests = [erasure.has_trait(dataset.name, name, f"x.{there[name]}") for name in known]
    if not tests:
        return 0
    cursor.execute(
        f"delete from {here.typed} as t using {here.text} as x "
        f"where x.{AT} = t.{AT} and t.{there[subject.column]} is null and ({' or '.join(tests)})"
    )
    return int(cursor.rowcount)


def delivered(cursor: "Cursor", catalog: Catalog, dataset: Dataset) -> dict[str, str]:
    """By name of a column SQL of what the landed row x holds, without mentions of people who were forgotten."""
    texts = {column.name: f"x.{q(column.physical_name)}" for column in dataset.columns}
    for subject, name, needed in places(cursor, catalog, dataset):
        if not needed:
            texts[name] = f"case when ({theirs(subject, texts[name])}) is not true then {texts[name]} end"
    return texts
