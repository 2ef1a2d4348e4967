"""The shop's deliveries: the files it writes, what a seed and the clock fix, and that purchases refer to customers."""

import csv
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from integration_tests.shop.deliver import deliver

NOW = datetime(2026, 3, 1, 12)
ROOT = Path(__file__).parents[2]


def written(out, *arguments, **options):
    """The bytes of each file of a delivery, by name."""
    deliver(out, *arguments, **options)
    return {path.name: path.read_bytes() for path in out.iterdir()}


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(("size", "defects"), [((30, 100), False), ((300, 1_000), True)])
def test_same_seed_same_bytes_and_another_seed_others(tmp_path, size, defects):
    options = {"form": "both", "defects": defects}
    first = written(tmp_path / "a", *size, NOW, 3, **options)
    assert first == written(tmp_path / "b", *size, NOW, 3, **options)
    other = written(tmp_path / "c", *size, NOW, 4, **options)
    assert first.keys() == other.keys()
    assert all(first[name] != other[name] for name in first)


def test_only_the_load_time_follows_the_clock_and_nobody_buys_after_it(tmp_path):
    found = []
    for folder, now in (("a", NOW), ("b", datetime(2026, 9, 9, 9, 9, 9))):
        deliver(tmp_path / folder, 30, 100, now)
        found.append(rows(tmp_path / folder / "transactions.csv"))
    assert [{row.pop("_loaded_at_utc")[:19] for row in made} for made in found] == [
        {"2026-03-01 12:00:00"}, {"2026-09-09 09:09:09"}]  # fmt: skip
    assert found[0] == found[1]
    deliver(tmp_path, 30, 100, datetime(2023, 5, 9, 12))
    dates = [row["transaction_date"] for row in rows(tmp_path / "transactions.csv")]
    assert "2021-05-09" < min(dates) < max(dates) < "2023-05-09"


def test_purchases_refer_to_customers_and_parquet_says_the_same_as_csv(tmp_path):
    deliver(tmp_path, 200, 1_500, NOW, form="both")
    contacts, purchases = rows(tmp_path / "contacts.csv"), rows(tmp_path / "transactions.csv")
    assert (len(contacts), len(purchases)) == (200, 1_500)
    assert {row["contact_id"] for row in purchases} < {row["id"] for row in contacts}
    assert all(re.search(r"@example\.(com|net|org)$", row["mail"]) for row in contacts)
    table = pq.read_table(tmp_path / "transactions.parquet")
    assert table.schema.field("amount").type == pa.decimal128(12, 2)
    assert [str(amount) for amount in table["amount"].to_pylist()] == [row["amount"] for row in purchases]


def test_the_command_line(tmp_path):
    command = [sys.executable, "-m", "integration_tests.shop", "--customers", "300", "--transactions", "1000"]
    subprocess.run([*command, "--out", tmp_path, "--defects"], cwd=ROOT, check=True)
    assert {path.name for path in tmp_path.iterdir()} == {"contacts.csv", "transactions.csv", "truth.json"}
    with pytest.raises(ValueError, match="need at least"):
        deliver(tmp_path, 299, 1_000, NOW, defects=True)
