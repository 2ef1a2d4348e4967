"""The tables of the ledger: from nothing, and from every release before, migrations lead to the same."""

import threading
from pathlib import Path

import pytest

from c360.database import connect
from c360.errors import CouldNotTell
from c360.ledger.tables import bring_forward, newest, prepare, version

RELEASES = Path(__file__).parent / "releases"
SCHEMAS = ("governance", "quarantine", "superseded", "erasure")


@pytest.fixture
def db(database):
    connection = connect(database)
    with connection.transaction(), connection.cursor() as cursor:
        for schema in SCHEMAS:
            cursor.execute(f"drop schema if exists {schema} cascade")
    yield connection
    connection.close()


def catalogue(db) -> set[tuple]:
    """All that makes the schemas what they are: columns, constraints, indexes, triggers, functions, rights."""
    with db.transaction(), db.cursor() as cursor:
        cursor.execute(
            """
            with kept as (
                select c.oid, format('%%s.%%s', n.nspname, c.relname) as name, c.relkind, c.relacl::text
                from pg_class as c join pg_namespace as n on n.oid = c.relnamespace where n.nspname = any(%s)
            )
            select name, relkind::text, relacl from kept
            union all
            select name || '.' || attnum, attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull
                || ' ' || attidentity::text, pg_get_expr(d.adbin, d.adrelid)
            from kept join pg_attribute on attrelid = kept.oid and attnum > 0 and not attisdropped
            left join pg_attrdef as d on d.adrelid = attrelid and d.adnum = attnum
            union all
            select name || ' ' || conname, pg_get_constraintdef(c.oid), null
            from kept join pg_constraint as c on conrelid = kept.oid
            union all
            select name, pg_get_indexdef(indexrelid), null from kept join pg_index on indrelid = kept.oid
            union all
            select name || ' ' || tgname, pg_get_triggerdef(t.oid), null
            from kept join pg_trigger as t on tgrelid = kept.oid and not tgisinternal
            union all
            select proname::text, prosrc, null from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace
            where n.nspname = any(%s)
            union all
            select nspname::text, 'schema', nspacl::text from pg_namespace where nspname = any(%s)
            """,
            (list(SCHEMAS), list(SCHEMAS), list(SCHEMAS)),
        )
        return set(cursor.fetchall())


def run(db, text: str) -> None:
    with db.transaction(), db.cursor() as cursor:
        cursor.execute(text)


def release(name: str) -> str:
    return (RELEASES / f"{name}.sql").read_text(encoding="utf-8")


@pytest.fixture
def fresh(db) -> set[tuple]:
    prepare(db)
    found = catalogue(db)
    run(db, "; ".join(f"drop schema {schema} cascade" for schema in SCHEMAS))
    assert len(found) > 80
    return found


@pytest.mark.parametrize("name", ["1.0.0", "1.2.0"])
def test_a_database_of_a_release_is_brought_forward(db, fresh, name):
    run(db, release(name))
    with db.transaction(), db.cursor() as cursor:
        assert version(cursor) == 1
    prepare(db)
    assert catalogue(db) == fresh


def test_one_migration_after_the_other_leads_there_too(db, fresh):
    run(db, release("1.0.0"))
    for number in range(2, newest() + 1):
        assert catalogue(db) != fresh
        with db.transaction(), db.cursor() as cursor:
            bring_forward(cursor, number)
            assert version(cursor) == number
    prepare(db)
    with db.transaction(), db.cursor() as cursor:
        assert version(cursor) == newest() >= 3
    left = {(name, *rest[:-1]) for name, *rest in catalogue(db)} ^ {(name, *rest[:-1]) for name, *rest in fresh}
    assert not left


def test_what_is_in_the_tables_stays(db):
    run(
        db,
        release("1.0.0")
        + "insert into governance.delivery (sha256, dataset, contract, version, file_name, outcome, delivered, "
        "promoted, quarantined, duplicates, superseded, as_of) "
        "values ('x', 'd', 'c', '1.0.0', 'f', 'replay', 1, 1, 0, 0, 0, now()); "
        "insert into quarantine.rows (delivery_id, dataset, row_number, clauses, payload, resolved_by) "
        "values (1, 'd', 1, '{a}', '{}', 1), (1, 'd', 2, '{a}', '{}', null)",
    )
    prepare(db)
    with db.transaction(), db.cursor() as cursor:
        cursor.execute("select resolution, resolved_at is not null from quarantine.rows order by row_number")
        assert cursor.fetchall() == [("replayed", True), (None, False)]
        cursor.execute("select form from governance.delivery")
        assert cursor.fetchall() == [({},)]


def test_many_first_runs_at_once_do_not_race(db, database):
    gate, errors = threading.Barrier(6), []

    def first() -> None:
        mine = connect(database)
        gate.wait()
        try:
            prepare(mine)
        except Exception as error:
            errors.append(error)
        mine.close()

    threads = [threading.Thread(target=first) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with db.transaction(), db.cursor() as cursor:
        assert version(cursor) == newest()


def test_a_failed_migration_leaves_what_was_there(db):
    """It is one transaction: nobody meets a version half way."""
    run(db, release("1.0.0"))
    before = catalogue(db)
    run(db, "create table quarantine.decision (stray int)")  # the third migration cannot refer to it
    with pytest.raises(Exception, match="decision"):
        prepare(db)
    run(db, "drop table quarantine.decision")
    assert catalogue(db) == before
    prepare(db)


def test_a_newer_c360_has_been_here(db):
    prepare(db)
    run(db, f"comment on schema governance is 'c360 ledger {newest() + 1}'")
    with pytest.raises(CouldNotTell, match=f"version {newest() + 1}, and this c360 knows {newest()}") as told:
        prepare(db)
    assert "newer c360" in told.value.remedy
