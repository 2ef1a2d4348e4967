"""`c360 fake`: the files it writes, in the form of their contract, and how it refuses."""

import csv
import gzip
import json
import re

import pyarrow.parquet as pq
import pytest
import yaml
from click.testing import CliRunner

from c360.commands.fake import fake
from c360.errors import CouldNotTell

NOW = "2026-03-01T12:00:00Z"
FORM = {"delimiter": ";", "decimal": ",", "thousands": ".", "dateFormat": "dd.MM.yyyy", "nullValues": ["NA"],
        "encoding": "windows-1252", "aliases": {"Kunde": "id"}}  # fmt: skip


@pytest.fixture
def contracts(tmp_path):
    """Customers and their orders, written in one form."""

    def write(**form):
        folder = tmp_path / "contracts"
        folder.mkdir(exist_ok=True)
        base = {"apiVersion": "v3.1.0", "kind": "DataContract", "version": "1.0.0", "status": "active"}
        custom = [{"property": "delivery", "value": form}] if form else []
        key = {"primaryKey": True, "required": True, "logicalType": "integer", "physicalType": "integer"}
        customers = [{"name": "id", **key}, {"name": "born", "logicalType": "date", "physicalType": "date"},
                     {"name": "balance", "logicalType": "number", "physicalType": "numeric(12,2)",
                      "logicalTypeOptions": {"minimum": 1_000, "maximum": 9_000}}]  # fmt: skip
        orders = [{"name": "id", **key}, {"name": "customer", "logicalType": "integer", "physicalType": "integer",
                   "required": True, "relationships": [{"type": "foreignKey", "to": "customers.id"}]}]  # fmt: skip
        for name, properties in (("customers", customers), ("orders", orders)):
            document = base | {
                "id": name,
                "name": name,
                "customProperties": custom,
                "schema": [{"name": name, "properties": properties}],
            }
            (folder / f"{name}.odcs.yaml").write_text(yaml.safe_dump(document))
        return folder

    return write


def run(*arguments):
    return CliRunner().invoke(fake, [*map(str, arguments), "--now", NOW], catch_exceptions=True)


def test_what_is_referred_to_comes_along_and_rows_are_counted_by_dataset(contracts, tmp_path):
    result = run("orders", "--contracts", contracts(), "--out", tmp_path / "out", "--rows", 20, "--rows", "orders=70")
    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == [
        "customers: 20 rows", "orders: 70 rows", "What was named refers to customers, which came along.",
        f"Written to {tmp_path / 'out'}."]  # fmt: skip
    rows = {name: list(csv.DictReader((tmp_path / "out" / f"{name}.csv").open())) for name in ("customers", "orders")}
    assert {row["customer"] for row in rows["orders"]} <= {row["id"] for row in rows["customers"]}
    assert not (tmp_path / "out" / "defects.json").exists()


def test_a_file_is_written_in_the_form_of_its_contract(contracts, tmp_path):
    assert run("customers", "--contracts", contracts(**FORM), "--out", tmp_path / "out", "--rows", 200).exit_code == 0
    header, *lines = (tmp_path / "out/customers.csv").read_text("windows-1252").splitlines()
    assert header == "Kunde;born;balance"
    assert all(re.fullmatch(r"\d+;(NA|\d\d\.\d\d\.\d{4});(NA|\d\.\d{3},\d\d)", line) for line in lines)
    assert any("NA" in line for line in lines)


def test_a_compressed_file_has_the_same_bytes_again(contracts, tmp_path):
    folder = contracts(compression="gzip")
    for out in ("a", "b"):
        assert run("customers", "--contracts", folder, "--out", tmp_path / out).exit_code == 0
    packed = (tmp_path / "a/customers.csv").read_bytes()
    assert packed == (tmp_path / "b/customers.csv").read_bytes()
    assert gzip.decompress(packed).startswith(b"id,born,balance\n")


def test_parquet_has_the_types_of_the_contract(contracts, tmp_path):
    assert run("--contracts", contracts(), "--out", tmp_path / "out", "--format", "parquet").exit_code == 0
    schema = pq.read_schema(tmp_path / "out/customers.parquet")
    assert [str(kind) for kind in schema.types] == ["int32", "date32[day]", "decimal128(12, 2)"]


def test_defects_name_rows_and_whole_deliveries(contracts, tmp_path):
    assert run("--contracts", contracts(), "--out", tmp_path / "out", "--defects").exit_code == 0
    told = json.loads((tmp_path / "out/defects.json").read_text())
    assert list(told) == ["customers", "orders"]
    for name, account in told.items():
        lines = (tmp_path / "out" / account["file"]).read_text().splitlines()
        assert (
            account["rows"] == len(lines) - 1 == sum(account[key] for key in ("promoted", "quarantined", "duplicates"))
        )
        broken = {clause for defect in account["defects"] for clause in defect["clauses"]}
        assert {f"{name}.id.required", f"{name}.id.primaryKey", f"{name}.readable"} <= broken
        assert all((tmp_path / "out" / whole["file"]).exists() for whole in account["whole"])
    assert "orders.customer.relationship" in {c for d in told["orders"]["defects"] for c in d["clauses"]}
    run("--contracts", contracts(), "--out", tmp_path / "out")
    assert not (tmp_path / "out/defects.json").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nobody"], "No contract describes a source 'nobody'. There are: customers, orders."),
        (["customers", "--rows", "orders=3"], "No rows are made of 'orders'. There are: customers."),
        (
            ["--rows", "20", "--defects"],
            "20 rows of customers are too few to hold its defects. Make more of them: --rows",
        ),
        (["--now", "yesterday"], "'yesterday' is no ISO 8601 time."),
    ],
)
def test_what_cannot_be_is_one_sentence_and_the_next_command(contracts, tmp_path, arguments, sentence):
    result = CliRunner().invoke(fake, [*arguments, "--contracts", str(contracts()), "--out", str(tmp_path / "out")])
    assert isinstance(result.exception, CouldNotTell) and sentence in str(result.exception)


def test_a_folder_that_cannot_be_made_and_a_number_that_is_none(contracts, tmp_path):
    (tmp_path / "file").touch()
    result = run("--contracts", contracts(), "--out", tmp_path / "file" / "out")
    assert str(result.exception).startswith(f"Cannot write to {tmp_path / 'file' / 'out'}: Not a directory.")
    result = run("--rows", "many", "--out", tmp_path)
    assert result.exit_code == 2 and "'many' is no number of rows" in result.output


def test_help_has_examples():
    text = CliRunner().invoke(fake, ["--help"]).output
    assert len(re.findall(r"^ +c360 fake ", text, re.MULTILINE)) == 4
