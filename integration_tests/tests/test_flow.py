"""The whole flow, and that each stage goes red when what it guards is broken."""

import re

import pytest


@pytest.fixture(scope="module")
def built(shared_workplace):
    """A database that the demo has filled: clean deliveries, built, verified, published."""
    workplace = shared_workplace
    done = workplace.c360("demo", "--rows=2000", "--clean", "--as-of=2026-03-01T12:00:00Z")
    assert done.code == 0, done.out + done.err
    return workplace


AS_OF = "--as-of=2026-03-01T12:00:00Z"


def outcomes(workplace, stage):
    return dict(
        workplace.sql(
            "select distinct on (clause) clause, outcome from governance.history "
            "where stage = %s order by clause, at desc",
            stage,
        )
    )


def test_every_stage_writes_what_it_found(built):
    for stage, clause in (
        ("gate", "transactions.category.enum"),
        ("build", "transactions.category.enum"),
        ("build", "transactions.freshness"),
        ("build", "customers.total_expense.minimum"),
        ("verify", "transactions.contact_id.relationship"),
    ):
        assert outcomes(built, stage)[clause] == "passed", (stage, clause)


def test_status_shows_each_clause_by_stage_and_engine(built):
    done = built.c360("status", "--json")
    assert done.code == 0
    text = done.out
    for engine in ("soda", "dbt", "datacontract", "sql"):
        assert f'"{engine}"' in text


@pytest.mark.parametrize(
    ("breaking", "mending", "clause"),
    [
        (
            "update raw.transactions set category = category || ' ' "
            "where id in (select id from raw.transactions limit 1)",
            "update raw.transactions set category = rtrim(category)",
            "transactions.category.enum",
        ),
        (
            "alter table raw.contacts add column surprise text",
            "alter table raw.contacts drop column surprise",
            "contacts.unexpectedColumns",
        ),
        (
            "alter table analytics.next_best_category_evaluation alter customers type integer",
            "alter table analytics.next_best_category_evaluation alter customers type bigint",
            "next_best_category_evaluation.customers.physicalType",
        ),
    ],
)
def test_verify_goes_red_by_the_right_clause(built, breaking, mending, clause):
    built.sql(breaking)
    try:
        done = built.c360("verify", "--json", AS_OF)
        assert done.code == 1
        red = {found["clause"] for found in done.json if found["outcome"] == "failed"}
        assert red == {clause}
        assert clause in done.err
        assert "Traceback" not in done.err
    finally:
        built.sql(mending)
    assert built.c360("verify", AS_OF).code == 0


def test_build_goes_red_by_the_right_clause(built):
    built.sql("create table public.kept as select * from raw.transactions order by id limit 1")
    built.sql("update raw.transactions set amount = -1 where id = (select id from public.kept)")
    try:
        done = built.c360("build", AS_OF, "--select", "source:*")
        assert done.code == 1, done.err
        assert outcomes(built, "build")["transactions.amount.minimum"] == "failed"
    finally:
        built.sql("update raw.transactions as t set amount = k.amount from public.kept as k where t.id = k.id")
    assert built.c360("build", AS_OF, "--select", "source:*").code == 0


def test_three_quarters_of_a_freshness_promise_are_no_breach(built):
    done = built.c360("build", "--as-of=2026-03-02T09:00:00Z", "--select", "source:*")
    assert done.code == 0, done.err
    assert outcomes(built, "build")["transactions.freshness"] == "passed"
    assert "past 75% of its limit" in done.out
    told = built.c360("status", "--json", "--as-of=2026-03-02T09:00:00Z").json
    entry = next(c for c in told["clauses"] if c["clause"] == "transactions.freshness")
    (stage,) = (s for s in entry["stages"] if s["stage"] == "build")
    assert 0.75 * 86_400 < stage["measured"] < 86_400 and entry["holds"]


def test_stale_sources_end_a_build_before_anything_is_built(built):
    before = built.sql("select max(at) from governance.history where clause = 'customers.age.minimum'")
    done = built.c360("build", "--as-of=2026-03-03T12:00:00Z")
    assert done.code == 1
    assert "contacts.freshness" in done.err
    assert "transactions.freshness" in done.err
    assert built.sql("select max(at) from governance.history where clause = 'customers.age.minimum'") == before
    assert outcomes(built, "build")["transactions.freshness"] == "failed"


def test_a_load_in_the_future_does_not_hide_a_stale_one(built):
    built.sql("update raw.transactions set _loaded_at_utc = '2026-12-01' where id = (select id from public.kept)")
    try:
        done = built.c360("build", "--as-of=2026-03-03T12:00:00Z")
        assert done.code == 1
        assert "transactions.freshness" in done.err
        assert "transactions.freshness" in built.c360("verify", "transactions", "--as-of=2026-03-03T12:00:00Z").err
    finally:
        built.sql(
            "update raw.transactions as t set _loaded_at_utc = k._loaded_at_utc from public.kept as k where t.id = k.id"
        )


def test_nothing_to_verify_is_not_a_breach(built):
    built.sql("alter table analytics.customers rename to customers_away")
    try:
        done = built.c360("verify", "customers", AS_OF)
        assert done.code == 2
        assert "c360 build" in done.err
    finally:
        built.sql("alter table analytics.customers_away rename to customers")


def test_pages_hold_every_contract_and_load_nothing_from_elsewhere(built):
    folder = built.settings.home / "site" / "contracts"
    index = (folder / "index.html").read_text()
    pages = re.findall(r'href="([^":/]+\.html)"', index)
    assert {"contacts-1.0.0.html", "transactions-1.0.0.html", "customers-1.1.0.html", "customers-2.0.0.html"} <= set(
        pages
    )
    for page in [*pages, "index.html"]:
        text = (folder / page).read_text()
        assert not re.search(r"<script[^>]*\bsrc=|<link[^>]*\bhref=[\"']?(https?:)?//|@import|\bimport\b .* from", text)


def test_publishing_over_other_files_is_refused(built, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    done = built.c360("publish", "--out", str(tmp_path))
    assert done.code == 2
    assert (tmp_path / "thesis.txt").read_text() == "mine"
