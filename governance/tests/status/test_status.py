"""Status: trend, disagreement, SLA attainment and quarantine, and the JSON that machines read."""

import json
import os
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
from click.testing import CliRunner

from c360.commands.status import status
from c360.console import colour_of
from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.ledger.deliveries import Delivered
from c360.ledger.history import Finding, Run, on_record, record
from c360.ledger.standings import Standing, trend
from c360.printable import age, percent, span
from c360.status.machine import as_dict
from c360.status.overview import clock_of, read_overview
from c360.status.sla import attainment, by_day, holding, holds
from c360.status.state import since, state_of, trend_of

T = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def delivery(hours, age=2, accepted=True):
    """One `hours` after T, whose newest row was `age` hours old."""
    return Delivered(T + hours * HOUR, accepted, T + (hours - age) * HOUR)


# SLA attainment ------------------------------------------------------------------------------------------------


def test_daily_deliveries_hold_every_hour():
    daily = [delivery(24 * n) for n in range(10)]
    assert attainment(daily, 26 * HOUR, T + 216 * HOUR, 7).share == 1.0
    late = attainment(daily, DAY, T + 216 * HOUR, 7)
    assert (late.held, late.hours) == (7 * 22, 168), "two hours of every day are older than promised"


def test_a_gap_is_broken_to_its_end():
    with_gap = [delivery(0), delivery(72)]
    found = attainment(with_gap, DAY, T + 96 * HOUR, 30)
    assert (found.hours, found.held) == (96, 22 + 22)


def test_hours_before_the_first_delivery_are_not_counted_refused_ones_tell_too():
    assert attainment([], DAY, T, 7).share is None
    assert attainment([delivery(0)], DAY, T, 7) == attainment([delivery(0)], DAY, T + HOUR / 2, 7)
    refused_first = [delivery(0, accepted=False), delivery(10)]
    assert (attainment(refused_first, DAY, T + 20 * HOUR, 7).hours, 10) == (20, 10)
    assert attainment(refused_first, DAY, T + 20 * HOUR, 7).held == 10


def test_only_whole_hours_count():
    middle = [Delivered(T + HOUR / 2, True, T)]
    found = attainment(middle, 3 * HOUR, T + 5 * HOUR, 7)
    assert (found.hours, found.held) == (4, 2), "hours 13 to 16; fresh until 15:00"


def test_the_window_leaves_out_what_is_older():
    found = attainment([delivery(-1000), delivery(0, age=0)], DAY, T + 12 * HOUR, 7)
    assert (found.hours, found.held) == (168, 12)


def test_each_day_of_the_calendar_has_its_hours():
    days = by_day([delivery(0), delivery(24)], DAY, T + 72 * HOUR, 5)
    assert [(f"{one.day:%d}", one.hours, one.held) for one in days] == [
        ("09", 0, 0), ("10", 12, 12), ("11", 24, 22), ("12", 24, 10), ("13", 12, 0),
    ], "nothing is known before the first delivery; each is fresh for 22 hours"  # fmt: skip


def test_a_row_from_the_future_is_no_younger_than_now():
    (held,) = holding([Delivered(T, True, T + 100 * DAY)], DAY)
    assert held == (T, T + DAY)


def test_an_older_delivery_after_a_newer_one_changes_nothing():
    assert holding([delivery(0, age=0), delivery(1, age=20)], DAY) == [(T, T + DAY)]


def test_exactly_as_old_as_promised_still_holds():
    assert holds([delivery(0, age=0)], DAY, T + DAY)
    assert not holds([delivery(0, age=0)], DAY, T + DAY + timedelta(microseconds=1))
    assert not holds([delivery(0, age=25)], DAY, T), "stale when it came"


# trend ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ((None, None, None), ("failed", 1, 1), "new"),
        (("passed", 0, 0), ("failed", 5, 5), "worse"),
        (("failed", 5, 5), ("passed", 0, 0), "better"),
        (("failed", 5, 5), ("failed", 9, 9), "worse"),
        (("failed", 5, 5), ("failed", 5, 5), "steady"),
        (("warned", 5, 5), ("warned", 2, 2), "better"),
        (("warned", 5, 5), ("failed", 5, 5), "worse"),
        (("failed", 90_000, None), ("failed", 100_000, None), "steady"),
    ],
)
def test_trend(before, now, expected):
    assert trend(now, before, "orders.amount.minimum") == expected


def test_an_older_newest_row_is_worse():
    assert trend(("failed", 100_000, None), ("failed", 90_000, None), "orders.freshness") == "worse"


# over a database -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def catalog(database):
    return Catalog.of(find_contracts(database.contracts))


def clause(catalog, name):
    return next(c for _, d in catalog.pairs() for c in d.clauses if c.id == name)


def say(db, catalog, name, stage, outcome, engine="dbt", at=T, **more):
    run = Run.start(stage, at)
    with db.transaction():
        record(db, run, [Finding(clause(catalog, name), engine, outcome, **more)])


def deliver(db, dataset, at, accepted=True, age=HOUR, delivered=100, quarantined=0):
    with db.transaction(), db.cursor() as cursor:
        cursor.execute(
            "insert into governance.delivery (sha256, dataset, contract, version, file_name, outcome, delivered, "
            "promoted, quarantined, duplicates, superseded, as_of, newest_load) "
            "values (gen_random_uuid()::text, %s, %s, '1.0.0', 'f', %s, %s, %s, %s, 0, 0, %s, %s) "
            "returning delivery_id",
            (
                dataset, dataset, "accepted" if accepted else "refused", delivered,
                delivered - quarantined if accepted else 0, quarantined, at, (at - age).replace(tzinfo=None),
            ),
        )  # fmt: skip
        return cursor.fetchone()[0]


def disagreeing(db, catalog, at=T + DAY):
    return {d.clause: d.sides for d in read_overview(db, catalog, at).disagreements}


def test_the_gate_judges_the_delivery_and_does_not_disagree_with_the_tables(db, catalog):
    say(db, catalog, "contacts.mail.pattern", "gate", "failed", "soda", rows=3)
    say(db, catalog, "contacts.mail.pattern", "build", "passed")
    say(db, catalog, "contacts.mail.pattern", "verify", "passed", "datacontract")
    assert disagreeing(db, catalog) == {}
    assert read_overview(db, catalog, T).broken() == ["contacts.mail.pattern"]


def test_build_and_verify_on_the_same_data_disagree(db, catalog):
    say(db, catalog, "contacts.mail.pattern", "build", "passed")
    say(db, catalog, "contacts.mail.pattern", "verify", "failed", "datacontract", rows=2)
    assert disagreeing(db, catalog) == {
        "contacts.mail.pattern": (("build (dbt)", "passed"), ("verify (datacontract)", "failed"))
    }


def test_failed_and_warned_say_the_same(db, catalog):
    say(db, catalog, "contacts.mail.pattern", "build", "warned")
    say(db, catalog, "contacts.mail.pattern", "verify", "failed", "datacontract")
    assert disagreeing(db, catalog) == {}


@pytest.mark.parametrize("outcome", ["skipped", "errored"])
def test_who_could_not_tell_does_not_disagree(db, catalog, outcome):
    say(db, catalog, "contacts.mail.pattern", "build", outcome)
    say(db, catalog, "contacts.mail.pattern", "verify", "failed", "datacontract")
    assert disagreeing(db, catalog) == {}


def test_a_delivery_in_between_makes_it_other_data(db, catalog):
    say(db, catalog, "contacts.mail.pattern", "build", "passed")
    deliver(db, "contacts", T)
    say(db, catalog, "contacts.mail.pattern", "verify", "failed", "datacontract")
    assert disagreeing(db, catalog) == {}
    say(db, catalog, "contacts.mail.pattern", "build", "passed", at=T + HOUR)
    assert list(disagreeing(db, catalog)) == ["contacts.mail.pattern"]


def test_a_product_that_was_built_anew_since_is_other_data(db, catalog):
    say(db, catalog, "customers.age.minimum", "verify", "failed", "datacontract")
    say(db, catalog, "customers.age.minimum", "build", "passed", at=T + HOUR)
    assert disagreeing(db, catalog) == {}


def test_freshness_ages_between_two_clocks(db, catalog):
    promise = clause(catalog, "contacts.freshness").argument
    say(db, catalog, "contacts.freshness", "build", "passed", measured=promise - 60.0)
    say(db, catalog, "contacts.freshness", "verify", "failed", "sql", at=T + HOUR, measured=promise + 3540.0)
    assert disagreeing(db, catalog) == {}
    say(db, catalog, "contacts.freshness", "verify", "failed", "sql", at=T + HOUR, measured=promise - 10.0)
    assert list(disagreeing(db, catalog)) == ["contacts.freshness"]


def test_the_word_that_verify_overruled_stays_on_record(db, catalog):
    say(db, catalog, "contacts.mail.pattern", "verify", "failed", "sql", dissent="datacontract: passed")
    assert disagreeing(db, catalog) == {
        "contacts.mail.pattern": (("verify (datacontract)", "passed"), ("verify (sql)", "failed"))
    }


def test_a_clause_that_no_contract_makes_any_more_is_only_counted(db, catalog):
    with db.transaction(), db.cursor() as cursor:
        cursor.execute(
            "insert into governance.history (run_id, as_of, stage, engine, contract, version, dataset, clause, "
            "outcome) values (gen_random_uuid(), %s, 'gate', 'soda', 'c', '1.0.0', 'd', 'd.gone.enum', 'failed')",
            (T,),
        )
    overview = read_overview(db, catalog, T)
    assert (overview.gone, overview.broken(), overview.known()) == (1, [], 0)


def test_quarantine_by_clause_and_age(db, catalog):
    for at, clauses in ((T - HOUR, ["contacts.mail.pattern"]), (T - 3 * DAY, ["contacts.mail.pattern"]),
                        (T - 30 * DAY, ["contacts.mail.pattern", "contacts.name.required"])):  # fmt: skip
        number = deliver(db, "contacts", at, quarantined=1)
        with db.transaction(), db.cursor() as cursor:
            cursor.execute(
                "insert into quarantine.rows (delivery_id, dataset, row_number, clauses, payload) "
                "values (%s, 'contacts', 1, %s, '{}')",
                (number, clauses),
            )
    found = read_overview(db, catalog, T).quarantine
    assert [(q.clause, q.rows, q.under_a_day, q.under_a_week, q.older, q.oldest) for q in found] == [
        ("contacts.mail.pattern", 3, 1, 1, 1, T - 30 * DAY),
        ("contacts.name.required", 1, 0, 0, 1, T - 30 * DAY),
    ]


def test_an_unusual_delivery_is_an_anomaly(db, catalog):
    for day in range(28, 0, -1):
        deliver(db, "contacts", T - day * DAY, delivered=1_000)
    deliver(db, "contacts", T, delivered=100, quarantined=50)
    found = {a.series: a for a in read_overview(db, catalog, T).anomalies}
    assert set(found) == {"contacts.delivered", "contacts.quarantined"}
    assert found["contacts.delivered"].expected == pytest.approx(1_000)
    assert read_overview(db, catalog, T - DAY).anomalies == ()


def test_the_clock_is_now_or_that_of_the_newest_run(db):
    assert abs(clock_of(db, None) - datetime.now(UTC)) < timedelta(minutes=1)
    assert clock_of(db, T) == T
    ahead = datetime.now(UTC) + 9 * DAY
    with on_record(db, Run.start("build", ahead)):
        pass
    assert clock_of(db, None) == ahead


def test_the_json_has_its_documented_shape(db, catalog, database):
    deliver(db, "contacts", T - DAY, age=2 * HOUR)
    deliver(db, "contacts", T, accepted=False)
    with on_record(db, Run.start("gate", T), "contacts") as ending:
        ending.outcome = "failed"
    say(db, catalog, "contacts.mail.pattern", "build", "passed")
    say(db, catalog, "contacts.mail.pattern", "verify", "failed", "datacontract", rows=2)
    told = json.loads(json.dumps(as_dict(read_overview(db, catalog, T), [])))
    documented = (database.root / "docs" / "history.md").read_text(encoding="utf-8")
    names = set()

    def collect(thing):
        for item in thing if isinstance(thing, list) else thing.values() if isinstance(thing, dict) else ():
            collect(item)
        names.update(thing if isinstance(thing, dict) else ())

    collect(told)
    assert not {name for name in names if f"`{name}`" not in documented}, "docs/history.md tells of every name"
    promised = sum(c.scope != "contract" for _, d in catalog.pairs() for c in d.clauses)
    assert told["summary"] == {
        "clauses": 1, "holding": 0, "broken": 1, "stale": 0, "unknown": promised - 1, "disagreements": 1,
        "anomalies": 0,
        "no_longer_promised": 0,
        "erased_30_days": 0,
    }  # fmt: skip
    (entry,) = told["clauses"]
    assert entry["clause"] == "contacts.mail.pattern" and entry["holds"] is False
    assert entry["dimension"] == "conformity"
    dimensions = {d["name"]: d for d in told["dimensions"]}
    assert sum(d["clauses"] for d in told["dimensions"]) == promised and "uniqueness" in dimensions
    assert [d["name"] for d in told["dimensions"] if d["broken"]] == ["conformity"]
    assert [(s["stage"], s["outcome"], s["since"]) for s in entry["stages"]] == [
        ("build", "passed", "2026-03-10T12:00:00Z"),
        ("verify", "failed", "2026-03-10T12:00:00Z"),
    ]
    sla = next(s for s in told["sla"] if s["dataset"] == "contacts")
    assert sla["attainment_7_days"] == {"hours": 24, "held": 22, "share": 22 / 24} and not sla["holds"]
    assert told["runs"][0]["subject"] == "contacts" and told["runs"][0]["outcome"] == "failed"


def test_the_table_shows_disagreements_first_and_then_what_is_broken(db, catalog, database):
    env = {"C360_ROOT": str(database.root), "C360_HOME": str(database.home), "C360_DATABASE_URL": database.database_url}
    with mock.patch.dict(os.environ, env):
        assert "Nothing is on record yet" in CliRunner().invoke(status).output
        say(db, catalog, "contacts.name.required", "gate", "failed", "soda", rows=7)
        say(db, catalog, "contacts.mail.required", "gate", "passed", "soda", rows=0)
        say(db, catalog, "contacts.mail.pattern", "build", "passed")
        say(db, catalog, "contacts.mail.pattern", "verify", "failed", "datacontract", rows=2)
        short = CliRunner().invoke(status, ["--as-of", "2026-03-10T13:00:00Z"]).output
        long = CliRunner().invoke(status, ["--as-of", "2026-03-10T13:00:00Z", "--all"]).output
    assert short.startswith("broken: contacts: 1 clause is broken at verify since 2026-03-10 12:00 UTC (1 hour)")
    assert short.index("\ndisagreement") < short.index("\nclause ")
    assert "contacts.name.required" in short and "failed 7" in short and "contacts.mail.required" not in short
    assert "1 of 3 clauses hold at every stage; 1 disagreement." in short
    assert "contacts.mail.required" in long


# state, since, --fail ---------------------------------------------------------------------------------------------


def standing(outcome, at=0, since=0, stage="build", trend="steady"):
    return Standing("c", stage, "dbt", "c", "1.0.0", "d", outcome, None, None, None, None, "r", T + at * HOUR,
                    T + at * HOUR, T + since * HOUR, trend)  # fmt: skip


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        ([], "unknown"),
        ([standing("skipped")], "unknown"),
        ([standing("passed", -24)], "holds"),
        ([standing("passed", -25)], "stale"),
        ([standing("passed", -25), standing("passed", -1, stage="verify")], "holds"),
        ([standing("passed", -25), standing("skipped", -1, stage="verify")], "stale"),
        ([standing("failed", -99), standing("passed", -1, stage="verify")], "broken"),
        ([standing("warned", -99)], "broken"),
        ([standing("errored", -1), standing("passed", -1, stage="verify")], "broken"),
    ],
)
def test_a_verdict_ages(outcomes, state):
    assert state_of(outcomes, T, DAY) == state


def test_broken_since_it_broke_at_the_first_stage():
    early, late = standing("failed", 0, -9, "gate", "worse"), standing("failed", 0, -2, "verify", "better")
    fine = standing("passed", 0, -50, "build")
    assert since([late, early, fine]) == T - 9 * HOUR and trend_of([late, early, fine]) == "worse"
    assert since([fine, standing("passed", 0, -3, "verify")]) == T - 3 * HOUR
    assert since([]) is None and trend_of([]) == ""


def test_a_skipped_test_is_neither_better_nor_a_recovery(db, catalog):
    assert trend(("skipped", None, None), ("failed", 3, 3), "c") == "steady"
    assert trend(("passed", 0, 0), ("skipped", None, None), "c") == "steady"
    say(db, catalog, "customers.age.minimum", "build", "failed", at=T - HOUR, rows=3)
    say(db, catalog, "customers.age.minimum", "build", "skipped")
    overview = read_overview(db, catalog, T)
    assert overview.recovered() == [] and overview.states["customers.age.minimum"] == "unknown"


def test_a_product_that_nobody_built_for_days_does_not_hold(db, catalog):
    say(db, catalog, "customers.age.minimum", "build", "passed")
    say(db, catalog, "contacts.mail.pattern", "gate", "passed", "soda")
    assert read_overview(db, catalog, T + 2 * DAY).states["customers.age.minimum"] == "holds", (
        "it promises no freshness"
    )
    late = read_overview(db, catalog, T + 2 * DAY + HOUR)
    assert late.states["customers.age.minimum"] == "stale" and late.count("holds") == 0
    assert read_overview(db, catalog, T + DAY).states["contacts.mail.pattern"] == "holds", "it promises one day"
    assert read_overview(db, catalog, T + DAY + HOUR).states["contacts.mail.pattern"] == "stale"
    (customers,) = (u for u in late.unjudged if u.dataset == "customers")
    assert (customers.last, customers.allowed) == (T, 2 * DAY)


@pytest.fixture
def fail(db, catalog, database):
    """Everything that ought to be judged holds, but for what the test says; then the exit code of `status --fail`."""

    def exit_code(*said, at=T, freshly=True):
        deliver(db, "contacts", T)
        deliver(db, "transactions", T)
        clauses = [c for _, d in catalog.pairs() for c in d.clauses if c.scope != "contract"]
        if freshly:
            with db.transaction():
                record(db, Run.start("verify", T), [Finding(c, "sql", "passed") for c in clauses])
        for name, outcome in said:
            say(db, catalog, name, "build", outcome)
        env = {"C360_ROOT": str(database.root), "C360_HOME": str(database.home),
               "C360_DATABASE_URL": database.database_url}  # fmt: skip
        with mock.patch.dict(os.environ, env):
            clock = ["--as-of", at.isoformat()]
            table, machine = (CliRunner().invoke(status, ["--fail", *clock, *more]) for more in ([], ["--json"]))
            without = CliRunner().invoke(status, clock)
        assert without.exit_code == 0 and table.exit_code == machine.exit_code and table.output and machine.output
        return table.exit_code

    return exit_code


def test_status_fails_for_ci(fail):
    assert fail() == 0


def test_status_fails_with_1_for_what_is_broken(fail):
    assert fail(("customers.age.minimum", "failed"), ("customers.gender.present", "errored")) == 1


def test_status_fails_with_1_for_a_promise_that_is_missed(fail):
    assert fail(at=T + DAY + HOUR) == 1


@pytest.mark.parametrize("outcome", ["errored"])
def test_status_fails_with_2_for_what_could_not_be_told(fail, outcome):
    assert fail(("customers.age.minimum", outcome)) == 2


def test_status_fails_with_2_for_what_was_never_judged(fail):
    assert fail(("customers.age.minimum", "passed"), freshly=False) == 2


def test_status_fails_with_2_for_what_is_stale(fail, db):
    deliver(db, "contacts", T + 3 * DAY)
    deliver(db, "transactions", T + 3 * DAY)
    assert fail(at=T + 3 * DAY) == 2


def test_status_does_not_fail_for_a_warning(fail):
    assert fail(("transactions.volume_anomalies", "warned")) == 0


@pytest.mark.parametrize(
    ("row", "colour"),
    [
        (["c", "passed", "failed 3"], "red"), (["failed", "passed"], "red"), (["c", "passed", "warned 2"], "yellow"),
        (["c", "passed (sql)", ""], "green"), (["c", "broken", "passed"], "red"), (["c", "stale", "passed"], "yellow"),
        (["c", "skipped", "passed"], "bright_black"), (["failed.column.required", "3"], None), (["c", "x"], None),
    ],
)  # fmt: skip
def test_the_worst_outcome_of_a_row_gives_its_colour(row, colour):
    assert colour_of(row) == colour


def test_words():
    assert [span(s) for s in (86_400, 172_800, 5_400, 129_600, 45)] == [
        "1 day", "2 days", "90 minutes", "36 hours", "45 seconds",
    ]  # fmt: skip
    assert [age(s) for s in (172_800, 87_000, 90_061, 59.9, 0.4, 176_460)] == [
        "2 days", "1 day 10 minutes", "1 day 1 hour", "59 seconds", "0 seconds", "2 days 1 hour",
    ]  # fmt: skip
    assert percent(None, 0) == "–" and percent(0.5, 10) == "50.0% of 10 h"
