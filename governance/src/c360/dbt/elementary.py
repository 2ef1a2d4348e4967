"""Elementary's report, made offline: its own tables, the gate's verdicts as tests, one HTML file.

Its package sees every dbt command that `c360.dbt.session.dbt` runs and keeps the results in the schema `elementary`.
"""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from c360.database import connect, libpq_env
from c360.database.access import TRANSFORMER
from c360.dbt import packages
from c360.dbt.session import dbt
from c360.errors import CouldNotTell
from c360.pages import sealed_but, with_policy
from c360.project import Project

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

_MADE_WITHIN = 600
_EDR = "from elementary.monitor.cli import report; report(auto_envvar_prefix='EDR')"
"""The command `edr report`; by its own entry point, edr first asks the network for a newer version."""
_CONFIG = "anonymous_usage_tracking: false\nrun_dbt_deps_if_needed: false\nquiet_logs: true\n"
"""edr's own file: it calls nobody, and leaves the folder of packages alone."""
_OUTSIDE = re.compile(r"<link\b[^>]*\brel=[\"'](?:stylesheet|preconnect|icon)[\"'][^>]*>", re.IGNORECASE)
_SAID = {
    "dbt_run_results": "message",
    "dbt_source_freshness_results": "error",
    "elementary_test_results": "test_results_description",
}
"""By table, where Elementary keeps what a database said of an error, which may quote a value."""
_WITHOUT_VALUES = r"""
create or replace function elementary.without_values() returns trigger language plpgsql as $$
declare said text := to_jsonb(new) ->> tg_argv[0];
begin
    if to_jsonb(new) ->> 'status' like '%error%' then
        said := regexp_replace(regexp_replace(said, '(DETAIL|CONTEXT|QUERY):.*', '\1: ***'), '".*', '***');
        new := jsonb_populate_record(new, jsonb_build_object(tg_argv[0], said));
    end if;
    return new;
end $$
"""
"""What stands in quotes goes before it is stored, with all behind it: dbt's log tells the names (c360.dbt.log)."""
_POLICY = sealed_but(
    "script-src 'unsafe-inline' 'unsafe-eval' blob:; style-src 'unsafe-inline'; img-src data: blob:; font-src data:"
)
"""The page's own scripts and styles work; whatever else it would load or tell is refused by the browser."""


def prepare_tables(project: Project, database: "Connection", invoke: Callable[..., Any]) -> None:
    """Make Elementary's tables, and tell them of our models and tests, when either has changed since the last time.

    Elementary itself would compare all it knows after each command, which takes seconds. What it was told of is
    noted on its schema, so that dropping the schema is enough to start anew. Raises CouldNotTell when dbt cannot.
    """
    known = f"{packages.wanted()[0].version} {_fingerprint(project)}"
    with database.transaction(), database.cursor() as cursor:
        cursor.execute("select obj_description(to_regnamespace('elementary'), 'pg_namespace')")
        made = cursor.fetchone() == (known,)
    if not made and not invoke("run", "--select", "package:elementary", "--quiet").success:
        raise CouldNotTell("dbt could not make Elementary's tables.", "See dbt/logs/dbt.log in C360_HOME.")
    with closing(connect(project.settings, role=TRANSFORMER)) as owner, owner.transaction(), owner.cursor() as cursor:
        _leave_out_values(cursor)
        cursor.execute("comment on schema elementary is %s", (known,))


def _leave_out_values(cursor: "Cursor") -> None:
    """Whatever runs dbt, and whatever it keeps from now on or has kept; a table that was made anew is one of these."""
    cursor.execute(
        "select c.relname::text from pg_class as c where c.relnamespace = to_regnamespace('elementary') "
        "and c.relkind = 'r' and c.relname = any(%s) "
        "and not exists (select from pg_trigger as t where t.tgrelid = c.oid and t.tgname = 'without_values')",
        (list(_SAID),),
    )
    for (table,) in cursor.fetchall():
        cursor.execute(_WITHOUT_VALUES)
        cursor.execute(
            f"create trigger without_values before insert or update on elementary.{table} "
            f"for each row execute function elementary.without_values('{_SAID[table]}')"
        )
        cursor.execute(f"update elementary.{table} set {_SAID[table]} = {_SAID[table]} where status like '%error%'")


def _fingerprint(project: Project) -> str:
    """A hash of everything that dbt reads of ours."""
    folder = project.settings.dbt_project
    found = hashlib.sha256()
    for base in (*packages.local(folder).values(), folder / "models", folder / "dbt_tests"):
        for path in sorted(base.rglob("*")):
            if path.suffix in (".sql", ".yml", ".md"):
                found.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def write(project: Project, database: "Connection", folder: Path, as_of: datetime | None) -> Path:
    """Take the gate's verdicts into Elementary's history, and write its report into `folder`; returns the page.

    `as_of` is the clock of dbt's models where it is not now. Raises CouldNotTell when its packages are not there
    (see packages.left_out), or the report cannot be made.
    """
    left_out = packages.left_out(project.settings)
    if left_out:
        raise CouldNotTell(left_out, "Run: c360 deps")
    with dbt(project, as_of) as invoke:
        prepare_tables(project, database, invoke)
        invoke("test", "--select", "tag:gate", "--quiet")  # its findings are what the report is for
    page = folder / "index.html"
    folder.mkdir(parents=True, exist_ok=True)
    _edr(project, page)
    html = page.read_text(encoding="utf-8")
    page.write_text(with_policy(_OUTSIDE.sub("", html), _POLICY), encoding="utf-8")
    return page


def _edr(project: Project, page: Path) -> None:
    """Run `edr report` in a process of its own: it changes folder, environment and log settings."""
    home = project.settings.home / "dbt" / "edr"
    home.mkdir(parents=True, exist_ok=True)
    (home / "config.yml").write_text(_CONFIG)
    linked = packages.link(home / "packages", packages.cached(project.settings))
    env = {name: value for name, value in os.environ.items() if not name.startswith(("DBT_", "EDR_"))}
    env |= libpq_env(project.settings, TRANSFORMER) | {
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
        "DBT_PACKAGES_FOLDER": str(linked),
        "EDR_INTERNAL_TARGET_PATH": str(home / "target"),
    }
    arguments = {
        "config-dir": home, "profiles-dir": project.settings.dbt_project, "target-path": home / "target",
        "file-path": page, "open-browser": "false", "disable-samples": "true", "exclude-elementary-models": "true",
        "days-back": 31,
    }  # fmt: skip
    command = [sys.executable, "-c", _EDR, *(f"--{name}={value}" for name, value in arguments.items())]
    try:
        done = subprocess.run(command, cwd=home, env=env, capture_output=True, timeout=_MADE_WITHIN)
    except subprocess.TimeoutExpired:
        done = None
    if done is None or done.returncode:
        raise CouldNotTell("edr could not make Elementary's report.", f"See {home / 'target' / 'edr.log'}.")
