"""The whole flow with a user who is no superuser, on a server where an administrator ran `c360 access --print`."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from c360 import database as db
from c360.database import access, server

NOW = "2026-03-01T12:00:00Z"


@contextmanager
def as_ada(workplace: Any) -> Iterator[Any]:
    """The command line as Ada, who owns her database and nothing else, on a server of its own."""
    with tempfile.TemporaryDirectory(prefix="c360-") as home:
        embedded = replace(workplace.settings, home=Path(home).resolve(), database_url=None)
        server.start(embedded)
        admin = replace(workplace, settings=embedded)
        admin.sql("create role ada login")
        admin.sql(f"alter database {server.DATABASE} owner to ada")
        url = db.url(embedded).replace("postgres@", "ada@")
        yield replace(admin, settings=replace(embedded, database_url=url))
        server.stop(embedded)


@pytest.fixture(scope="module")
def plain(shared_workplace: Any) -> Iterator[Any]:
    """Ada's command line, after her administrator has run what she printed."""
    with as_ada(shared_workplace) as plain:
        printed = plain.c360("access", "--print")
        assert printed.code == 0
        replace(plain, settings=replace(plain.settings, database_url=None)).sql(printed.out)
        yield plain


@pytest.fixture(scope="module")
def flown(plain: Any, make: Any) -> Any:
    """The whole flow was run as Ada."""
    contacts = [make.contact(n) for n in range(20)] + [make.contact(99, mail="nowhere")]
    assert plain.ingest("contacts", plain.write("contacts.csv", contacts)).code == 0
    transactions = [make.transaction(n, n % 20) for n in range(60)]
    assert plain.ingest("transactions", plain.write("transactions.csv", transactions)).code == 0
    for command in (("build", "--resource-type", "model", "--as-of", NOW), ("verify", "--as-of", NOW),
                    ("status", "--as-of", NOW), ("report",),
                    ("quarantine", "list"), ("quarantine", "replay"), ("history", "prune", "--keep", "1d"),
                    ("alert",), ("access",), ("access", "--check")):  # fmt: skip
        answer = plain.c360(*command)
        assert answer.code == 0, (command, answer.out, answer.err)
    return plain


def test_without_the_roles_every_stage_says_so_in_one_sentence(shared_workplace, make):
    with as_ada(shared_workplace) as stranger:
        contacts = stranger.write("early.csv", [make.contact(1)])
        for command in (("ingest", "contacts", contacts), ("build",), ("verify",), ("status",), ("quarantine", "list"),
                        ("access",)):  # fmt: skip
            answer = stranger.c360(*command)
            assert answer.code == 2, command
            assert "The user ada may neither take on nor make the roles of c360" in answer.err
            assert "c360 access --print" in answer.err and "Traceback" not in answer.err


def test_a_person_is_forgotten_without_a_superuser(plain, make):
    contacts = [make.contact(n) for n in range(500, 520)]
    assert plain.ingest("contacts", plain.write("more.csv", contacts)).code == 0
    done = plain.c360("forget", make.id(500), "--json")
    assert done.code == 0 and done.json["rows"] == {"raw.contacts": 1}, done.err


def test_with_them_every_stage_works(flown):
    owners = dict(
        flown.sql("select schemaname, min(tableowner) from pg_tables where schemaname !~ '^pg_|^inf' group by 1")
    )
    assert owners == {
        "raw": access.LOADER, "governance": access.LOADER, "quarantine": access.LOADER, "erasure": access.LOADER,
        "analytics": access.TRANSFORMER,
    }  # fmt: skip
    assert flown.sql("select usename from pg_user where usesuper") == [("postgres",)]


def test_the_reader_sees_marts_and_nothing_else(flown):
    readable = flown.sql(
        "select format('%I.%I', n.nspname, c.relname) from pg_class as c "
        "join pg_namespace as n on n.oid = c.relnamespace "
        "where c.relkind in ('r', 'v') and n.nspname !~ '^pg_|^information_schema$' "
        f"and has_schema_privilege('{access.READER}', n.oid, 'usage') "
        f"and has_table_privilege('{access.READER}', c.oid, 'select') order by 1"
    )
    marts = (
        "customers",
        "customers_v2",
        "next_best_category",
        "next_best_category_evaluation",
        "transactions_enriched",
    )
    assert readable == [(f"analytics.{mart}",) for mart in marts]


def test_the_commands_for_tools_name_no_superuser(plain):
    env = plain.c360("db", "env")
    assert env.code == 0 and re.search(rf"PGOPTIONS='-c role={access.TRANSFORMER}'", env.out), env.out
