"""Who may do what: four roles without superuser, made by `c360 access`, and by themselves where c360 may make them.

The loader owns what c360 writes, the transformer what dbt writes; the scanner, as whom SQL of contracts runs, and the
reader only select. Roles belong to the whole server, everything else here to one database of it.
"""

import hashlib
import random
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from c360.clause.dialect import POSTGRES
from c360.database.query import value
from c360.errors import CouldNotTell

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

ROLES = LOADER, SCANNER, TRANSFORMER, READER = "c360_loader", "c360_scanner", "c360_transformer", "c360_reader"
SOURCES = ("raw", "quarantine", "governance", "superseded", "erasure")
_MARKED = "quarantine"
LANDING = "landing__"
"""Before the name of a dataset: the schema in which its delivery lies while it is in the gate, and no longer."""
PRODUCTS = ("analytics",)
"""The schemas that the loader and the transformer own; those that contracts name come on top."""
CLOSED = ("quarantine", "governance", "superseded", "erasure")
"""Neither the scanner nor the reader looks in here; nor in a schema of dbt that is no contract's (Elementary's)."""
LIMITS = {
    "default_transaction_read_only": "on",
    "statement_timeout": "60s",
    "temp_file_limit": "2048MB",
    "client_connection_check_interval": "2s",
    "work_mem": "32MB",
    "hash_mem_multiplier": "1",
    "max_parallel_workers_per_gather": "2",
}
"""Settings of the scanner's sessions, unless c360.toml says otherwise: what SQL of contracts may take. A statement ends
when its client has; the limit of temporary files and the memory of a sort are those of one process, so of up to three
a statement."""
LOCK = 0xC360_0003
"""Advisory lock: one at a time gives out rights in a database."""
_ATTEMPTS = 40
PARTNER = "c360_partner_"
"""Before the name of a partner: its role, which c360.share.role makes."""
_BUSY = ("XX000", "23505", "42710", "40P01")
"""Two databases of a server change one role at once: tuple concurrently updated, a name taken meanwhile, a deadlock."""

quote, literal = POSTGRES.quote, POSTGRES.literal


@dataclass(frozen=True)
class Place:
    """Where a contract puts a dataset: schema, table, and the role that owns it."""

    schema: str
    table: str
    owner: str


def script(user: str | None, database: str, places: Iterable[Place] = ()) -> str:
    """The SQL that makes the roles and gives them their rights in `database`; running it again changes nothing.

    `user` is whom c360 logs in as, who then takes on the roles; None where stages log in as the roles themselves.
    What lies in the schemas of c360 is taken over by their new owners; of other schemas only tables that a contract
    names and that belong to who runs this, or to `user`.
    """
    mark = f"comment on schema {_MARKED} is {literal(_mark())};"
    return "\n".join([*_statements(user, database, sorted(set(places), key=str)), mark])


def _statements(user: str | None, database: str, places: list[Place]) -> list[str]:
    own = dict.fromkeys(SOURCES, LOADER) | dict.fromkeys(PRODUCTS, TRANSFORMER)
    owners = {place.schema: place.owner for place in places} | own
    taken: list[tuple[str, str | None, str]] = [(schema, None, owner) for schema, owner in own.items()]
    taken.append(("elementary", None, TRANSFORMER))
    taken += [(place.schema, place.table, place.owner) for place in places if place.schema not in own]
    values = ", ".join(f"({literal(a)}, {literal(b)}::name, {literal(c)})" for a, b, c in taken)
    statements = [
        "set local search_path = pg_catalog;",
        *(role(name) for name in ROLES),
        *(without_privileges(name) for name in ROLES),
        *(
            if_allowed(
                f"{literal(f'{name}={limit}')} = any (select unnest(rolconfig) from pg_roles "
                f"where rolname = '{SCANNER}')",
                f"alter role {SCANNER} set {name} = {literal(limit)}",
            )
            for name, limit in LIMITS.items()
        ),
        if_allowed(
            f"has_parameter_privilege('{SCANNER}', 'temp_file_limit', 'set')",
            f"grant set on parameter temp_file_limit to {SCANNER}",
        ),
        *(_membership(user, role) for role in ROLES if user),
        f"grant connect, create, temporary on database {quote(database)} to {LOADER}, {TRANSFORMER};",
        f"grant connect on database {quote(database)} to {SCANNER}, {READER};",
        *(f"create schema if not exists {quote(schema)} authorization {owner};" for schema, owner in owners.items()),
        do(_TAKE_OVER % (values, literal(user or ""))),
    ]
    for schema, owner in owners.items():
        other = TRANSFORMER if owner == LOADER else LOADER
        statements.append(f"grant usage, create on schema {quote(schema)} to {owner};")
        if schema not in CLOSED:
            statements.append(_look(schema, SCANNER, other))
            if owner == TRANSFORMER:  # of its tables dbt opens the marts to the reader
                statements.append(f"grant usage on schema {quote(schema)} to {READER};")
    for owner, other in ((LOADER, TRANSFORMER), (TRANSFORMER, LOADER)):  # what will be made there
        statements.append(f"alter default privileges for role {owner} grant select on tables to {SCANNER}, {other};")
    # where all datasets landed up to release 1.4
    statements.append(if_allowed("to_regnamespace('landing') is null", "drop schema landing cascade"))
    statements.append(f"alter default privileges for role {LOADER} grant usage on schemas to {SCANNER}, {TRANSFORMER};")
    return statements + [closing(schema) for schema in CLOSED]


def closing(schema: str) -> str:
    """SQL that keeps out of a schema those who have no business there, after tables were made in it too."""
    roles = f"{SCANNER}, {READER}, {TRANSFORMER}"
    closed = "\n".join(
        f"revoke all on {what} {quote(schema)} from {roles};" for what in ("schema", "all tables in schema")
    )
    return closed + ("\n" + _look(schema, TRANSFORMER) if schema in ("governance", "superseded") else "")


def open_marts(cursor: "Cursor", places: Iterable[Place]) -> None:
    """As the transformer: let the reader, the scanner and the loader look at the marts that are there.

    After each build: dbt makes tables anew, and where it is told of other readers takes back what others were granted.
    """
    cursor.execute(
        "select n.nspname::text, c.relname::text from pg_class as c join pg_namespace as n on n.oid = c.relnamespace "
        "where c.relkind in ('r', 'p', 'v', 'm') and pg_get_userbyid(c.relowner) = current_user"
    )
    there = set(cursor.fetchall())
    roles = f"{READER}, {SCANNER}, {LOADER}"
    for place in places:
        if (place.schema, place.table) in there:
            cursor.execute(f"grant usage on schema {quote(place.schema)} to {roles}")
            cursor.execute(f"grant select on {quote(place.schema)}.{quote(place.table)} to {roles}")


def is_ready(cursor: "Cursor") -> bool:
    """Whether this database has the rights that this version of c360 gives out: one look."""
    cursor.execute(
        "select coalesce(obj_description(to_regnamespace(%s), 'pg_namespace') = %s, false)", (_MARKED, _mark())
    )
    return bool(value(cursor))


def ensure(database: "Connection", user: str | None, places: Iterable[Place]) -> None:
    """Give out the rights, as whoever `database` is logged in as; safe from many processes and databases at once.

    Raises CouldNotTell when that user may not.
    """
    import psycopg

    for attempt in range(_ATTEMPTS):
        try:
            with database.transaction(), database.cursor() as cursor:
                cursor.execute("select pg_advisory_xact_lock(%s)", (LOCK,))
                cursor.execute(script(user, database.info.dbname, places))
            return
        except psycopg.errors.InsufficientPrivilege:
            raise lacking(database.info.user, database.info.dbname) from None
        except psycopg.Error as error:
            if error.sqlstate not in _BUSY or attempt + 1 == _ATTEMPTS:
                raise
            time.sleep(random.uniform(0.01, 0.1))  # noqa: S311 (no secret: so that two don't meet again)


def lacking(user: str, database: str) -> CouldNotTell:
    """What a user hears who has not the roles of c360 and may not make them."""
    return CouldNotTell(
        f"The user {user} may neither take on nor make the roles of c360 in the database {database}.",
        "Have an administrator of that server run what this prints: c360 access --print",
    )


def _mark() -> str:
    """Which rights this database has: a comment on one of its schemas."""
    joined = "\n".join(_statements(None, "c360", []))
    return f"c360 access {hashlib.sha256(joined.encode()).hexdigest()[:16]}"


def do(body: str) -> str:
    """A block of PL/pgSQL, in dollar quotes that no name in it can end."""
    tag = "$$"
    while tag in body:
        tag = f"${tag[1:-1]}q$"
    return f"do {tag} {body} {tag};"


def unless(condition: str, *statements: str) -> str:
    return do(f"begin if not ({condition}) then {'; '.join(statements)}; end if; end")


def if_allowed(unless: str, statement: str) -> str:
    """What only an administrator of the server may do, or only one kind of server can; `c360 access --check` tells of
    what is missing then."""
    but = "insufficient_privilege or invalid_parameter_value or undefined_object"
    return do(f"begin if not ({unless}) then {statement}; end if; exception when {but} then null; end")


def role(name: str) -> str:
    """SQL that makes a role. Another database of the server may be making it at this moment."""
    return do(
        f"begin if to_regrole('{name}') is null then create role {name} login; end if;\n"
        "exception when duplicate_object or unique_violation then null; end"
    )


def without_privileges(name: str) -> str:
    """SQL that takes from a role its privileges beyond those of a plain role."""
    privileges = "rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls"
    return unless(
        f"not exists (select from pg_roles where rolname = '{name}' and ({privileges}))",
        f"alter role {name} nosuperuser nocreaterole nocreatedb noreplication nobypassrls",
    )


def _membership(user: str, role: str) -> str:
    name = literal(user)
    return unless(
        f"pg_has_role({name}, '{role}', 'set') and pg_has_role({name}, '{role}', 'usage')",
        f"grant {role} to {quote(user)} with inherit true, set true",
    )


def _look(schema: str, *roles: str) -> str:
    name, whom = quote(schema), ", ".join(roles)
    return f"grant usage on schema {name} to {whom};\ngrant select on all tables in schema {name} to {whom};"


_TAKE_OVER = """
declare command text;
begin
    for command in
        with places(schema, single, owner) as (values %s),
        objects as (
            select 1 as nth, 'schema' as kind, quote_ident(n.nspname) as name, n.nspowner as held_by, p.owner
            from places as p join pg_namespace as n on n.nspname = p.schema where p.single is null
            union all
            select 2, case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence'
                when 'f' then 'foreign table' else 'table' end,
                format('%%I.%%I', n.nspname, c.relname), c.relowner, p.owner
            from places as p join pg_namespace as n on n.nspname = p.schema join pg_class as c on c.relnamespace = n.oid
            where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and (p.single is null
                or c.relname = p.single and pg_get_userbyid(c.relowner) in (current_user, %s))
            and not exists (select from pg_depend as d where d.classid = 'pg_class'::regclass and d.objid = c.oid
                and c.relkind = 'S' and d.deptype in ('a', 'i'))  -- sequences go with their tables
            union all
            select 3, 'routine', r.oid::regprocedure::text, r.proowner, p.owner
            from places as p join pg_namespace as n on n.nspname = p.schema join pg_proc as r on r.pronamespace = n.oid
            where p.single is null
        )
        select format('alter %%s %%s owner to %%I', kind, name, owner) from objects
        where held_by <> to_regrole(owner) order by nth
    loop
        execute command;
    end loop;
end"""
