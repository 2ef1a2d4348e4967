"""A delivery that is unlike those before it, through the command line: warned or refused, as its contract says."""

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VOLUME, LEVEL, MIX = "transactions.volume_anomalies", "transactions.amount.level", "transactions.category_mix"


@pytest.fixture
def strict(tmp_path) -> Path:
    """The same contracts; a volume that is unusual refuses the delivery."""
    folder = tmp_path / "contracts"
    shutil.copytree(ROOT / "contracts", folder)
    path = folder / "sources" / "transactions" / "1.0.0.odcs.yaml"
    before, after = path.read_text().split("      - id: volume_anomalies\n")
    after = after.replace("severity: warning", "severity: error", 1)
    path.write_text(f"{before}      - id: volume_anomalies\n{after}")
    return folder


@pytest.fixture
def deliver(workplace, make):
    """One delivery a day of so many purchases; the number of the day tells its rows from those of others."""
    people = [make.contact(1, _loaded_at_utc="2026-03-01 06:00:00")]
    assert workplace.ingest("contacts", workplace.write("contacts.csv", people), as_of="2026-03-01T08:00:00Z").code == 0

    def on(day: int, rows: int, contracts=None, **changes):
        loaded = f"2026-03-{day:02d} 06:00:00"
        sales = [
            make.transaction(day * 1_000 + n, 1, _loaded_at_utc=loaded, category=("Books", "Beauty")[n % 2], **changes)
            for n in range(rows)
        ]
        path = workplace.write(f"day{day}.csv", sales)
        return workplace.ingest("transactions", path, as_of=f"2026-03-{day:02d}T08:00:00Z", contracts=contracts)

    return on


def on_record(workplace, clause: str) -> list[tuple]:
    return workplace.sql(
        "select outcome, measured, detail from governance.history where clause = %s and engine = 'gate' order by at",
        clause,
    )


def test_the_sixth_delivery_has_fewer_rows(workplace, deliver):
    for day in range(1, 6):
        assert deliver(day, 300 + day).only["unusual"] == {}
    less = deliver(6, 40)
    assert less.code == 0 and less.only["outcome"] == "accepted", "a warning refuses nothing"
    assert less.only["clauses"][VOLUME] == "warned" and less.only["clauses"][MIX] == "passed"
    assert less.only["unusual"] == {VOLUME: less.only["unusual"][VOLUME]}
    assert less.only["unusual"][VOLUME].startswith("40 rows; 197 to ")
    told = on_record(workplace, VOLUME)
    assert [(outcome, measured) for outcome, measured, _ in told] == [("passed", 305), ("warned", 40)]
    assert told[1][2] == less.only["unusual"][VOLUME]
    numbers = dict(workplace.sql("select file_name, numbers from governance.delivery where dataset = 'transactions'"))
    assert numbers["day1.csv"][MIX]["share of Books"] == pytest.approx(151 / 301)
    assert numbers["day1.csv"][LEVEL] == {"average": 12.5, "zero_percent": 0.0}
    assert on_record(workplace, "transactions.schema_changes") == []


def test_a_contract_that_refuses_what_is_unusual(workplace, deliver, strict):
    for day in range(1, 6):
        assert deliver(day, 300, strict).code == 0
    before = workplace.sql("select count(*) from raw.transactions")
    refused = deliver(6, 40, strict)
    assert refused.code == 1 and refused.only["outcome"] == "refused"
    assert f"it breaks {VOLUME}: 40 rows; " in refused.only["reason"]
    assert workplace.sql("select count(*) from raw.transactions") == before
    assert [outcome for outcome, *_ in on_record(workplace, VOLUME)] == ["passed", "failed"]
    assert deliver(7, 40, strict).code == 1, "what was refused is no past"
    assert deliver(8, 310, strict).code == 0


def test_amounts_a_hundredfold_and_a_delivery_that_came_late(workplace, deliver):
    for day in range(1, 6):
        deliver(day, 300)
    told = deliver(9, 300, amount="1250.00").only["unusual"]
    assert set(told) == {LEVEL, "transactions.freshness_anomalies"}
    assert told[LEVEL].startswith("1,250 is the average; ")
    shown = workplace.c360("ingest", "transactions", workplace.folder / "day9.csv", "--as-of", "2026-03-09T09:00:00Z")
    assert "nothing changed" in shown.out


def test_content_that_comes_again_is_one_past(workplace, deliver):
    for day in (1, 2) * 5:  # each is a delivery, for another came in between
        deliver(day, 300)
    assert on_record(workplace, VOLUME) == []


def test_a_person_reads_it(workplace, deliver, make):
    for day in range(1, 6):
        deliver(day, 300)
    few = workplace.write("few.csv", [make.transaction(1, 1, _loaded_at_utc="2026-03-06 06:00:00")])
    shown = workplace.c360("ingest", "transactions", few, "--as-of", "2026-03-06T08:00:00Z")
    assert shown.code == 0 and f"few.csv: {VOLUME} warns: 1 rows; " in shown.out
