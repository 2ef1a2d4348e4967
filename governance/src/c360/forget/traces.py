"""Traces: what identifies a person wherever it stands, looked for in every table that c360 or dbt made.

What the contracts do not describe (tables of dbt in between, of Elementary, of partners) is searched by value: for the
id, and for what only this person has, such as an e-mail address.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from c360.clause.dialect import POSTGRES
from c360.contract.catalog import Catalog
from c360.contract.people import Subject
from c360.database.access import CLOSED, LANDING, LOADER, TRANSFORMER
from c360.database.query import value
from c360.ledger import quarantine_erased as quarantine
from c360.ledger import superseded
from c360.ledger.kept_out import named_in_line

if TYPE_CHECKING:
    from psycopg import Cursor

q, literal = POSTGRES.quote, POSTGRES.literal

_TRACES = "pg_temp.c360__traces"


def remember(cursor: "Cursor", ids: Iterable[str], values: Iterable[str], short: int) -> None:
    """Keep what to look for, until the transaction ends; what has less than `short` characters must stand for itself,
    with no letter or digit beside it."""
    cursor.execute(
        "create temporary table if not exists c360__traces "
        "(trace text not null, bounded text, of_id bool not null) on commit drop"
    )
    for of_id, spelled in ((True, ids), (False, values)):
        for one in spelled:
            bounded = (
                rf"(^|[^[:alnum:]]|\\[nrtbf]){re.escape(one.lower())}($|[^[:alnum:]])" if len(one) < short else None
            )
            cursor.execute(f"insert into {_TRACES} values (lower(%s), %s, %s)", (one, bounded, of_id))


def holds(text: str, only_ids: bool = False) -> str:
    """SQL: whether a trace stands in `text`, SQL too."""
    return (
        f"exists (select from {_TRACES} as c where strpos(lower({text}), c.trace) > 0 "
        f"and (c.bounded is null or lower({text}) ~ c.bounded){' and c.of_id' if only_ids else ''})"
    )


def pseudonyms(cursor: "Cursor", catalog: Catalog) -> set[str]:
    """What stands for the person beside a trace of them: SHA-256 in hexadecimal, as partners get it. Remember these
    too, for tables that hold nothing else of the person."""
    found: set[str] = set()
    for schema, table, _, columns in _made(cursor, catalog):
        values = ", ".join(f"(r.{q(name)}::text)" for name in columns)
        cursor.execute(
            f"select distinct one from {q(schema)}.{q(table)} as r, lateral (values {values}) as v (one) "
            f"where one ~ '^[0-9a-f]{{64}}$' and {holds(_text(columns))}"
        )
        found |= {one for (one,) in cursor.fetchall()}
    return found


def erase_delivered(cursor: "Cursor", subject: Subject, unnamed: str) -> Counter[str]:
    """Of rows as they were delivered, those that hold the id anywhere go, and those without an id of their own that
    hold what only this person has; a line that is no record loses its text."""
    database, here = cursor.connection, "t.contents"
    done = Counter({quarantine.TABLE: quarantine.erase(database, quarantine.holding(holds(here, only_ids=True)))})
    theirs = quarantine.holding(holds(here), unnamed, subject.dataset.name)
    done[quarantine.TABLE] += quarantine.erase(database, theirs)
    done[quarantine.TABLE] += quarantine.blank(database, f"{holds(here)} or {named_in_line(subject, here)}")
    done[superseded.TABLE] += superseded.erase(database, superseded.holding(holds(here, only_ids=True)))
    return +done


def erase_made(cursor: "Cursor", catalog: Catalog) -> Counter[str]:
    """Rows go that hold a trace, of tables that were made from others; what a killed delivery left in the landing goes
    as a whole. Returns how many rows, by table."""
    done: Counter[str] = Counter()
    for schema, table, kind, columns in _made(cursor, catalog):
        name, where = f"{q(schema)}.{q(table)}", holds(_text(columns))
        if schema.startswith(LANDING):
            cursor.execute(f"drop table if exists {name} cascade")
        elif kind == "m":
            cursor.execute(f"select exists (select from {name} as r where {where})")
            if value(cursor):
                cursor.execute(f"refresh materialized view {name}")
        else:
            cursor.execute(f"delete from {name} as r where {where}")
            done[f"{schema}.{table}"] += cursor.rowcount
    return +done


def left(cursor: "Cursor") -> Counter[str]:
    """How many rows hold a trace now, by table, of all that c360 or dbt made."""
    found: Counter[str] = Counter()
    for schema, table, _, columns in _tables(cursor):
        cursor.execute(f"select count(*) from {q(schema)}.{q(table)} as r where {holds(_text(columns))}")
        found[f"{schema}.{table}"] += value(cursor)
    return +found


def _made(cursor: "Cursor", catalog: Catalog) -> Iterator[tuple[str, str, str, list[str]]]:
    """Those of `_tables` that were made from others: neither what was delivered, nor what is on record."""
    sources = {(d.schema, d.table) for c, d in catalog.pairs() if c.layer == "sources"}
    for schema, table, kind, columns in list(_tables(cursor)):
        if schema not in CLOSED and (schema, table) not in sources:
            yield schema, table, kind, columns


def _tables(cursor: "Cursor") -> Iterator[tuple[str, str, str, list[str]]]:
    """Schema, name, kind and columns of the tables and materialized views of c360's roles."""
    cursor.execute(
        "select n.nspname::text, c.relname::text, c.relkind::text, array_agg(a.attname::text order by a.attnum) "
        "from pg_class as c join pg_namespace as n on n.oid = c.relnamespace "
        "join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped "
        "where c.relkind in ('r', 'm') and pg_get_userbyid(c.relowner) = any(%s) group by 1, 2, 3 order by 1, 2",
        ([LOADER, TRANSFORMER],),
    )
    yield from cursor.fetchall()


def _text(columns: list[str]) -> str:
    """SQL: all of the row r as one text."""
    return f"array_to_string(array[{', '.join(f'r.{q(name)}::text' for name in columns)}], chr(10))"
