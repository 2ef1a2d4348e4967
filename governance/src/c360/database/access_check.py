"""What the roles of c360 lack in a database, and what they may do too much, as the server itself tells."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from c360.database.access import (
    CLOSED,
    LOADER,
    PRODUCTS,
    READER,
    ROLES,
    SCANNER,
    SOURCES,
    TRANSFORMER,
    Place,
    is_ready,
)
from c360.database.query import value

if TYPE_CHECKING:
    from psycopg2.extensions import connection, cursor

Difference = tuple[str, str]
"""("missing" or "too much", what)."""
OURS = (*SOURCES, *PRODUCTS, "elementary")
_ROLES = """
    select role, to_regrole(role) is not null,
        coalesce(rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls, false),
        coalesce(pg_has_role(%(user)s, to_regrole(role), 'set'), true),
        array(select r.rolname from pg_auth_members as m join pg_roles as r on r.oid = m.roleid where m.member = p.oid)
    from unnest(%(roles)s) as role left join pg_roles as p on p.rolname = role"""
_SCHEMAS = """
    select n.nspname, role, has_schema_privilege(role, n.oid, 'usage'), has_schema_privilege(role, n.oid, 'create')
    from pg_namespace as n, unnest(%(roles)s) as role where n.nspname = any(%(schemas)s)"""
_TABLES = """
    select n.nspname, c.relname, pg_get_userbyid(c.relowner), role,
        has_schema_privilege(role, n.oid, 'usage') and has_table_privilege(role, c.oid, 'select'),
        has_table_privilege(role, c.oid, 'insert, update, delete, truncate')
    from pg_class as c join pg_namespace as n on n.oid = c.relnamespace, unnest(%(roles)s) as role
    where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname = any(%(schemas)s)"""


def differences(database: "connection", user: str | None, places: Iterable[Place]) -> list[Difference]:
    """Every difference from what c360.database.access gives out, what is missing first.

    `user` is whom c360 logs in as, None where stages log in as the roles themselves.
    """
    owners = {place.schema: place.owner for place in places}
    owners |= dict.fromkeys(SOURCES, LOADER) | dict.fromkeys((*PRODUCTS, "elementary"), TRANSFORMER)
    named = {(place.schema, place.table) for place in places}
    with database, database.cursor() as cursor:
        found = list(_of_roles(cursor, user))
        if not any(f"no role {role}" in what for role in ROLES for _, what in found):
            found += _of_schemas(cursor, owners)
            found += _of_tables(cursor, owners, named)
            found += _of_limits(cursor)
            if not is_ready(cursor):
                found.append(("missing", "the rights as this version of c360 gives them out"))
    return sorted(set(found))


def _of_roles(cursor: "cursor", user: str | None) -> Iterator[Difference]:
    cursor.execute(_ROLES, {"roles": list(ROLES), "user": user})
    for role, exists, mighty, taken_on, groups in cursor.fetchall():
        if not exists:
            yield "missing", f"there is no role {role}"
        if not taken_on:
            yield "missing", f"{user} may not take on {role}"
        if mighty:
            yield "too much", f"{role} is a superuser, or may make roles or databases, or replicate"
        for group in groups:
            yield "too much", f"{role} is a member of {group}"


def _of_limits(cursor: "cursor") -> Iterator[Difference]:
    cursor.execute(f"select has_parameter_privilege('{SCANNER}', 'temp_file_limit', 'set')")
    if not value(cursor):
        yield "missing", f"{SCANNER} may set temp_file_limit (an administrator can let it)"


def _of_schemas(cursor: "cursor", owners: dict[str, str]) -> Iterator[Difference]:
    cursor.execute(_SCHEMAS, {"roles": list(ROLES), "schemas": list(owners)})
    rows = cursor.fetchall()
    for schema in owners.keys() - {row[0] for row in rows} - {"elementary"}:  # which comes with its packages only
        yield "missing", f"there is no schema {schema}"
    for schema, role, uses, creates in rows:
        if creates != (role == owners[schema]):
            yield "too much" if creates else "missing", f"{role} may create in {schema}"
        wanted = _may_look(role, schema, owners[schema])
        if uses != wanted and (wanted or schema in OURS):  # others may be open to all
            yield "missing" if wanted else "too much", f"{role} may use {schema}"


def _of_tables(cursor: "cursor", owners: dict[str, str], named: set[tuple[str, str]]) -> Iterator[Difference]:
    cursor.execute(_TABLES, {"roles": list(ROLES), "schemas": list(owners)})
    for schema, table, owner, role, reads, writes in cursor.fetchall():
        ours = schema in OURS
        if not ours and (schema, table) not in named:
            continue
        if owner != owners[schema]:
            yield "missing", f"{owners[schema]} owns {schema}.{table}, which is {owner}'s"
        if writes and role != owners[schema]:
            yield "too much", f"{role} may write to {schema}.{table}"
        wanted = _may_look(role, schema, owners[schema])
        if role == READER and wanted:  # dbt opens the marts to it, one by one
            continue
        if reads != wanted and (wanted or role in (SCANNER, READER)):
            yield "missing" if wanted else "too much", f"{role} may read {schema}.{table}"


def _may_look(role: str, schema: str, owner: str) -> bool:
    if role == owner:
        return True
    if schema in CLOSED:
        return schema in ("governance", "superseded") and role == TRANSFORMER
    if schema == "elementary":
        return False
    if owner == LOADER:
        return role in (SCANNER, TRANSFORMER)
    return True
