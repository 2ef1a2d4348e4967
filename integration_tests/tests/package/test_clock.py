"""Freshness and time zones: the clock of a run decides, and nothing from the future."""

import pytest

MACRO_TESTS = "test_type:singular,package:customer360_integration_tests"


@pytest.mark.parametrize("zone", ["Australia/Sydney", "America/Los_Angeles", "Pacific/Chatham"])
def test_macros_hold_in_a_session_of_any_time_zone(raw, dbt, zone):
    outcomes = dbt.outcomes("test", "--select", MACRO_TESTS, PGOPTIONS=f"-c timezone={zone}")
    assert set(outcomes.values()) == {"pass"}
    assert len(outcomes) == 3


@pytest.mark.parametrize(
    ("as_of", "loaded", "status"),
    [
        ("2026-03-01T12:00:00Z", "2026-03-01 10:00:00", "pass"),
        ("2026-03-02T09:59:00Z", "2026-03-01 10:00:00", "warn"),
        ("2026-03-02T10:01:00Z", "2026-03-01 10:00:00", "error"),
        ("2026-03-02T20:01:00+10:00", "2026-03-01 10:00:00", "error"),
        ("2026-02-28T00:00:00Z", "2026-03-01 10:00:00", "error"),
    ],
)
def test_freshness_follows_the_clock_and_not_the_future(raw, dbt, as_of, loaded, status):
    outcomes = dbt.outcomes("source", "freshness", "--select", *dbt.SOURCES, as_of=as_of)
    assert outcomes == {"contacts": status, "transactions": status}


def test_the_variable_of_the_package_is_the_clock_too(raw, dbt):
    clock = {"as_of": "2026-03-02T20:01:00+10:00"}
    outcomes = dbt.outcomes("source", "freshness", "--select", *dbt.SOURCES, variables=clock)
    assert outcomes == {"contacts": "error", "transactions": "error"}, "though the environment says otherwise"


def test_one_timestamp_in_the_future_hides_no_stale_load(raw, make, dbt):
    dbt.insert("transactions", make.transaction(9, 1, _loaded_at_utc="2099-01-01 00:00:00"))
    assert (
        dbt.outcomes("source", "freshness", "--select", *dbt.SOURCES, as_of="2026-03-05T00:00:00Z")["transactions"]
        == "error"
    )
