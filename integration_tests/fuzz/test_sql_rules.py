"""SQL rules written by somebody who means ill: refused by lint, or a SELECT that nothing comes of but a number.

The trap is in the database. A sequence counts every command that changes a schema or a table, even one that is rolled
back; the server writes down each statement of the scanner; contents and files are compared before and after.
"""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from hypothesis import event, example, given
from hypothesis import strategies as st

from c360.clause import guard
from c360.clause.dialect import POSTGRES
from c360.contract import load_contract
from c360.contract.catalog import Catalog
from c360.database import access, connect
from c360.database.scanner import Scanner, scanner
from c360.database.server import data_folder
from c360.engine.postgres.measure import measure_table
from c360.ledger.tables import prepare
from c360.lint.lint import lint
from c360.settings import Settings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CANARY = "c360-canary-contents"

HONEST = [
    "select count(*) from ${table} where word = 'a' -- all of them",
    "select count(*) /* ; */ from things where word in ('drop', $$it's$$, E'it\\'s') and \"update\" is not null",
    "select max(n) from ${table} where word !~ '^x' and n between 1 and 9",
    "with t as (select n, count(*) as c from ${table} group by n) select max(c) from t where t.n > 0",
    "select count(*) from ${table} t join raw.things o on o.n = t.n and (o.n > 1 or not t.n < 2)",
]
ATTACKS = [
    r"select count(*) from ${table} where word = E'\''; drop table raw.things; --'",
    "select 0; commit; drop schema raw cascade; --",
    "select count(*) from ${table} where word = $a$$b$;$b$; drop table raw.things; --$a$",
    "select count(*) from ${table}) as x; delete from raw.things; select (1",
    "with gone as (delete from raw.things returning 1) select count(*) from gone",
    "select pg_read_file('{file}')::int", "select length(pg_read_binary_file('{file}'))",
    "copy raw.things to '{folder}/x'",
    "copy raw.things from program 'touch {folder}/x'", "select lo_export(lo_creat(-1), '{folder}/x')",
    "select lo_import('{file}')", "select length(query_to_xml('delete from raw.things', true, true, '')::text)",
    "select nextval('governance.delivery_delivery_id_seq')", "select set_config('role', 'postgres', false)::int",
    "select count(*) from ${table} for update", "select 1 into raw.copied", "create table raw.copied (n int)",
    "do $$ begin delete from raw.things; end $$", "select count(*) from governance.history",
    "select count(*) from pg_ls_dir('{folder}')", "select pg_notify('a', 'b') is null", "truncate raw.things", "commit",
    "U&'\\0027' ; drop table raw.things", "select \"a\"\"; drop table raw.things; --\" from ${table}",
]  # fmt: skip
PIECES = [
    "select", "count(*)", "from", "${table}", "{column}", "raw.things", "where", "word", "n", "=", "'", '"', "$$",
    "$a$", "E'", "U&'", "\\", "\\'", "''", "--", "/*", "*/", ";", "(", ")", ",", "*", "1", "1_0", "0x1", "::int",
    "::regclass", "and", "or", "not", "in", "with x as", "union all", "delete", "drop table raw.things",
    "update raw.things set n = 0", "insert into raw.things values (9)", "commit", "rollback", "for update",
    "into raw.copied", "returning 1", "\n", "\t", "pg_read_file('{file}')", "lo_creat(-1)", "pg_catalog.",
    "pg_authid", "landing.", "lateral", "limit 1", "group by n", "over ()", "{{ 1 }}", "${NOW}", "%s", "$1", ":a",
    "\x00", "é", "\u2028", "\ufeff", "@", "!~", "~*", "||", "->>",
]  # fmt: skip
texts = st.one_of(
    st.sampled_from(HONEST),
    st.sampled_from(ATTACKS),
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=14).map(" ".join),
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=9).map("".join),
    st.tuples(st.sampled_from(HONEST + ATTACKS), st.integers(0, 80), st.sampled_from(PIECES + ATTACKS)).map(
        lambda cut: cut[0][: cut[1]] + cut[2] + cut[0][cut[1] :]
    ),
    st.tuples(st.sampled_from(HONEST), st.text(max_size=12)).map(lambda part: f"{part[0]} {part[1]}"),
)
conditions = texts.map(lambda text: f"SELECT COUNT(*) FROM ${{table}} WHERE {text}")

_HARMLESS = re.compile(r"BEGIN( READ ONLY)?|ROLLBACK|COMMIT|DEALLOCATE ALL|select \* from \(|select set_config\(.*")
"""The first line of what a scanner's session may say: a rule stands inside the brackets of `select * from (`.
The driver itself says DEALLOCATE ALL when it has prepared a statement and rolls back."""
_TRAP = """
create schema trap;
create sequence trap.sprung;
create function trap.spring() returns event_trigger language plpgsql security definer as
    $$ begin perform nextval('trap.sprung'); end $$;
create function trap.spring_on_rows() returns trigger language plpgsql security definer as
    $$ begin perform nextval('trap.sprung'); return null; end $$;
create event trigger trap_on_commands on ddl_command_start execute function trap.spring();
"""


@dataclass
class Trap:
    """The database with its traps set, and what it looked like then."""

    settings: Settings
    folder: Path
    log: Path
    before: Any = None
    sessions: set[int] = field(default_factory=set)

    def look(self) -> Any:
        """All that a rule must leave alone: contents, catalogue, roles, settings, locks, files, and the sequence."""
        with (
            closing(connect(self.settings, role=None)) as database,
            database.transaction(),
            database.cursor() as cursor,
        ):
            cursor.execute(
                "select format('%I.%I', schemaname, tablename) from pg_tables "
                "where schemaname !~ '^pg_|^information_schema$' order by 1"
            )
            contents = {}
            for (table,) in cursor.fetchall():
                cursor.execute(f"select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from {table} as t")
                contents[table] = cursor.fetchone()
            cursor.execute(
                "select (select array_agg((oid, relname, relacl, relowner) order by oid) from pg_class "
                "where relnamespace <> 'pg_toast'::regnamespace)::text, (select count(*) from pg_proc), "
                "(select array_agg(r order by rolname) from pg_roles as r where rolname ~ '^c360_|^postgres$')::text, "
                "(select count(*) from pg_largeobject_metadata), (select last_value from trap.sprung), "
                "(select array_agg(s) from pg_db_role_setting as s where setdatabase = d.oid)::text, "
                "(select count(*) from pg_locks where locktype = 'advisory' and database = d.oid) "
                "from pg_database as d where datname = current_database()"
            )
            catalogue = cursor.fetchone()
        files = {str(path): path.read_bytes() for path in sorted(self.folder.rglob("*"))}
        return contents, catalogue, files

    def write(self, text: str) -> str:
        return text.replace("{file}", str(self.folder / "canary")).replace("{folder}", str(self.folder))

    def assert_unsprung(self) -> None:
        """Nothing changed, and the scanner's sessions ran nothing but SELECT between BEGIN and ROLLBACK."""
        assert self.look() == self.before
        said = self.log.read_text(errors="replace")
        for session in self.sessions:
            for statement in re.findall(rf"\[{session}\]_\S*_LOG:  (?:statement|execute [^:]*): (.*)", said):
                assert _HARMLESS.fullmatch(statement), statement
        self.sessions.clear()


@pytest.fixture(scope="module")
def trap(server: Settings, database: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trap]:
    folder = tmp_path_factory.mktemp("canary")
    (folder / "canary").write_text(CANARY)
    folder.chmod(0o777)
    (folder / "canary").chmod(0o644)
    connection = connect(database)
    prepare(connection)
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute('create table raw.things (n integer, word text, "update" integer)')
        cursor.execute("insert into raw.things values (1, 'a', 1), (2, 'it''s', 2), (3, null, null)")
    connection.close()
    with closing(connect(database, role=None)) as admin, admin.transaction(), admin.cursor() as cursor:
        cursor.execute(_TRAP)
        for table in ("raw.things", "governance.history", "governance.delivery", "quarantine.rows"):
            cursor.execute(
                f"create trigger trap before insert or update or delete or truncate on {table} "
                "for each statement execute function trap.spring_on_rows()"
            )
        cursor.execute("select current_database()")
        ((name,),) = cursor.fetchall()
        cursor.execute(f"alter role {access.SCANNER} in database {name} set log_statement = 'all'")
    found = Trap(database, folder, data_folder(server) / "log")
    found.before = found.look()
    yield found
    found.assert_unsprung()
    with closing(connect(database, role=None)) as admin, admin.transaction(), admin.cursor() as cursor:
        cursor.execute("drop event trigger trap_on_commands")


def contract(folder: Path, query: str) -> Path:
    rule = {"id": "rule", "type": "sql", "query": query, "mustBe": 0}
    columns = [("n", "integer"), ("word", "string"), ("update", "integer")]
    document = {
        "apiVersion": "v3.2.0", "kind": "DataContract", "id": "things", "version": "1.0.0", "status": "active",
        "name": "things", "team": {"name": "testers"}, "support": [{"channel": "#x", "url": "https://x.invalid"}],
        "servers": [{"server": "local", "type": "postgres", "host": "x", "port": 1, "database": "x", "schema": "raw"}],
        "schema": [{"name": "things", "physicalType": "table", "quality": [rule], "properties": [
            {"name": name, "logicalType": kind, "physicalType": {"string": "text"}.get(kind, kind),
             "classification": "public", "description": name} for name, kind in columns]}],
    }  # fmt: skip
    path = folder / "sources" / "things.odcs.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return path


@given(text=st.one_of(texts, conditions))
@example(text=HONEST[0])
@example(text=HONEST[1])
@example(text=ATTACKS[0])
def test_a_rule_is_refused_by_lint_or_can_only_look(trap: Trap, tmp_path: Path, text: str) -> None:
    path = contract(tmp_path, trap.write(text))
    found = [finding.message for finding in lint(tmp_path, ["public"])]
    if found:
        event("refused")
        assert text not in HONEST, found
        assert all("things.rule" in message or "character" in message for message in found), found
        return
    event("passed")
    loaded = load_contract(path, tmp_path)
    (dataset,) = loaded.datasets
    catalog = Catalog.of([loaded])
    (clause,) = [clause for clause in dataset.clauses if clause.kind.name in ("sql", "rowRule")]
    guarded = guard.with_guarded_rules(loaded, catalog.tables)["schema"][0]["quality"][0]["query"]
    with scanner(trap.settings, ["raw"]) as looking:
        outcome = measure_table(looking, catalog, dataset, NOW)[clause.id].outcome
        assert outcome in ("passed", "failed", "errored")
        _ask(trap, looking, guarded.replace("${table}", POSTGRES.quote(dataset.table)))
    trap.assert_unsprung()


@given(text=texts)
@example(text=ATTACKS[4])
def test_the_scanner_holds_without_the_guard(trap: Trap, text: str) -> None:
    """The second wall by itself: any text at all, straight to the database."""
    with scanner(trap.settings, ["raw"]) as looking:
        _ask(trap, looking, trap.write(text).replace("${table}", "things").replace("{column}", "word"))
    trap.assert_unsprung()


def _ask(trap: Trap, looking: Scanner, query: str) -> None:
    trap.sessions.add(looking._database.info.backend_pid)
    try:
        rows = looking.rows(query)
    except (psycopg.Error, UnicodeEncodeError):
        return
    assert CANARY not in repr(rows)


def test_the_trap_works(trap: Trap) -> None:
    """A check that cannot fail is none: each of these would have been seen."""
    for harm in (
        "create table raw.harm (n int)",
        "delete from raw.things where false",
        "alter table raw.things add m int",
    ):
        before = trap.look()
        with closing(connect(trap.settings, role=None)) as admin, admin.transaction(force_rollback=True):
            admin.execute(harm)
        assert trap.look() != before, harm
    trap.before = trap.look()
    with scanner(trap.settings) as looking:
        session = looking._database.info.backend_pid
        looking.rows("select 42")
    assert re.search(
        rf"\[{session}\]_\S*_LOG:  execute <unnamed>: select \* from \(\n\tselect 42", trap.log.read_text()
    )
