"""Our anomalies of the history beside Elementary's, on the same series: `python -m integration_tests.bench.anomalies`.

Daily row counts with a weekly rhythm, noise and planted drops and spikes lie as rows in a scratch database. Each of
the last days is judged on the morning after it: by c360.status.anomalies, and by Elementary's volume_anomalies, once
as it comes and once set up for such a series. All times are UTC. Nothing here gates a test: it is few days.
"""

import json
import math
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from c360.console import print_table
from c360.database import connect, server
from c360.dbt import packages
from c360.dbt.build import dbt
from c360.project import Project, open_project
from c360.status.anomalies import Point, Series, every_anomaly

START = date(2026, 1, 5)
DAYS, JUDGED = 77, 14
MOST = 170
WEEK = (1.0, 1.0, 1.0, 1.05, 1.2, 0.5, 0.4)
NOISE = 0.08
FACTORS = (0.0, 0.3, 0.5, 1.8, 2.5, 4.0)
"""What a planted anomaly does to the rows of its day."""
SEEDS = (1, 2, 3)
OURS = "ours"
ELEMENTARY: dict[str, dict[str, Any]] = {
    "elementary": {},
    # Without exclusion the judged day trains too: of n values none is further than (n - 1) / sqrt(n) deviations away,
    # which is less than its 3 before the eleventh week. The period is seven times as long with this seasonality: the
    # eight weeks before the day, as for ours. Days before the first row would train as empty ones.
    "elementary_by_weekday": {
        "seasonality": "day_of_week",
        "exclude_detection_period_from_training": True,
        "training_period": {"period": "day", "count": 9},
    },
}


@dataclass(frozen=True)
class Days:
    """Row counts from START on, one a day, and the days whose count was tampered with."""

    table: str
    counts: tuple[int, ...]
    planted: frozenset[int]


def main() -> None:
    project = open_project()
    if missing := packages.left_out(project.settings):
        print(missing)
        return
    series = [_series(seed) for seed in SEEDS]
    with tempfile.TemporaryDirectory(prefix="c360-bench-") as folder:
        settings = replace(project.settings, root=Path(folder), home=Path(folder) / "home", database_url=None)
        project = replace(project, settings=settings)
        try:
            _load(project, series)
            _write_project(project, series)
            alarms = {OURS: _ours(series)} | _elementary(project, series)
        finally:
            server.stop(settings)
    _print(series, alarms)


def _series(seed: int) -> Days:
    """Two anomalies in the past that the last days are judged by, three in the last days."""
    chance = random.Random(seed)  # noqa: S311
    planted = {*chance.sample(range(28, DAYS - JUDGED), 2), *chance.sample(range(DAYS - JUDGED, DAYS), 3)}
    counts = []
    for day in range(DAYS):
        count = MOST * WEEK[day % 7] * math.exp(chance.gauss(0, NOISE))
        counts.append(round(count * chance.choice(FACTORS) if day in planted else count))
    return Days(f"orders_{seed}", tuple(counts), frozenset(planted))


def _load(project: Project, series: list[Days]) -> None:
    database = connect(project.settings)
    with database.transaction(), database.cursor() as cursor:
        cursor.execute("create schema raw")
        for one in series:
            cursor.execute(f"create table raw.{one.table} (loaded_at timestamp not null)")
            cursor.execute(
                f"insert into raw.{one.table} select %s + (day - 1) * interval '1 day' + n * interval '1 minute' "
                "from unnest(%s) with ordinality counts(rows, day), generate_series(1, rows) n",
                (datetime.combine(START, time()), list(one.counts)),
            )
    database.close()


def _write_project(project: Project, series: list[Days]) -> None:
    """A dbt project of nothing but these tests. JSON is YAML."""
    folder = project.settings.dbt_project
    (folder / "models").mkdir(parents=True)
    profiles = Path(__file__).parents[1] / "profiles.yml"
    (folder / "profiles.yml").write_text(profiles.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "packages.yml").write_text("packages: []\n")
    install_path = "{{ env_var('DBT_PACKAGES_INSTALL_PATH') }}"
    named = {"name": "bench", "version": "1.0.0", "profile": "customer360", "packages-install-path": install_path}
    (folder / "dbt_project.yml").write_text(json.dumps(named))
    common = {"timestamp_column": "loaded_at", "detection_period": {"period": "day", "count": 1}}
    tables = [
        {
            "name": one.table,
            "data_tests": [
                {"elementary.volume_anomalies": {"name": f"{one.table}__{name}", "arguments": common | more}}
                for name, more in ELEMENTARY.items()
            ],
        }
        for one in series
    ]
    source = {"name": "raw", "schema": "raw", "tables": tables}
    (folder / "models" / "raw.yml").write_text(json.dumps({"version": 2, "sources": [source]}))


def _ours(series: list[Days]) -> set[tuple[str, int]]:
    found = set()
    for one in series:
        points = tuple(Point(_morning_after(day), float(count)) for day, count in enumerate(one.counts))
        anomalies = every_anomaly(Series(f"{one.table}.delivered", one.table, "count", points))
        found |= {(one.table, points.index(Point(anomaly.at, anomaly.value))) for anomaly in anomalies}
    return found


def _elementary(project: Project, series: list[Days]) -> dict[str, set[tuple[str, int]]]:
    """The alarms of each way to set it up: `dbt test` once a day. Raises RuntimeError when dbt cannot."""
    found: dict[str, set[tuple[str, int]]] = {name: set() for name in ELEMENTARY}
    for day in range(DAYS - JUDGED, DAYS):
        with dbt(project, _morning_after(day)) as invoke:
            if day == DAYS - JUDGED and not invoke("run", "--select", "package:elementary", "--quiet").success:
                raise RuntimeError("dbt could not make Elementary's tables.")
            results = invoke("test", "--select", "source:raw", "--log-level", "none").result
        nodes = getattr(results, "results", None) or []
        outcomes = {node.node.name: str(node.status) for node in nodes if node.node.resource_type == "test"}
        if len(outcomes) != len(series) * len(ELEMENTARY) or not set(outcomes.values()) <= {"pass", "fail"}:
            raise RuntimeError(f"Elementary's tests could not run: {outcomes}")
        for test, outcome in outcomes.items():
            table, _, name = test.partition("__")
            if outcome == "fail":
                found[name].add((table, day))
    return found


def _morning_after(day: int) -> datetime:
    return datetime.combine(START, time(6), UTC) + timedelta(days=day + 1)


def _judged(series: list[Days]) -> Iterator[tuple[Days, int]]:
    return ((one, day) for one in series for day in range(DAYS - JUDGED, DAYS))


def _print(series: list[Days], alarms: dict[str, set[tuple[str, int]]]) -> None:
    rows = []
    for one, day in _judged(series):
        said = ["alarm" if (one.table, day) in found else "" for found in alarms.values()]
        planted = "planted" if day in one.planted else ""
        rows.append([one.table, f"{START + timedelta(days=day):%a %d %b}", str(one.counts[day]), planted, *said])
    print_table(["series", "day", "rows", "", *alarms], rows)
    planted = {(one.table, day) for one, day in _judged(series) if day in one.planted}
    judged = {(one.table, day) for one, day in _judged(series)}
    rows = []
    for name, found in alarms.items():
        right, said = len(found & planted), len(found & judged)
        rows.append([name, f"{right / said:.2f}" if said else "no alarm", f"{right / len(planted):.2f}"])
    print_table(["", "precision", "recall"], rows)


if __name__ == "__main__":
    main()
