"""`c360 ingest --dry-run` on Postgres: the plan of a delivery, as the delivery then goes; no row is written."""

import pytest

from governance.tests.workplace import an_id, contact

NOW = "2026-03-01T12:00:00Z"


def everything(workplace):
    """Each table of the database with its rows as text, landings included."""
    names = workplace.sql(
        "select format('%I.%I', schemaname, tablename) from pg_tables "
        "where schemaname not in ('pg_catalog', 'information_schema') order by 1"
    )
    return {name: sorted(workplace.sql(f"select t::text from {name} as t")) for (name,) in names}


@pytest.fixture
def first(workplace):
    """A place where contacts were delivered before."""
    assert workplace.ingest("contacts", workplace.write("a.csv", [contact(n) for n in range(6)])).code == 0
    return workplace


def dry(workplace, path, *options):
    return workplace.c360("ingest", "contacts", path, "--as-of", NOW, "--dry-run", *options)


def test_what_would_be_taken(first):
    rows = [contact(n) for n in range(4, 20)]
    rows[3] |= {"name": None}
    path = first.write("b.csv", rows)
    before = everything(first)
    told = dry(first, path, "--json")
    assert told.code == 0 and everything(first) == before
    plan = told.only
    assert (plan["dry_run"], plan["outcome"], plan["delivered"], plan["quarantined"]) == (True, "accepted", 16, 1)
    assert plan["rows_by_clause"] == {"contacts.name.required": 1} and plan["duplicates"] == 2
    assert plan["delivery_id"] is plan["corrected"] is None
    shown = dry(first, path)
    assert "contacts.name.required" in shown.out and shown.out.endswith("A dry run: nothing was written.\n")
    done = first.ingest("contacts", path).only
    own = ("dry_run", "delivery_id", "corrected")
    assert {name: done[name] for name in plan if name not in own} == {n: v for n, v in plan.items() if n not in own}


def test_what_would_be_refused(first):
    rows = [contact(n) | ({"name": None} if n % 2 else {}) for n in range(10)]
    before = everything(first)
    told = dry(first, first.write("b.csv", rows), "--json")
    assert told.code == 1 and "b.csv would be refused: 5 of 10 rows break clauses" in told.err
    assert "Nothing was written; have it corrected before it is delivered." in told.err
    assert told.only["outcome"] == "refused" and everything(first) == before
    lacking = first.write("c.csv", [{"id": an_id(1)}])
    assert dry(first, lacking).code == 1 and everything(first) == before


def test_what_cannot_be_told(first):
    before = everything(first)
    assert dry(first, first.folder / "nothing.csv").code == 2
    assert everything(first) == before


def test_what_was_delivered_before(first):
    before = everything(first)
    told = dry(first, first.folder / "a.csv")
    assert told.code == 0 and "accepted before" in told.out and everything(first) == before
