"""What dbt's results become: by what it measured, whatever the project's severities and thresholds say of it."""

from pathlib import Path
from types import SimpleNamespace as Bag

import pytest

from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.dbt.verdicts import of_models, of_sources, refused, stale
from c360.generate.dbt_sources import thresholds

ROOT = Path(__file__).parents[3]
DAY = 86_400


@pytest.fixture(scope="module")
def catalog():
    return Catalog.of(find_contracts(ROOT / "contracts"))


def node(name, status, clause=None, depends_on=(), version=None, **more):
    config = Bag(meta={"clause": clause} if clause else {})
    about = Bag(
        name=name,
        version=version,
        unique_id=f"{name}.v{version}" if version else name,
        config=config,
        depends_on=Bag(nodes=list(depends_on)),
    )
    return Bag(node=about, status=status, message=None, **more)


def answer(*nodes):
    return Bag(result=Bag(results=list(nodes)))


def told(findings):
    return {f.clause.id: (f.outcome, f.detail) for f in findings}


@pytest.mark.parametrize(
    ("age", "status", "outcome", "detail"),
    [
        (0.5 * DAY, "pass", "passed", None),
        (0.8 * DAY, "warn", "passed", "past 75% of its limit"),
        (1.0 * DAY, "warn", "passed", "past 75% of its limit"),
        (1.01 * DAY, "error", "failed", None),
        (1.01 * DAY, "warn", "failed", None),  # a project's own threshold
        (None, "runtime error", "errored", "dbt could not measure it"),
    ],
)
def test_freshness_is_judged_by_age_and_dbts_warning_is_no_breach(catalog, age, status, outcome, detail):
    clause = "contacts.freshness"
    measured = {} if age is None else {"age": age}
    (found,) = of_sources(catalog, answer(node("contacts", status, clause, **measured)))
    assert (found.clause.id, found.outcome, found.measured, found.detail) == (clause, outcome, age, detail)


def test_a_promise_that_is_a_warning_is_never_a_failure(catalog):
    from dataclasses import replace

    clause = next(c for _, d in catalog.pairs() for c in d.clauses if c.id == "contacts.freshness")
    soft = Bag(pairs=lambda: [(None, Bag(clauses=[replace(clause, severity="warning")]))])
    (found,) = of_sources(soft, answer(node("contacts", "warn", clause.id, age=2.0 * DAY)))
    assert found.outcome == "warned"


def test_stale_are_clauses_and_sources_that_no_clause_is_about(catalog):
    fresh = answer(node("contacts", "error", "contacts.freshness", age=9.0 * DAY), node("other", "error", age=1.0))
    assert stale(fresh, of_sources(catalog, fresh)) == ["contacts.freshness", "other"]


@pytest.mark.parametrize("seconds", [1, 59, 60, 90, 3_599, 5_400, 86_400])
def test_dbt_by_itself_never_errs_before_the_promise_has_run_out(catalog, seconds):
    from dataclasses import replace

    clause = next(c for _, d in catalog.pairs() for c in d.clauses if c.id == "contacts.freshness")
    limit = thresholds(replace(clause, argument=seconds))["error_after"]
    size = {"minute": 60, "hour": 3_600, "day": DAY}[limit["period"]]
    assert seconds <= limit["count"] * size < seconds + 60


def test_any_violation_breaks_the_clause_whatever_severity_and_thresholds_dbt_was_given(catalog):
    found = told(
        of_models(
            catalog,
            answer(
                node("a", "warn", "customers.age.minimum", failures=3),  # severity: warn, by the project
                node("b", "pass", "customers.total_expense.required", failures=2),  # error_if: ">5"
                node("c", "fail", "customers.id.required", failures=1),
                node("d", "pass", "customers.books_amount.required", failures=0),
                node("e", "error", "customers.beauty_amount.required", failures=None),
                node("f", "warn", "transactions.amount.level", failures=1),
                node("g", "no-op", "customers.movies_and_tv_amount.required", failures=None),
            ),
        )
    )
    assert found == {
        "customers.age.minimum": ("failed", None),
        "customers.total_expense.required": ("failed", None),
        "customers.id.required": ("failed", None),
        "customers.books_amount.required": ("passed", None),
        "customers.beauty_amount.required": ("errored", "dbt could not run the test"),
        "transactions.amount.level": ("warned", None),
        "customers.movies_and_tv_amount.required": ("skipped", "dbt skipped it"),
    }


def test_a_skipped_test_says_because_of_what(catalog):
    found = of_models(
        catalog,
        answer(
            node("contacts_test", "fail", "contacts.mail.pattern", depends_on=["contacts"], failures=1),
            node("base", "skipped", depends_on=["contacts_test"]),
            node("customers", "skipped", depends_on=["base", "unknown"]),
            node("t", "skipped", "customers.age.minimum", depends_on=["customers"], failures=None),
        ),
    )
    assert told(found)["customers.age.minimum"] == ("skipped", "dbt skipped it, because contacts_test failed")


MISMATCH = """This model has an enforced contract that failed.
| column_name | definition_type | contract_type | mismatch_reason |
| ----------- | --------------- | ------------- | --------------- |
| age | TEXT | INTEGER | data type mismatch |
| gender | | TEXT | missing in definition |
| extra | TEXT | | missing in contract |
"""


def test_a_model_that_breaks_its_enforced_contract_breaks_clauses_and_no_value_is_kept(catalog):
    built = node("customers", "error", failures=None, version=2)
    built.message = MISMATCH
    skipped = node("t", "skipped", "customers.books_amount.required", depends_on=["customers.v2"], failures=None)
    found = of_models(catalog, answer(built, skipped))
    why = "dbt refused to build customers.v2"
    assert told(found) == {
        "customers.age.physicalType": ("failed", why),
        "customers.gender.present": ("failed", why),
        "customers.unexpectedColumns": ("failed", why),
        "customers.books_amount.required": ("skipped", "dbt skipped it, because customers.v2 errored"),
    }
    assert refused(found) == {"customers.v2"}
    built.message = (
        'null value in column "books_amount" of relation "x" violates not-null constraint\nDETAIL: (Zaphod, null)'
    )
    found = of_models(catalog, answer(built))
    assert told(found) == {"customers.books_amount.required": ("failed", why)} and "Zaphod" not in str(found)
    older = node("customers", "error", failures=None, version=1)
    older.message = built.message
    found = of_models(catalog, answer(older))
    assert told(found) == {"customers_v1.books_amount.required": ("failed", "dbt refused to build customers.v1")}
    built.message = 'relation "raw.contacts" does not exist'
    assert of_models(catalog, answer(built)) == []
