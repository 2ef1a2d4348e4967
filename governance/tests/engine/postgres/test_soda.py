"""Soda as the gate calls it: by its own loader, over the scanner, and without a word to anybody."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from c360.database import connect
from c360.engine.postgres.soda import LENT, scan
from c360.errors import CouldNotTell

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CHECKS = """
checks for {table}:
  - row_count > 1:
      name: things.rowCount
  - missing_count(n) = 0:
      name: things.n.required
  - duplicate_count(n):
      warn: when > 0
      name: things.n.unique
"""


@pytest.fixture(scope="module")
def things(database):
    connection = connect(database)
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("create table raw.things (n int); insert into raw.things values (1), (1), (null)")
    connection.close()
    return database


def test_a_verdict_for_each_clause(things):
    verdicts = scan(things, CHECKS.format(table="things"), ("raw",), NOW)
    assert {name: (v.outcome, v.measured) for name, v in verdicts.items()} == {
        "things.rowCount": ("passed", 3),
        "things.n.required": ("failed", 1),
        "things.n.unique": ("warned", 1),
    }
    assert LENT.get(None) is None, "the scanner is taken back"


def test_what_cannot_be_evaluated_takes_along_what_shares_its_query(things):
    checks = CHECKS.format(table="things").replace("missing_count(n)", "missing_count(absent)")
    verdicts = scan(things, checks, ("raw",), NOW)
    assert verdicts["things.n.unique"].outcome == "warned"
    assert {verdicts[name].outcome for name in verdicts.keys() - {"things.n.unique"}} <= {"errored"}


def test_checks_that_are_none(things):
    with pytest.raises(CouldNotTell, match="could not read the generated checks"):
        scan(things, "checks for things: 7\n", ("raw",), NOW)


def test_nothing_is_sent_and_nothing_written_into_the_home(tmp_path: Path):
    program = (
        "import sys\nfrom pathlib import Path\nfrom c360.engine.postgres.soda import no_telemetry\n"
        "no_telemetry(Path(sys.argv[1]))\nimport soda.scan\nfrom soda.telemetry.soda_telemetry import SodaTelemetry\n"
        "print(SodaTelemetry.soda_config.send_anonymous_usage_stats, soda.scan.Scan()._configuration.telemetry is None)"
    )
    home = tmp_path / "home"
    home.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "c360")],
        capture_output=True, text=True, check=True, cwd=home, env=os.environ | {"HOME": str(home)},
    )  # fmt: skip
    assert done.stdout.split()[0] == "False"
    assert list(home.iterdir()) == []


def test_soda_itself_finds_the_data_source_and_it_has_no_connection_of_its_own(things):
    from soda.execution.data_source import DataSource

    source = DataSource.create(None, "gate", "c360", {})
    assert type(source).__module__ == "soda.data_sources.c360_data_source"
    with pytest.raises(LookupError):
        source.connect()
