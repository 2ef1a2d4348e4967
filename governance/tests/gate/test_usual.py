"""Whether a delivery is like those before it: planted series, beside Elementary's score; and what warns of nothing."""

import math
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import mean, stdev

import pytest

from c360.clause.kinds import ANOMALY
from c360.gate.usual import ENOUGH, _compared, _finding, _points, compare
from c360.ledger.deliveries import Earlier
from c360.model import Anomaly, Clause

MONDAY = datetime(2026, 1, 5, 6, tzinfo=UTC)
WEEK = (1.0, 1.0, 1.0, 1.05, 1.2, 0.5, 0.4)
DAYS, SEEDS, ROWS = 90, range(100, 112), 10_000
"""Not the series on which the constants of the comparison were chosen: these had the seeds 0 to 11."""
Series = list[float]


def rows(week=(1.0,) * 7, growth: float = 0.0, noise: float = 0.05) -> Callable[[random.Random, int], float]:
    return lambda chance, day: round(ROWS * week[day % 7] * math.exp(growth * day / 7 + chance.gauss(0, noise)))


def share(usual: float, spread: float) -> Callable[[random.Random, int], float]:
    return lambda chance, day: min(max(chance.gauss(usual, spread), 0.0), 1.0)


def amount(chance: random.Random, day: int) -> float:
    return 40 * math.exp(chance.gauss(0, 0.04))


def gap(chance: random.Random, day: int) -> float:
    return 86_400 + chance.gauss(0, 1_800)


SCENARIOS = {
    # name: (number, the usual, what is planted, the least precision and recall)
    "volume, steady": ("rows", rows(), lambda v, c: v * c.choice([0.0, 0.3, 0.5, 2.0, 3.0]), 0.95, 0.95),
    "volume, weekdays": ("rows", rows(WEEK), lambda v, c: v * c.choice([0.0, 0.3, 0.5, 2.0, 3.0]), 0.65, 0.8),
    "volume, 2 % a week": ("rows", rows(growth=0.02), lambda v, c: v * c.choice([0.0, 0.3, 0.5, 2.0, 3.0]), 0.95, 0.95),
    "null share": ("null_percent", share(0.01, 0.002), lambda v, c: v + c.choice([0.03, 0.1, 0.5]), 0.95, 0.95),
    "category mix": ("share of Books", share(0.2, 0.01), lambda v, c: v + c.choice([-0.15, 0.1, 0.3]), 0.95, 0.95),
    "amount, times 100": ("average", amount, lambda v, c: v * c.choice([0.01, 100.0]), 0.95, 0.95),
    "amount, by a half": ("average", amount, lambda v, c: v * c.choice([0.5, 1.5]), 0.95, 0.95),
    "late": ("seconds", gap, lambda v, c: v + c.choice([0.5, 1, 2]) * 86_400, 0.95, 0.95),
}  # fmt: skip


def planted(name: str, seed: int) -> tuple[Series, set[int]]:
    """A series, and where it was tampered with: 4 % of the days from the fifth on."""
    _, usual, tamper, *_ = SCENARIOS[name]
    chance, where, values = random.Random(f"{name} {seed}"), set(), []
    for day in range(DAYS):
        value = usual(chance, day)
        if day >= ENOUGH and chance.random() < 0.04:
            where.add(day)
            value = tamper(value, chance)
        values.append(value)
    return values, where


def ours(name: str, values: Series) -> set[int]:
    number, found = SCENARIOS[name][0], set()
    for day, value in enumerate(values):
        past = [(n % 7, values[n]) for n in range(max(0, day - 60), day)]
        usual = compare(number, past, day % 7, value, ROWS, 3.0)
        if usual and usual.unusual and (number != "seconds" or usual.score > 0):
            found.add(day)
    return found


def elementary(values: Series, itself: bool) -> set[int]:
    """Elementary's score by its documentation: over 14 days before (at least 7), 3 standard deviations from the mean;
    as it comes, a day trains on `itself`, too."""
    found = set()
    for day, value in enumerate(values):
        training = values[max(0, day - 14) : day + itself]
        if len(training) >= 7 and stdev(training) and abs(value - mean(training)) > 3 * stdev(training):
            found.add(day)
    return found


@pytest.mark.parametrize("name", SCENARIOS)
def test_precision_and_recall(name):
    *_, least_precision, least_recall = SCENARIOS[name]
    told = []
    for judge in (lambda v: ours(name, v), lambda v: elementary(v, True), lambda v: elementary(v, False)):
        hits = alarms = there = 0
        for seed in SEEDS:
            values, where = planted(name, seed)
            found = judge(values)
            hits, alarms, there = hits + len(found & where), alarms + len(found), there + len(where)
        told.append((hits / alarms if alarms else 1.0, hits / there))
    print(f"{name}: " + "; ".join(f"{precision:.2f} {recall:.2f}" for precision, recall in told))
    (precision, recall), (_, itself), (_, excluded) = told
    assert precision >= least_precision and recall >= least_recall
    assert recall > max(itself, excluded)


def judged(values: Series, value: float, name="rows", weekday=0, count=ROWS):
    """After numbers of a Monday, a Tuesday and so on."""
    return compare(name, [(n % 7, one) for n, one in enumerate(values)], weekday, value, count, 3.0)


def test_the_fifth_delivery_is_the_first_to_be_judged():
    assert judged([100.0] * 3, 0.0) is None
    assert judged([10_000.0] * 4, 0.0).unusual


@pytest.mark.parametrize(
    ("steady", "fine", "wrong"), [(1.0, 2.0, 3_000.0), (100.0, 120.0, 1_000.0), (1e6, 1.05e6, 5e6)]
)
def test_one_row_more_is_no_alarm_in_a_steady_series(steady, fine, wrong):
    for length in (4, 10, 60):
        assert not judged([steady] * length, fine).unusual
        assert judged([steady] * length, wrong).unusual


def test_a_share_of_few_rows_is_known_less_well():
    steady = [0.0] * 10
    assert judged(steady, 0.1, "null_percent", count=10_000).unusual
    assert not judged(steady, 0.1, "null_percent", count=20).unusual
    assert judged([0.01] * 10, 1.0, "null_percent", count=20).unusual


def test_a_weekend_is_unusual_once():
    week = [1_000.0, 1_010.0, 990.0, 1_005.0, 1_000.0, 100.0, 90.0]
    alarms = [n for n in range(35) if (found := judged((week * 5)[:n], (week * 5)[n], weekday=n % 7)) and found.unusual]
    assert alarms and max(alarms) < 7
    assert judged(week * 5, 90.0).unusual, "and on a Monday it is unusual"
    assert not judged(week * 5, 90.0, weekday=6).unusual


def test_what_was_unusual_becomes_usual_after_four_in_a_row_and_not_before():
    past = [10_000.0] * 30
    for _ in range(ENOUGH):
        assert judged(past, 2_000.0, weekday=len(past) % 7).unusual
        past.append(2_000.0)
    assert not judged(past, 2_000.0, weekday=len(past) % 7).unusual


def test_negative_and_infinite_reaches_are_compared_as_they_are():
    chance = random.Random(2)
    calm = [chance.gauss(-50, 3) for _ in range(20)]
    assert judged(calm, -500.0, "average").unusual and not judged(calm, -52.0, "average").unusual
    assert judged([1e-9, 1e300, 1e-9, 1e300], 1.0, "average") is not None


def clause(test: str, *watched: str, severity="warning", **arguments) -> Clause:
    return Clause("t.c", "t", "1.0.0", "t", None, ANOMALY, Anomaly(test, arguments, watched), severity)


def day(number: float, delivered=10_000, **numbers: float) -> Earlier:
    at = MONDAY + timedelta(days=number)
    return Earlier(at, at, delivered, {"t.c": numbers})


def found(asked: Clause, past: list[Earlier], here: Earlier):
    compared = [*_compared(asked, past, here)]
    return _finding(asked, compared) if compared else None


def test_it_says_what_came_and_what_is_usual():
    volume = clause("volume_anomalies", "rows")
    past = [day(n) for n in range(5)]
    less = found(volume, past, day(5, 2_000))
    assert (less.outcome, less.measured, less.engine) == ("warned", 2_000, "gate")
    assert less.detail == "2,000 rows; 8,607 to 11,619 are usual"
    assert found(clause("volume_anomalies", "rows", severity="error"), past, day(5, 2_000)).outcome == "failed"
    fine = found(volume, past, day(5, 9_900))
    assert (fine.outcome, fine.detail) == ("passed", None)


@pytest.mark.parametrize(("direction", "outcomes"), [("drop", ["warned", "passed"]), ("spike", ["passed", "warned"])])
def test_a_clause_that_looks_in_one_direction(direction, outcomes):
    asked = clause("volume_anomalies", "rows", anomaly_direction=direction)
    past = [day(n) for n in range(5)]
    assert [found(asked, past, day(5, rows)).outcome for rows in (2_000, 50_000)] == outcomes


def test_sensitivity_widens_what_is_usual():
    past = [day(n) for n in range(5)]
    assert found(clause("volume_anomalies", "rows"), past, day(5, 8_000)).outcome == "warned"
    assert found(clause("volume_anomalies", "rows", anomaly_sensitivity=6), past, day(5, 8_000)).outcome == "passed"


def test_the_worst_number_speaks_for_a_clause():
    mix = clause("dimension_anomalies", "share of Books", "share of Toys")
    past = [day(n, **{"share of Books": 0.4, "share of Toys": 0.6}) for n in range(5)]
    wrong = found(mix, past, day(5, **{"share of Books": 0.2, "share of Toys": 0.8}))
    assert wrong.outcome == "warned" and wrong.detail.startswith(("20.0% are Books; 3", "80.0% are Toys; 5"))
    assert found(mix, past, day(5)) is None, "an empty delivery has no mix"


def test_time_since_the_last_is_that_of_the_newest_rows_and_sooner_is_no_alarm():
    asked = clause("freshness_anomalies", "seconds")
    past = [day(n) for n in range(6)]
    late = found(asked, past, day(8))
    assert late.outcome == "warned"
    assert late.detail.startswith("its newest row is 3 days newer than the one before it; ")
    assert found(asked, past, day(6)).outcome == found(asked, past, day(5.01)).outcome == "passed"
    assert found(asked, past, day(5)) is None, "what is not newer came not later"
    assert [*_points("t.c", "seconds", past)].count(None) == 1
