"""Raw tables made from contracts, and brought along when a contract grows."""

from dataclasses import replace

import psycopg
import pytest

from c360.clause.kinds import UNIQUE
from c360.database import connect
from c360.engine.postgres.raw import ensure_raw
from c360.errors import CouldNotTell
from c360.ledger.tables import prepare
from c360.model import Clause, Column, Dataset

LONG = "a_name_that_is_as_long_as_people_make_them_in_large_houses"


def column(name: str, kind: str = "integer") -> Column:
    return Column(name, name, kind, "integer", False, "public", "")


def unique(*names: str) -> Clause:
    return Clause(f"t.{'_'.join(names)}.unique", "c", "1.0.0", "t", None, UNIQUE, names)


def dataset(columns: list[Column], *clauses: Clause, table: str = "t", key: tuple[str, ...] = ("id",)) -> Dataset:
    return Dataset("t", table, "raw", "", (column("id"), *columns), clauses, key, None)


@pytest.fixture
def db(database):
    connection = connect(database)
    prepare(connection)
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("drop schema raw cascade; drop schema superseded cascade; create schema superseded")
    yield connection
    connection.close()


def ensure(db, described: Dataset) -> None:
    with db.transaction(), db.cursor() as cursor:
        ensure_raw(cursor, described)


def insert(db, values: str, table: str = "raw.t") -> None:
    with db.transaction(), db.cursor() as cursor:
        cursor.execute(f"insert into {table} values ({values})")


@pytest.mark.parametrize("names", [((f"{LONG}_1",), (f"{LONG}_2",)), (("a_b", "c"), ("a", "b_c"))])
def test_each_unique_clause_has_an_index_whatever_the_names(db, names):
    """Made of table and columns and cut at 63 bytes, two names can be one."""
    columns = sorted({name for some in names for name in some})
    described = dataset([column(name) for name in columns], *(unique(*some) for some in names))
    ensure(db, described)
    ensure(db, described)
    with db.transaction(), db.cursor() as cursor:
        cursor.execute("select count(*) from pg_index where indrelid = 'raw.t'::regclass")
        assert cursor.fetchone() == (3,), "two, and the key's: the second look makes none again"
    insert(db, "1" + ", 1" * len(columns))
    for some in names:
        row = ", ".join("1" if name in some else "2" for name in columns)
        with pytest.raises(psycopg.errors.UniqueViolation):
            insert(db, f"2, {row}")


def test_an_index_of_an_earlier_release_is_known(db):
    described = dataset([column("a")], unique("a"))
    ensure(db, replace(described, clauses=()))
    with db.transaction(), db.cursor() as cursor:
        cursor.execute("create unique index t_a_unique on raw.t (a)")
    ensure(db, described)
    with db.transaction(), db.cursor() as cursor:
        cursor.execute("select indexname from pg_indexes where tablename = 't' and schemaname = 'raw' order by 1")
        assert [name for (name,) in cursor.fetchall()] == ["t_a_unique", "t_pkey"]


def test_two_tables_may_share_the_words_of_an_index(db):
    ensure(db, dataset([column("b_c")], unique("b_c"), table="a"))
    ensure(db, dataset([column("c")], unique("c"), table="a_b"))
    insert(db, "1, 1", "raw.a_b")
    with pytest.raises(psycopg.errors.UniqueViolation):
        insert(db, "2, 1", "raw.a_b")


def test_a_new_column_is_added_and_seen_among_the_superseded(db):
    ensure(db, dataset([column("a")]))
    ensure(db, dataset([column("a"), column("b", "text")]))
    with db.transaction(), db.cursor() as cursor:
        cursor.execute("select a, b from superseded.t")
        assert cursor.fetchall() == []


def test_a_column_of_another_type_is_told(db):
    ensure(db, dataset([column("a")]))
    with pytest.raises(CouldNotTell, match=r"a is integer, the contract says text") as told:
        ensure(db, dataset([column("a", "text")]))
    assert "new major version" in told.value.remedy
