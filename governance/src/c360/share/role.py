"""The role of a partner: it logs in, selects from the views of its own schema, and may nothing else."""

from typing import TYPE_CHECKING

from c360.clause.dialect import POSTGRES
from c360.database.access import TRANSFORMER, role, without_privileges

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

quote, literal = POSTGRES.quote, POSTGRES.literal


def role_of(partner: str) -> str:
    return f"c360_partner_{partner}"


def script(partner: str, database: str) -> str:
    """The SQL that makes the role; for who may make roles, running it again changes nothing."""
    name = role_of(partner)
    return f"{role(name)}\n{without_privileges(name)}\ngrant connect on database {quote(database)} to {name};"


def exists(cursor: "Cursor", partner: str) -> bool:
    cursor.execute("select to_regrole(%s) is not null", (role_of(partner),))
    return cursor.fetchone() == (True,)


def grant(cursor: "Cursor", partner: str, schema: str, view: str) -> None:
    """As the transformer, who owns both."""
    cursor.execute(f"revoke all on schema {quote(schema)} from public")
    cursor.execute(f"grant usage on schema {quote(schema)} to {role_of(partner)}")
    cursor.execute(f"grant select on {quote(schema)}.{quote(view)} to {role_of(partner)}")


_TOO_MUCH = """
    select 'reads ' || format('%%I.%%I', n.nspname, c.relname) from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and n.nspname not in ('pg_catalog', 'information_schema')
    and n.nspname !~ '^pg_' and not (n.nspname = any(%(schemas)s) and c.relkind = 'v')
    and has_schema_privilege(%(role)s, n.oid, 'usage') and (
        c.relkind = 'S' and has_sequence_privilege(%(role)s, c.oid, 'usage, select, update')
        or c.relkind <> 'S' and has_any_column_privilege(%(role)s, c.oid, 'select, insert, update, references'))
    union all
    select 'writes to ' || format('%%I.%%I', n.nspname, c.relname) from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm') and n.nspname = any(%(schemas)s)
    and has_table_privilege(%(role)s, c.oid, 'insert, update, delete, truncate')
    union all
    select 'creates in ' || n.nspname from pg_namespace as n where has_schema_privilege(%(role)s, n.oid, 'create')
    and n.nspname !~ '^pg_'
    union all
    select 'runs ' || p.oid::regprocedure from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace
    where n.nspname not in ('pg_catalog', 'information_schema') and has_schema_privilege(%(role)s, n.oid, 'usage')
    and has_function_privilege(%(role)s, p.oid, 'execute')
    union all
    select 'is ' || r.rolname from pg_auth_members as m join pg_roles as r on r.oid = m.roleid
    where m.member = to_regrole(%(role)s)
    union all
    select 'creates in the database' where has_database_privilege(%(role)s, current_database(), 'create')
    union all
    select 'is mighty' from pg_roles where rolname = %(role)s
    and (rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls)
    order by 1"""


def excess_privileges(database: "Connection", partner: str) -> list[str]:
    """What the role may do beyond selecting from the views of its schemas, as the server itself tells; nothing where
    there is no such role."""
    with database.transaction(), database.cursor() as cursor:
        if not exists(cursor, partner):
            return []
        cursor.execute(
            "select nspname::text from pg_namespace where pg_get_userbyid(nspowner) = %s "
            "and nspname ~ ('(^|_)share_' || %s || '$')",
            (TRANSFORMER, partner),
        )
        schemas = [schema for (schema,) in cursor.fetchall()]
        cursor.execute(_TOO_MUCH, {"role": role_of(partner), "schemas": schemas})
        return [str(what) for (what,) in cursor.fetchall()]
