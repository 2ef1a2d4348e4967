"""Anomalies: what was planted into synthetic series is found, and little else; nothing on the first runs."""

import math
import random
from datetime import UTC, datetime, timedelta

import pytest

from c360.status.anomalies import SAME_DAY, WARM_UP, Point, Series, every_anomaly, last_anomaly

START = datetime(2026, 1, 5, 6, tzinfo=UTC)
WEEK = (1.0, 1.0, 1.0, 1.05, 1.2, 0.5, 0.4)
WARM_WEEKS = 4


def daily(values, kind="count", name="orders.delivered", **more):
    points = tuple(Point(START + timedelta(days=n), float(value)) for n, value in enumerate(values))
    return Series(name, "orders", kind, points, **more)


def days(anomalies):
    return {(anomaly.at - START).days for anomaly in anomalies}


def volumes(seed, noise, growth):
    """Half a year of deliveries with a weekly rhythm, growth a week, and planted anomalies after four weeks."""
    chance, planted, values = random.Random(seed), set(), []
    for day in range(180):
        value = 10_000 * WEEK[day % 7] * math.exp(growth * day / 7 + chance.gauss(0, noise))
        if day >= 7 * WARM_WEEKS and chance.random() < 0.04:
            planted.add(day)
            value *= chance.choice([0.0, 0.3, 0.5, 1.8, 2.5, 4.0])
        values.append(round(value))
    return daily(values), planted


def shares(seed):
    """Half a year of quarantine ratios around half a percent, with planted bad days."""
    chance, planted, values = random.Random(seed), set(), []
    for day in range(180):
        value = max(chance.gauss(0.005, 0.002), 0)
        if day >= 7 * WARM_WEEKS and chance.random() < 0.04:
            planted.add(day)
            value += chance.uniform(0.03, 0.2)
        values.append(value)
    return daily(values, "share", "orders.quarantined", one_sided=True), planted


SCENARIOS = {
    "steady": (lambda seed: volumes(seed, 0.02, 0.0), 0.95, 0.95),
    "noisy": (lambda seed: volumes(seed, 0.08, 0.0), 0.95, 0.95),
    "growing 1 % a week": (lambda seed: volumes(seed, 0.08, 0.01), 0.93, 0.9),
    "very noisy": (lambda seed: volumes(seed, 0.15, 0.0), 0.9, 0.65),
    "quarantine ratio": (shares, 0.95, 0.95),
}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_precision_and_recall(scenario):
    make, least_precision, least_recall = SCENARIOS[scenario]
    hits = false = missed = 0
    for seed in range(8):
        series, planted = make(seed)
        found = days(every_anomaly(series))
        hits, false, missed = hits + len(found & planted), false + len(found - planted), missed + len(planted - found)
    precision, recall = hits / (hits + false), hits / (hits + missed)
    print(f"{scenario}: precision {precision:.2f}, recall {recall:.2f} ({hits} found, {false} false, {missed} missed)")
    assert precision >= least_precision
    assert recall >= least_recall


def test_no_alarm_on_the_first_runs():
    """Warm-up: whatever comes, nothing is judged before three weeks of daily runs."""
    chance = random.Random(1)
    wild = daily([chance.choice([0, 10, 100_000]) for _ in range(7 * SAME_DAY)])
    assert every_anomaly(wild) == []
    assert last_anomaly(daily([])) is None
    assert last_anomaly(daily([5])) is None
    steady = [1_000] * (7 * SAME_DAY)
    assert last_anomaly(daily([*steady, 0])), "and then it is"
    assert last_anomaly(daily([*steady[: WARM_UP - 1], 0])) is None


def test_the_weekend_is_no_anomaly_and_a_weekday_like_it_is():
    week = [1_000, 1_010, 990, 1_005, 1_000, 300, 200]
    assert every_anomaly(daily(week * 8)) == []
    (found,) = every_anomaly(daily([*week * 8, 300]))
    assert found.value == 300 and found.expected == pytest.approx(1_000, rel=0.01)
    assert found.low < 1_000 < found.high and found.score < 0


def test_an_anomaly_does_not_become_the_rule():
    week = [1_000] * 7
    assert days(every_anomaly(daily([*week * 5, 0, *week * 3]))) == {35}


def test_fewer_rows_in_quarantine_are_no_alarm():
    assert every_anomaly(daily([0.05] * 40 + [0.0], "share", one_sided=True)) == []
    assert days(every_anomaly(daily([0.05] * 40 + [0.15], "share", one_sided=True))) == {40}


def test_the_noise_of_counting_is_no_alarm():
    assert every_anomaly(daily([0] * 40 + [3])) == []
    assert every_anomaly(daily([10] * 40 + [14])) == []


def test_negative_values_are_compared_as_they_are():
    chance = random.Random(2)
    calm = [chance.gauss(-5, 1) for _ in range(60)]
    assert days(every_anomaly(daily([*calm, -40.0], "measure"))) >= {60}


def test_a_table_that_only_grows_is_no_alarm():
    chance, total, values = random.Random(3), 0, []
    for day in range(120):
        total += int(5_000 * WEEK[day % 7] * chance.gauss(1, 0.1))
        values.append(total)
    assert every_anomaly(daily(values, "measure")) == []
