"""The role of a partner: it logs in, selects from the views of its own schema, and may nothing else."""

from typing import TYPE_CHECKING

from c360.clause.dialect import POSTGRES
from c360.database.access import LOADER, LOCK, PARTNER, TRANSFORMER, do, if_allowed, role, without_privileges
from c360.database.waiting import Say, end_all_of
from c360.errors import CouldNotTell

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

quote, literal = POSTGRES.quote, POSTGRES.literal

CONNECTIONS = 5
"""How many a partner may have at once: so few that all partners together leave c360 some."""
LIMITS = {
    "statement_timeout": "1h",
    "idle_in_transaction_session_timeout": "5min",
    "lock_timeout": "1min",
    "temp_file_limit": "2GB",
}
"""Settings of a partner's sessions. It can change all but the last one: c360 ends a session that it waits for."""
RECORD = {
    "log_statement": "all",
    "log_parameter_max_length": "0",
    "log_min_messages": "log",
    "log_error_verbosity": "terse",
}
"""Settings by which the server's own log has each statement of a partner, and no value of a row: none of what is bound
to a statement, and no error, which may quote one. A partner cannot change them."""
_SETTINGS = LIMITS | RECORD
_LOCKS, _LARGE = "^pg_(try_)?advisory_(xact_)?lock", "^(lo_creat|lo_create|lo_from_bytea|lo_import)$"
"""Names of functions that whoever logs in may run, until an administrator takes them from the public."""
_OPEN_FUNCTIONS = (
    "pronamespace = 'pg_catalog'::regnamespace "
    f"and (proname ~ '{_LOCKS}' or proname ~ '{_LARGE}') and has_function_privilege('public', oid, 'execute')"
)


def role_of(partner: str) -> str:
    return f"{PARTNER}{partner}"


def script(partner: str, database: str, user: str | None) -> str:
    """The SQL that makes the role, and takes from the public what a partner could stop others by; for who may make
    roles, running it again changes nothing.

    `user` is whom c360 logs in as, who may end the sessions of the partner then; None where that is a superuser.
    """
    name = role_of(partner)
    settings = (
        if_allowed(
            f"{literal(f'{key}={limit}')} = any (select unnest(rolconfig) from pg_roles where rolname = '{name}')",
            f"alter role {name} set {key} = {literal(limit)}",
        )
        for key, limit in _SETTINGS.items()
    )
    public = f"has_database_privilege('public', {literal(database)}, 'temporary')"
    return "\n".join(
        [
            role(name),
            without_privileges(name),
            if_allowed(
                f"exists (select from pg_roles where rolname = '{name}' and rolconnlimit = {CONNECTIONS})",
                f"alter role {name} connection limit {CONNECTIONS}",
            ),
            *settings,
            if_allowed(f"not {public}", f"revoke temporary on database {quote(database)} from public"),
            do(_CLOSE),
            f"grant connect on database {quote(database)} to {name};",
            *(
                if_allowed(
                    f"pg_has_role({literal(one)}, '{name}', 'usage')",
                    f"grant {name} to {quote(one)} with inherit true, set false",
                )
                for one in [user]
                if one
            ),
        ]
    )


_CLOSE = f"""
declare one regprocedure;
begin
    for one in select oid from pg_proc where {_OPEN_FUNCTIONS} loop
        execute format('revoke execute on function %s from public', one);
        execute format('grant execute on function %s to {LOADER}', one);
    end loop;
exception when insufficient_privilege then null;
end"""


def ensure(database: "Connection", partner: str, user: str | None) -> None:
    """Make the role and bring it to what `script` says, as whoever `database` is logged in as. Raises CouldNotTell when
    that user may not make it."""
    import psycopg

    with database.cursor() as cursor:
        if exists(cursor, partner) and not excess_privileges(database, partner):
            return
    try:
        with database.transaction(), database.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", (LOCK,))
            cursor.execute(script(partner, database.info.dbname, user))
    except psycopg.errors.InsufficientPrivilege:
        raise CouldNotTell(
            f"The user {database.info.user} may not make the role {role_of(partner)}.",
            "Have an administrator of that server run what this prints: c360 access --print",
        ) from None


def let_in(database: "Connection", partner: str) -> None:
    """It may log in, as before its shares had ended."""
    with database.cursor() as cursor:
        cursor.execute("select rolcanlogin from pg_roles where rolname = %s", (role_of(partner),))
        if cursor.fetchone() == (False,):
            _may_log_in(cursor, partner, "login")


def shut_out(database: "Connection", partner: str, say: Say) -> None:
    """It may not log in any more, and who is there goes; `say` is told where that is for an administrator to do."""
    with database.cursor() as cursor:
        if exists(cursor, partner):
            try:
                _may_log_in(cursor, partner, "nologin")
                end_all_of(database, role_of(partner), say)
            except CouldNotTell as error:
                say(str(error))


def _may_log_in(cursor: "Cursor", partner: str, login: str) -> None:
    import psycopg

    try:
        cursor.execute(f"alter role {role_of(partner)} {login}")
    except psycopg.errors.InsufficientPrivilege:
        raise CouldNotTell(
            f"c360 may not change the role {role_of(partner)}.",
            f"Have an administrator run: alter role {role_of(partner)} {login}",
        ) from None


def exists(cursor: "Cursor", partner: str) -> bool:
    cursor.execute("select to_regrole(%s) is not null", (role_of(partner),))
    return cursor.fetchone() == (True,)


def partners_here(cursor: "Cursor") -> list[str]:
    """Those that have a role, and a schema of this database."""
    cursor.execute(
        f"select distinct substr(rolname, {len(PARTNER) + 1}) from pg_roles join pg_namespace "
        f"on nspname ~ ('(^|_)share_' || substr(rolname, {len(PARTNER) + 1}) || '$') "
        "where starts_with(rolname, %s) order by 1",
        (PARTNER,),
    )
    return [str(partner) for (partner,) in cursor.fetchall()]


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
    select 'makes temporary tables' where has_database_privilege(%(role)s, current_database(), 'temporary')
    union all
    select 'runs ' || string_agg(distinct proname, ', ') from pg_proc
    where pronamespace = 'pg_catalog'::regnamespace and (proname ~ %(locks)s or proname ~ %(large)s)
    and has_function_privilege(%(role)s, oid, 'execute') having count(*) > 0
    union all
    select 'connects more than %(connections)s times at once' from pg_roles
    where rolname = %(role)s and rolconnlimit not between 0 and %(connections)s
    union all
    select 'goes without ' || wanted from unnest(%(limits)s::text[]) as wanted
    where not exists (select from pg_roles where rolname = %(role)s and wanted = any (rolconfig))
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
        limits = [f"{key}={limit}" for key, limit in _SETTINGS.items()]
        cursor.execute(
            _TOO_MUCH,
            {"role": role_of(partner), "schemas": schemas, "locks": _LOCKS, "large": _LARGE, "limits": limits,
             "connections": CONNECTIONS},
        )  # fmt: skip
        return [str(what) for (what,) in cursor.fetchall()]
