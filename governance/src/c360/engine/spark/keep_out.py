"""Keep out: rows of people who were forgotten go no further than the landing, whoever delivers them again.

Who they are is told by the ledger's database, whose key no other place holds: ids that landed go there and come back
as the numbers of their rows. Where nobody was forgotten, none goes.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from c360.clause.dialect import DATABRICKS
from c360.contract.catalog import Catalog
from c360.contract.people import Subject
from c360.engine.spark.lake import AT, MISCAST, Lake, Tables
from c360.engine.spark.land import QUARANTINED, text_of
from c360.ledger import erasure, quarantine_erased
from c360.ledger.kept_out import named_in_line, places, theirs
from c360.ledger.quarantine_values import numbers
from c360.model import Dataset

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

q, literal = DATABRICKS.quote, DATABRICKS.literal


def keep_out(database: "Connection", lake: Lake, here: Tables, catalog: Catalog, dataset: Dataset) -> int:
    """Take out of what landed the rows of people who were forgotten, and from the others the mention of them; a line
    that is no record, and names one, is emptied. Returns how many rows that were."""
    with database.transaction(), database.cursor() as cursor:
        found = list(places(cursor, catalog, dataset))
        dropped = 0
        for subject, column, needed in found:
            ids = f"coalesce(cast(t.{q(dataset.physical(column))} as string), {text_of(dataset)[column]})"
            those = _told(cursor, lake.many(_texts(here, ids)), theirs(subject, "text"))
            if needed:
                dropped += _drop(lake, here, those)
                if dataset.name == subject.dataset.name:
                    dropped += _drop(lake, here, _without_id(cursor, lake, here, subject))
            else:
                _empty(lake, here, dataset, column, those)
            _empty_lines(cursor, lake, here, subject)
        if dropped and QUARANTINED in lake.columns(here.landed):
            gone = lake.rows(
                f"select {QUARANTINED} from {here.landed} as x left anti join {here.typed} as t on t.{AT} = x.c360__at"
            )
            quarantine_erased.erase(database, numbers([number for (number,) in gone]))
    return dropped


def _texts(here: Tables, text: str) -> str:
    """A query: the numbers of rows, and a text of each that has one."""
    rows = f"{here.typed} as t join {here.landed} as x on x.c360__at = t.{AT} and x.c360__kind = 'row'"
    return f"select at, text from (select t.{AT} as at, {text} as text from {rows}) where text is not null"


def _told(cursor: "Cursor", texts: Iterable[tuple[Any, ...]], condition: str) -> list[int]:
    """The numbers of those of which the ledger's SQL says so."""
    cursor.execute("create temporary table c360__asked (at bigint, text text) on commit drop")
    with cursor.copy("copy c360__asked from stdin") as copy:
        for row in texts:
            copy.write_row(row)
    cursor.execute(f"select at from c360__asked where {condition}")
    found = [at for (at,) in cursor.fetchall()]
    cursor.execute("drop table c360__asked")
    return found


def _numbers(lake: Lake, here: Tables, found: list[int]) -> str:
    """A table of these numbers."""
    table = f"{here.schema}.c360__out"
    lake.keep(table, lake.frame([(at,) for at in found], "at bigint"))
    return table


def _drop(lake: Lake, here: Tables, found: list[int]) -> int:
    if found:
        lake.drop_rows(here.typed, AT, _numbers(lake, here, found))
    return len(found)


def _empty(lake: Lake, here: Tables, dataset: Dataset, column: str, found: list[int]) -> None:
    """Neither value nor text of a column is left in these rows."""
    if found:
        those = _numbers(lake, here, found)
        others = f"nullif(array_remove(t.{MISCAST}, {literal(column)}), cast(array() as array<string>))"
        lake.rewrite(here.typed, AT, those, {dataset.physical(column): "null", MISCAST: others})
        text = text_of(dataset)[column].removeprefix("x.")
        lake.rewrite(here.landed, "c360__at", those, {text: f"case when t.c360__kind <> 'row' then t.{text} end"})


def _without_id(cursor: "Cursor", lake: Lake, here: Tables, subject: Subject) -> list[int]:
    """Rows that have no readable id, and hold what only somebody had who was forgotten."""
    dataset = subject.dataset
    known = [name for name in erasure.traits(cursor.connection, dataset.name) if name in text_of(dataset)]
    found: set[int] = set()
    for name in known:
        text = text_of(dataset)[name]
        lacks = f"case when t.{q(dataset.physical(subject.column))} is null then {text} end"
        found |= set(_told(cursor, lake.many(_texts(here, lacks)), erasure.has_trait(dataset.name, name, "text")))
    return sorted(found)


def _empty_lines(cursor: "Cursor", lake: Lake, here: Tables, subject: Subject) -> None:
    """Lines that name somebody, and the lines beside one, which may be the rest of it."""
    lines = f"select c360__record, c360__contents from {here.landed} where c360__kind = 'line'"
    if "c360__record" not in lake.columns(here.landed):
        return
    rows = lake.rows(lines)
    found = set(_told(cursor, rows, named_in_line(subject, "text")))
    if not found:
        return
    numbers = {number for number, _ in rows}
    todo = list(found)
    while todo:
        number = todo.pop()
        beside = {number - 1, number + 1} & numbers - found
        found |= beside
        todo += beside
    those = _numbers(lake, here, sorted(found))
    emptied = "case when t.c360__kind = 'line' then '' else t.c360__contents end"
    lake.rewrite(here.landed, "c360__record", those, {"c360__contents": emptied})
