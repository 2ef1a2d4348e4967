"""A draft from a table of the project's database: what it declares, and what its rows hold; read, and never written."""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from c360.clause.dialect import POSTGRES
from c360.draft.delivery import classify_all, tally
from c360.draft.document import Known, completed
from c360.draft.frame import drafted, freshness
from c360.draft.keys import able, find_key, with_key
from c360.draft.propose import propose
from c360.draft.write import Draft, Property, Table
from c360.errors import CouldNotTell

if TYPE_CHECKING:
    import pyarrow as pa
    from psycopg2.extensions import connection, cursor

_COLUMNS = """
select a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, col_description(a.attrelid, a.attnum),
    obj_description(a.attrelid, 'pg_class')
from pg_attribute a
where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped
order by a.attnum
"""
_CONSTRAINTS = """
select c.contype::text,
    array(select attname::text from unnest(c.conkey) with ordinality k(n, at)
          join pg_attribute on attrelid = c.conrelid and attnum = n order by at),
    (select relname::text from pg_class where oid = c.confrelid),
    array(select attname::text from unnest(c.confkey) with ordinality k(n, at)
          join pg_attribute on attrelid = c.confrelid and attnum = n order by at)
from pg_constraint c
where c.conrelid = %s::regclass and c.contype in ('p', 'u', 'f')
order by c.contype, c.conname
"""
_SHORT = (
    (r"^timestamp(\(\d\))? without time zone", r"timestamp\1"), (r"^timestamp with time zone", "timestamptz"),
    (r"^time without time zone", "time"), (r"^character varying", "varchar"), (r"^character\b", "char"),
)  # fmt: skip
_ROWS_AT_ONCE = 20_000


def from_table(database: "connection", written: str, name: str, levels: Sequence[str], known: Known) -> Draft:
    """`written` is schema.table. Raises CouldNotTell where there is no such table, or none that may be read."""
    import psycopg2

    database.set_session(readonly=True, isolation_level="REPEATABLE READ")
    try:
        with database, database.cursor() as cursor, database.cursor("c360_import") as rows:
            relation = _relation(cursor, written)
            cursor.execute(_COLUMNS, (relation,))
            columns = cursor.fetchall()
            if not columns:
                raise CouldNotTell(f"The table {written} has no columns.", "Name another: --table schema.table")
            cursor.execute(_CONSTRAINTS, (relation,))
            constraints = cursor.fetchall()
            texts = ", ".join(f"{POSTGRES.quote(column[0])}::text" for column in columns)
            rows.execute(f"select {texts} from {relation}")
            facts = tally([column[0] for column in columns], _blocks(rows))
    except psycopg2.Error as error:  # its text may quote a row
        said = f"Cannot read {written} (Postgres says {error.pgcode})."
        raise CouldNotTell(said, "See whether you may: c360 db psql") from None
    found = classify_all(facts)
    properties = [
        propose(seen, level, _short(column[1]), levels)
        for seen, level, column in zip(facts, found, columns, strict=True)
    ]
    if not any(kind == "p" for kind, *_ in constraints):
        properties = list(with_key(properties, find_key(facts, properties, able(found, properties), name)))
    told = [f"Drafted from the table {written} by c360 import: {facts[0].rows:,} rows."]
    part = {"name": name, "description": columns[0][4]}
    part["properties"] = [
        _declared(prop, column, constraints) for prop, column in zip(properties, columns, strict=True)
    ]
    table = completed(part, levels, known)
    evidence = [(*was.evidence, *now.evidence) for was, now in zip(properties, table.properties, strict=True)]
    whole = tuple(Property(now.document, why) for now, why in zip(table.properties, evidence, strict=True))
    return drafted(name, (Table(table.document, whole),), told, freshness(name, whole))


def _blocks(rows: "cursor") -> Iterator["pa.Table"]:
    import pyarrow as pa

    while block := rows.fetchmany(_ROWS_AT_ONCE):
        columns = zip(*block, strict=True)
        yield pa.table({f"c{at}": pa.array(column, pa.string()) for at, column in enumerate(columns)})


def _declared(prop: Property, column: tuple, constraints: list[tuple]) -> dict[str, Any]:
    """A proposed column with what the table itself promises of it in place of what its rows show."""
    name, _, required, description, _ = column
    document = {key: value for key, value in prop.document.items() if key != "required"} | {"required": required}
    if description:
        document["description"] = description
    for kind, names, target, targets in constraints:
        if name in names and kind == "p":
            document |= {"primaryKey": True, "primaryKeyPosition": names.index(name) + 1}
        elif names == [name] and kind == "u":
            document["unique"] = True
        elif names == [name] and kind == "f":
            document["relationships"] = [{"to": f"{target}.{targets[0]}"}]
    return document


def _short(kind: str) -> str:
    """A type as people write it: `timestamp(3) without time zone` -> timestamp(3)."""
    for long, short in _SHORT:
        kind = re.sub(long, short, kind)
    return kind


def _relation(cursor: "cursor", written: str) -> str:
    schema, dot, table = written.partition(".")
    relation = ".".join(POSTGRES.quote(part) for part in ((schema, table) if dot else (written,)))
    cursor.execute("select to_regclass(%s)::text", (relation,))
    if cursor.fetchone() == (None,):
        raise CouldNotTell(f"There is no table {written} in the database.", "Write it as --table schema.table")
    return relation
