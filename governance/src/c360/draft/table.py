"""A draft from a table of the project's database: what it declares, and what its rows hold; read, and never written."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from c360.clause.dialect import POSTGRES
from c360.draft.constraints import Constraint, Kind, TableDescription
from c360.draft.delivery import classify_all, profile_columns
from c360.draft.document import Known, completed
from c360.draft.frame import drafted, freshness
from c360.draft.keys import find_key, key_candidates, with_key
from c360.draft.own_types import CITEXT, OwnType, with_own_types
from c360.draft.propose import propose
from c360.draft.write import Draft, Property
from c360.errors import CouldNotTell

if TYPE_CHECKING:
    import pyarrow as pa
    from psycopg import Connection, Cursor, ServerCursor

_COLUMNS = """
select a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, col_description(a.attrelid, a.attnum),
    obj_description(a.attrelid, 'pg_class')
from pg_attribute a
where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped
order by a.attnum
"""
_CONSTRAINTS = """
select c.contype::text, c.conname::text,
    array(select attname::text from unnest(c.conkey) with ordinality k(n, at)
          join pg_attribute on attrelid = c.conrelid and attnum = n order by at),
    (select relname::text from pg_class where oid = c.confrelid and oid <> c.conrelid),
    array(select attname::text from unnest(c.confkey) with ordinality k(n, at)
          join pg_attribute on attrelid = c.confrelid and attnum = n order by at),
    case contype when 'c' then pg_get_expr(c.conbin, c.conrelid) else pg_get_constraintdef(c.oid) end
from pg_constraint c
where c.conrelid = %(table)s::regclass and c.contype in ('p', 'u', 'f', 'c', 'x')
union all
select case when indpred is null and indexprs is null then 'u' else 'x' end, i.relname,
    array(select attname::text from unnest(indkey[:indnkeyatts - 1]) with ordinality k(n, at)
          join pg_attribute on attrelid = indrelid and attnum = n order by at),
    null, null, pg_get_indexdef(indexrelid)
from pg_index join pg_class i on i.oid = indexrelid
where indrelid = %(table)s::regclass and indisunique and not exists
    (select from pg_constraint where conindid = indexrelid and contype in ('p', 'u', 'x'))
order by 1, 2
"""
_KINDS: dict[str, Kind] = {"p": "primary key", "u": "unique", "f": "foreign key", "c": "check"}
_OWN_TYPES = """
with recursive own (attname, oid, typmod, depth) as (
    select attname::text, atttypid, atttypmod, 0 from pg_attribute
    where attrelid = %s::regclass and attnum > 0 and not attisdropped
    union all select attname, typbasetype, typtypmod, depth + 1
    from own join pg_type t on t.oid = own.oid where typtype = 'd')
select attname, format_type(t.oid, typmod), typtype::text, typname::text, typnotnull,
    array(select enumlabel::text from pg_enum where enumtypid = t.oid order by enumsortorder),
    array(select array[conname::text, pg_get_expr(conbin, 0)] from pg_constraint
          where contypid = t.oid and contype = 'c' order by conname)
from own join pg_type t on t.oid = own.oid
order by attname, depth desc
"""
"""The type of each column and, before it, those that it is a domain of."""
_SHORT = (
    (r"^timestamp(\(\d\))? without time zone", r"timestamp\1"), (r"^timestamp with time zone", "timestamptz"),
    (r"^time without time zone", "time"), (r"^character varying", "varchar"), (r"^character\b", "char"),
)  # fmt: skip
_ROWS_AT_ONCE = 20_000


def from_table(database: "Connection", written: str, name: str, levels: Sequence[str], known: Known) -> Draft:
    """`written` is schema.table. Raises CouldNotTell where there is no such table, or none that may be read."""
    import psycopg

    database.read_only, database.isolation_level = True, psycopg.IsolationLevel.REPEATABLE_READ
    try:
        with database.transaction(), database.cursor() as cursor, database.cursor("c360_import") as rows:
            relation = _relation(cursor, written)
            cursor.execute(_COLUMNS, (relation,))
            columns = cursor.fetchall()
            if not columns:
                raise CouldNotTell(f"The table {written} has no columns.", "Name another: --table schema.table")
            cursor.execute(_CONSTRAINTS, {"table": relation})
            constraints = [_constraint(name, *row) for row in cursor.fetchall()]
            cursor.execute(_OWN_TYPES, (relation,))
            own = _own_types(cursor.fetchall())
            texts = ", ".join(f"{POSTGRES.quote(column[0])}::text" for column in columns)
            rows.execute(f"select {texts} from {relation}")
            profiles = profile_columns([column[0] for column in columns], _blocks(rows))
    except psycopg.Error as error:  # its text may quote a row
        said = f"Cannot read {written} (Postgres says {error.sqlstate})."
        raise CouldNotTell(said, "See whether you may: c360 db psql") from None
    found = classify_all(profiles)
    properties = [
        propose(seen, level, own[column[0]].physical if column[0] in own else _short(column[1]), levels)
        for seen, level, column in zip(profiles, found, columns, strict=True)
    ]
    if not any(one.kind == "primary key" for one in constraints):
        properties = list(with_key(properties, find_key(profiles, properties, key_candidates(found, properties), name)))
    notes = [f"Drafted from the table {written} by c360 import: {profiles[0].rows:,} rows."]
    part = {"name": name, "description": columns[0][4]}
    part["properties"] = [_declared(prop, column) for prop, column in zip(properties, columns, strict=True)]
    described = with_own_types(TableDescription(part, constraints), own)
    table = completed(described, levels, {**known, name: frozenset(column[0] for column in columns)})
    evidence = [(*was.evidence, *now.evidence) for was, now in zip(properties, table.properties, strict=True)]
    whole = tuple(Property(now.document, why) for now, why in zip(table.properties, evidence, strict=True))
    return drafted(name, (replace(table, properties=whole),), notes, freshness(name, whole))


def _blocks(rows: "ServerCursor") -> Iterator["pa.Table"]:
    import pyarrow as pa

    while block := rows.fetchmany(_ROWS_AT_ONCE):
        columns = zip(*block, strict=True)
        yield pa.table({f"c{at}": pa.array(column, pa.string()) for at, column in enumerate(columns)})


def _declared(prop: Property, column: tuple) -> dict[str, Any]:
    """A proposed column with what the table itself says of it in place of what its rows show."""
    document = {key: value for key, value in prop.document.items() if key != "required"} | {"required": column[2]}
    return document | {"description": column[3]} if column[3] else document


def _constraint(
    own: str, kind: str, name: str, columns: list[str], target: str | None, targets: Any, sql: str
) -> Constraint:
    """A row of _CONSTRAINTS; a reference without a target leads to the table itself."""
    if kind not in _KINDS:
        return Constraint("", name, sql=sql)
    if kind == "c":
        return Constraint("check", name, sql=sql)
    return Constraint(_KINDS[kind], name, tuple(columns), target or own, tuple(targets or ()))


def _own_types(rows: list[tuple]) -> dict[str, OwnType]:
    """By column, of those that have one."""
    types: dict[str, OwnType] = {}
    bases: dict[str, str] = {}
    for column, written, kind, name, required, labels, checks in rows:
        if kind == "e":
            types[column] = OwnType(written, "text", tuple(labels), "enum")
        elif name == CITEXT:
            types[column] = OwnType(written, "text", how=CITEXT)
        elif kind == "d":
            base = types.get(column) or OwnType(written, bases[column])
            types[column] = OwnType(written, base.physical, required=required, checks=tuple(map(tuple, checks))).over(
                base
            )
        else:
            bases[column] = _short(written)
    return types


def _short(kind: str) -> str:
    """A type as people write it: `timestamp(3) without time zone` -> timestamp(3)."""
    for long, short in _SHORT:
        kind = re.sub(long, short, kind)
    return kind


def _relation(cursor: "Cursor", written: str) -> str:
    schema, dot, table = written.partition(".")
    relation = ".".join(POSTGRES.quote(part) for part in ((schema, table) if dot else (written,)))
    cursor.execute("select to_regclass(%s)::text", (relation,))
    if cursor.fetchone() == (None,):
        raise CouldNotTell(f"There is no table {written} in the database.", "Write it as --table schema.table")
    return relation
