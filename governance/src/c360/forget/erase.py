"""Erase: all rows that are a person's, in tables, among superseded rows and in quarantine, found by the contracts.

A row is the person's when a column that it needs holds the person's id, or the key of such a row (a line of an order of
theirs). A row of others that merely mentions them is emptied there. The id stands in a temporary table, never in SQL.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from c360.clause.dialect import POSTGRES
from c360.contract.catalog import Catalog
from c360.contract.people import Subject, holders, references
from c360.database.access import LOADER, TRANSFORMER
from c360.database.query import value
from c360.delivery.form import Form
from c360.engine.postgres.quarantine import from_payload
from c360.engine.postgres.raw import raw_table
from c360.errors import CouldNotTell
from c360.ledger import quarantine_erased as quarantine
from c360.ledger import superseded
from c360.ledger.kept_out import normal
from c360.model import Dataset

if TYPE_CHECKING:
    from psycopg import Cursor

q, literal = POSTGRES.quote, POSTGRES.literal

_KEYS = "pg_temp.c360__doomed"
_PERSON = 0
"""The number, among the keys, of the person's own id."""


@dataclass(frozen=True)
class Store:
    """Where rows of a dataset lie: `rows` is a relation named r; by name of a column SQL of its value, and its type."""

    name: str
    rows: str
    values: dict[str, tuple[str, str]]
    delete: Callable[[str], int]
    """Takes a condition; returns how many rows went."""
    empty: Callable[[list[str], str], int]
    """Takes names of columns and a condition; returns how many rows lost what stood there."""


def identify(cursor: "Cursor", subject: Subject, given: str) -> tuple[str, str]:
    """The id as its type spells it, and as tombstones know it. Raises CouldNotTell for text that is no such id."""
    kind = subject.physical_type
    cursor.execute("create temporary table c360__given (given text) on commit drop")
    cursor.execute("insert into c360__given values (btrim(%s))", (given.replace("\0", " "),))
    cursor.execute(f"select ({POSTGRES.cast('given', kind)})::text, {normal('given', kind)} from c360__given")
    person, known = cursor.fetchone() or (None, None)
    if not person:
        raise CouldNotTell(
            f"What was given is no {subject.name} ({kind}).", "Give the id of one person: c360 forget --help"
        )
    return str(person), str(known)


class Erasure:
    """One person's erasure, in the caller's transaction."""

    def __init__(self, cursor: "Cursor", catalog: Catalog, subject: Subject, person: str) -> None:
        self._cursor, self._catalog, self._subject = cursor, catalog, subject
        self._holders = holders(catalog, subject)
        self._keys: dict[tuple[str, tuple[str, ...]], int] = {}
        self._datasets = {dataset.name: (contract.layer, dataset) for contract, dataset in catalog.pairs()}
        self._needed: dict[str, list[tuple[tuple[str, ...], int]]] = {}
        self._mentioned: dict[str, list[tuple[tuple[str, ...], int]]] = {}
        self._plan()
        cursor.execute(
            "create temporary table c360__doomed (nth int not null, key text[] not null, unique (nth, key)) "
            "on commit drop"
        )
        cursor.execute(f"insert into {_KEYS} values ({_PERSON}, array[%s])", (person,))

    def _plan(self) -> None:
        """By dataset, the columns that name the person, or a row of theirs, and the number of the key they hold."""
        for name, columns in self._holders.items():
            for column, needed in columns.items():
                where = self._needed if needed else self._mentioned
                where.setdefault(name, []).append(((column,), _PERSON))
        for reference in references(self._catalog):
            name = reference.dataset.name
            if reference.target in self._datasets and not set(reference.columns) & set(self._holders.get(name, {})):
                target = (reference.target, reference.target_columns)
                nth = self._keys.setdefault(target, len(self._keys) + 1)
                where = self._needed if reference.needs else self._mentioned
                where.setdefault(name, []).append((reference.columns, nth))

    def find(self) -> None:
        """Find the keys of the rows that are the person's, until no more are found."""
        grown = 1
        while grown:
            grown = 0
            for (name, columns), nth in self._keys.items():
                for store in self._stores(name):
                    theirs = self._theirs(store, name)
                    if theirs and all(column in store.values for column in columns):
                        key = ", ".join(f"({store.values[column][0]})::text" for column in columns)
                        filled = " and ".join(f"({store.values[column][0]}) is not null" for column in columns)
                        self._cursor.execute(
                            f"insert into {_KEYS} select distinct {nth}, array[{key}] from {store.rows} "
                            f"where ({theirs}) and {filled} on conflict do nothing"
                        )
                        grown += self._cursor.rowcount
        self._cursor.execute(f"analyze {_KEYS}")

    def traits(self, columns: Iterable[str]) -> set[tuple[str, str]]:
        """What stands in these columns of the person's rows, and in no row of somebody else, as (column, value)."""
        name = self._subject.dataset.name
        return {
            (column, text)
            for store in self._stores(name)
            for column in columns
            if column in store.values
            for text in self._only_theirs(store, name, column)
        }

    def _only_theirs(self, store: Store, name: str, column: str) -> list[str]:
        theirs = self._theirs(store, name) or "false"
        text = f"({store.values[column][0]})::text"
        others = [
            f"not exists (select from {other.rows} where ({other.values[column][0]})::text = t.one "
            f"and ({self._theirs(other, name)}) is not true)"
            for other in self._tables(name)
            if column in other.values
        ]
        self._cursor.execute(
            f"select one from (select distinct {text} as one from {store.rows} where ({theirs})) as t "
            f"where one is not null and {' and '.join(others) or 'true'}"
        )
        return [text for (text,) in self._cursor.fetchall()]

    def erase(self) -> Counter[str]:
        """The person's rows go, and mentions of them; how many rows, by table."""
        done: Counter[str] = Counter()
        for name in {**self._needed, **self._mentioned}:
            for store in self._stores(name):
                theirs = self._theirs(store, name)
                if theirs:
                    done[store.name] += store.delete(theirs)
                for columns, nth in self._mentioned.get(name, []):
                    mention = self._holds(store, columns, nth)
                    if mention:
                        done[store.name] += store.empty(list(columns), mention)
        return +done

    def _theirs(self, store: Store, name: str) -> str:
        """SQL: whether the row r is the person's; empty where nothing tells."""
        tests = [self._holds(store, columns, nth) for columns, nth in self._needed.get(name, [])]
        return " or ".join(test for test in tests if test)

    def _holds(self, store: Store, columns: tuple[str, ...], nth: int) -> str:
        if not all(column in store.values for column in columns):
            return ""
        here = ", ".join(store.values[column][0] for column in columns)
        there = ", ".join(
            f"({POSTGRES.cast(f'd.key[{i}]', store.values[column][1])})" for i, column in enumerate(columns, 1)
        )
        return f"({here}) in (select {there} from {_KEYS} as d where d.nth = {nth})"

    def _stores(self, name: str) -> Iterator[Store]:
        layer, dataset = self._datasets[name]
        yield from self._tables(name)
        if layer == "sources":
            yield from self._records(dataset)

    def _tables(self, name: str) -> Iterator[Store]:
        """The dataset's table, where there is one."""
        dataset = self._datasets[name][1]
        values = self._columns(dataset)
        if not values:
            return
        cursor, table = self._cursor, raw_table(dataset)

        def delete(where: str) -> int:
            cursor.execute(f"delete from {table} as r where {where}")
            return cursor.rowcount

        def empty(names: list[str], where: str) -> int:
            nothing = ", ".join(f"{q(dataset.physical(name))} = null" for name in names)
            cursor.execute(f"update {table} as r set {nothing} where {where}")
            return cursor.rowcount

        yield Store(f"{dataset.schema}.{dataset.table}", f"{table} as r", values, delete, empty)
        if self._datasets[name][0] == "sources":
            rows = f"{superseded.versions(name, table)} as r"
            yield Store(
                superseded.TABLE,
                rows,
                values,
                lambda where: superseded.erase(cursor.connection, f"select superseded_id from {rows} where {where}"),
                lambda names, where: superseded.empty(
                    cursor.connection,
                    f"select superseded_id from {rows} where {where}",
                    [dataset.physical(name) for name in names],
                ),
            )

    def _records(self, dataset: Dataset) -> Iterator[Store]:
        """Rows in quarantine, as they were delivered, open or not; a store for each form that they are written in."""
        database = self._cursor.connection

        def store(form: dict[str, Any]) -> Store:
            rows, read = f"{quarantine.records(dataset.name, form)} as r", Form.read(form, dataset)
            return Store(
                quarantine.TABLE,
                rows,
                {c.name: (from_payload(dataset, c.name, read), c.physical_type) for c in dataset.columns},
                lambda where: quarantine.erase(database, f"select quarantine_id from {rows} where {where}"),
                lambda names, where: quarantine.empty(
                    database, f"select quarantine_id from {rows} where {where}", names
                ),
            )

        yield from map(store, quarantine.forms(database, dataset.name))

    def _columns(self, dataset: Dataset) -> dict[str, tuple[str, str]]:
        """The columns that the table has, with the types that it gives them; none where dbt made a view."""
        self._cursor.execute(
            "select attname::text, format_type(atttypid, atttypmod) from pg_attribute join pg_class as c "
            "on c.oid = attrelid where c.oid = to_regclass(%s) and c.relkind in ('r', 'p') "
            "and attnum > 0 and not attisdropped",
            (raw_table(dataset),),
        )
        there: dict[str, str] = dict(self._cursor.fetchall())
        return {
            column.name: (f"r.{q(column.physical_name)}", there[column.physical_name])
            for column in dataset.columns
            if column.physical_name in there
        }

    def unnamed(self) -> str:
        """SQL: whether a row of the quarantine has no id of its own in it, so that only other values tell."""
        dataset, column = self._subject.dataset, self._subject.column
        tests = (
            f"{quarantine.is_in('form', form)} and ({from_payload(dataset, column, Form.read(form, dataset))}) is null"
            for form in quarantine.forms(self._cursor.connection, dataset.name)
        )
        return " or ".join(f"({test})" for test in tests) or "false"


def vacuum(cursor: "Cursor", tables: Collection[str]) -> None:
    """Clear rows that are gone out of the files of tables, named as schema.table, and out of what the server knows of
    their values, outside of a transaction. What was made from tables and refreshed is looked at anew too."""
    cursor.execute(
        "select c.oid::regclass::text, c.oid from pg_class as c join pg_namespace as n on n.oid = c.relnamespace "
        "where c.relkind in ('r', 'p') and n.nspname || '.' || c.relname = any(%s) "
        "or c.relkind = 'm' and pg_get_userbyid(c.relowner) = any(%s)",
        (list(tables), [LOADER, TRANSFORMER]),
    )
    for table, oid in cursor.fetchall():
        cursor.execute(f"vacuum (analyze) {table}")
        # of a table without rows it keeps what it knew; nobody but a superuser can delete that
        cursor.execute(f"select current_setting('is_superuser') = 'on' and not exists (select from {table})")
        if value(cursor):
            cursor.execute(
                "delete from pg_statistic where starelid = %(oid)s "
                "or starelid in (select indexrelid from pg_index where indrelid = %(oid)s)",
                {"oid": oid},
            )
