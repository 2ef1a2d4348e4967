"""`c360 fake`: the files it writes, what a seed and --now fix, and how it refuses."""

import csv
import datetime as dt
import json
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from c360.commands.fake import fake
from c360.errors import CouldNotTell

NOW = "2026-03-01T12:00:00Z"
COLUMNS = {
    "contacts": ["id", "username", "name", "gender", "address", "mail", "birthdate", "_loaded_at_utc"],
    "transactions": [
        "id",
        "contact_id",
        "transaction_date",
        "amount",
        "item_count",
        "category",
        "_loaded_at_utc",
    ],
}


def run(out, *arguments):
    return CliRunner().invoke(fake, ["--out", str(out), *map(str, arguments)])


def written(out, *arguments):
    """The bytes of each file of a run, by name."""
    result = run(out, *arguments)
    assert result.exit_code == 0, result.output
    return {path.name: path.read_bytes() for path in out.iterdir()}


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    out = tmp_path_factory.mktemp("clean")
    written(out, "--customers", 200, "--transactions", 1500, "--now", NOW)
    return out


SMALL = ("--customers", 30, "--transactions", 100)
WITH_DEFECTS = ("--customers", 300, "--transactions", 1000, "--defects")


@pytest.mark.parametrize("size", [SMALL, WITH_DEFECTS], ids=["clean", "defects"])
def test_same_seed_same_bytes_and_another_seed_others(tmp_path, size):
    first = written(tmp_path / "a", *size, "--now", NOW, "--seed", 3)
    again = written(tmp_path / "b", *size, "--now", NOW, "--seed", 3)
    other = written(tmp_path / "c", *size, "--now", NOW, "--seed", 4)
    assert first == again
    assert first.keys() == other.keys()
    assert all(first[name] != other[name] for name in first)


def test_only_the_load_time_follows_now(tmp_path):
    run(tmp_path / "a", *SMALL, "--now", "2026-03-01T22:00:00.5+10:00")
    run(tmp_path / "b", *SMALL, "--now", "2026-09-09 09:09:09")
    run(tmp_path / "c", *SMALL)
    for name in ("contacts.csv", "transactions.csv"):
        loads, rest = zip(
            *(
                (
                    {row.pop("_loaded_at_utc") for row in delivered},
                    delivered,
                )
                for delivered in (rows(tmp_path / run_ / name) for run_ in "abc")
            ),
            strict=True,
        )
        assert rest[0] == rest[1] == rest[2]
        assert loads[0] == {"2026-03-01 12:00:00.500000"}
        assert loads[1] == {"2026-09-09 09:09:09.000000"}
        (clock,) = loads[2]
        utc_now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
        assert abs(utc_now - dt.datetime.fromisoformat(clock)) < dt.timedelta(minutes=5)


def test_nobody_buys_after_an_early_now(tmp_path):
    run(tmp_path, *SMALL, "--now", "2023-05-09T12:00:00Z")
    dates = [row["transaction_date"] for row in rows(tmp_path / "transactions.csv")]
    assert "2021-05-09" < min(dates) < max(dates) < "2023-05-09"


def test_counts_columns_and_references(clean):
    contacts, purchases = rows(clean / "contacts.csv"), rows(clean / "transactions.csv")
    assert (len(contacts), len(purchases)) == (200, 1500)
    assert list(contacts[0]) == COLUMNS["contacts"]
    assert list(purchases[0]) == COLUMNS["transactions"]
    assert not (clean / "truth.json").exists()
    assert len({row["id"] for row in contacts}) == len({row["username"] for row in contacts}) == 200
    assert {row["contact_id"] for row in purchases} < {row["id"] for row in contacts}
    assert all(re.search(r"@example\.(com|net|org)$", row["mail"]) for row in contacts)


def test_csv_quotes_only_where_it_must_and_a_null_is_an_empty_field(clean):
    header, *lines = (clean / "transactions.csv").read_text().splitlines()
    assert header == ",".join(COLUMNS["transactions"])
    assert sum('"' in line for line in lines) == sum("," in row["category"] for row in typed(clean))
    contacts = (clean / "contacts.csv").read_text()
    assert '""' not in contacts
    assert re.search(r'^[^,"]+,[^,"]+,[^,"]+,,', contacts, re.MULTILINE), "some gender is unknown"


def typed(out, name="transactions"):
    return pq.read_table(out / f"{name}.parquet").to_pylist()


def test_parquet_has_types_and_says_the_same_as_csv(clean):
    text, decimal, moment = pa.string(), pa.decimal128(12, 2), pa.timestamp("us")
    contacts = pq.read_schema(clean / "contacts.parquet")
    transactions = pq.read_schema(clean / "transactions.parquet")
    assert contacts.types == [text] * 6 + [pa.date32(), moment]
    assert transactions.types == [text, text, text, decimal, pa.int32(), text, moment]
    for name in COLUMNS:
        for shown, kept in zip(rows(clean / f"{name}.csv"), typed(clean, name), strict=True):
            kept["_loaded_at_utc"] = kept["_loaded_at_utc"].isoformat(sep=" ", timespec="microseconds")
            assert shown == {key: "" if value is None else str(value) for key, value in kept.items()}


@pytest.mark.parametrize(("format_", "suffixes"), [("csv", {".csv"}), ("parquet", {".parquet"})])
def test_format(tmp_path, format_, suffixes):
    files = written(tmp_path, *SMALL, "--format", format_)
    assert set(files) == {f"{name}{suffix}" for name in COLUMNS for suffix in suffixes}


def test_defects_make_parquet_text_and_a_later_clean_run_takes_the_truth_away(tmp_path):
    assert "truth.json" in written(tmp_path, *WITH_DEFECTS, "--now", NOW)
    assert set(pq.read_schema(tmp_path / "transactions.parquet").types) == {pa.string()}
    for name in COLUMNS:
        kept = [{key: value or "" for key, value in row.items()} for row in typed(tmp_path, name)]
        assert kept == rows(tmp_path / f"{name}.csv")
    assert "truth.json" not in written(tmp_path, *SMALL)


@pytest.mark.parametrize("size", [(1, 0), (1, 5), (9, 1), (50, 3)])
def test_small_sizes(tmp_path, size):
    assert run(tmp_path, "--customers", size[0], "--transactions", size[1]).exit_code == 0
    assert (len(rows(tmp_path / "contacts.csv")), len(rows(tmp_path / "transactions.csv"))) == size


def test_help_has_examples_that_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = CliRunner().invoke(fake, ["--help"]).output
    examples = re.findall(r"^ +c360 fake (.*)$", text, re.MULTILINE)
    assert len(examples) == 3
    for example in examples:
        assert CliRunner().invoke(fake, example.split()).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--customers", "0"], "Invalid value for '--customers': 0 is not in the range x>=1."),
        (["--transactions", "many"], "Invalid value for '--transactions': 'many' is not a valid integer"),
        (["--seed", "-1"], "Invalid value for '--seed': -1 is not in the range x>=0."),
        (["--format", "xml"], "Invalid value for '--format': 'xml' is not one of 'csv', 'parquet', 'both'."),
        (
            ["--now", "yesterday"],
            "Invalid value for '--now': 'yesterday' is not an ISO 8601 time such as 2026-03-01T12:00:00Z.",
        ),
        (["--now", "0001-01-01T00:00:00+10:00"], "is not an ISO 8601 time such as 2026-03-01T12:00:00Z."),
        (["--now", "1999-12-31"], "Invalid value for '--now': '1999-12-31' is before 2000-01-01."),
        (
            ["--defects", "--customers", "299"],
            "--defects needs at least --customers 300 and --transactions 1000 to hold every kind of defect",
        ),
    ],
)
def test_a_bad_argument_is_one_sentence_and_exit_code_2(tmp_path, arguments, sentence):
    result = run(tmp_path / "out", *arguments)
    assert result.exit_code == 2
    assert sentence in result.output.splitlines()[-1]
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    result = run(tmp_path / "file" / "out")
    assert isinstance(result.exception, CouldNotTell)
    assert str(result.exception) == (
        f"Cannot write to {tmp_path / 'file' / 'out'}: Not a directory. Name another folder with --out DIR."
    )


def test_nothing_half_written_stays(tmp_path, monkeypatch):
    def full(table, path):
        path.write_bytes(b"PAR1")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "write_table", full)
    result = run(tmp_path, *SMALL, "--format", "parquet")
    assert "No space left on device" in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_output_counts_and_names_nobody(tmp_path):
    result = run(tmp_path, *WITH_DEFECTS)
    truth = json.loads((tmp_path / "truth.json").read_text())
    assert result.output.splitlines() == [
        *(
            f"{name}: {account['rows']:,} rows, of which {len(account['quarantined']):,} to be quarantined"
            for name, account in truth.items()
        ),
        f"Written to {tmp_path}.",
    ]
