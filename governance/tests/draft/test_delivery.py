"""Drafts from files, on made-up domains: what is proposed, on which evidence, and never a value of the data."""

import csv
import gzip
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from c360.contract.document import read_document
from c360.draft.delivery import from_delivery
from c360.draft.profile import Profiler
from c360.draft.write import as_yaml
from c360.errors import CouldNotTell

LEVELS = ["public", "internal", "confidential", "pii_indirect", "pii_direct"]
PLACES = ("Aa", "Bb", "Cc", "Dd")


def written(
    path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]], delimiter: str = ",", encoding: str = "utf-8"
) -> Path:
    with path.open("w", newline="", encoding=encoding) as file:
        csv.writer(file, delimiter=delimiter).writerows([header, *rows])
    return path


def draft(path: Path, name: str = "made_up", levels: Sequence[str] = LEVELS) -> tuple[dict[str, Any], str]:
    """The document, and its text."""
    text = as_yaml(from_delivery(path, name, levels)[0])
    return read_document(path, text), text


def columns(path: Path, name: str = "made_up") -> dict[str, dict[str, Any]]:
    document, _ = draft(path, name)
    return {prop["name"]: prop for prop in document["schema"][0]["properties"]}


def types(path: Path) -> dict[str, str]:
    return {name: prop["physicalType"] for name, prop in columns(path).items()}


def test_a_hospital(tmp_path: Path) -> None:
    rows = [
        [f"P{n:05}", f"Jane {n}", f"19{n % 60 + 20:02}-0{n % 9 + 1}-15", PLACES[n % 4], "I10.9", 36 + n % 5 / 10,
         f"+61 400 000 {n:03}"]
        for n in range(100)
    ]  # fmt: skip
    found = columns(
        written(
            tmp_path / "f.csv",
            ["patient_no", "patient_name", "dob", "ward", "diagnosis", "temperature", "contact"],
            rows,
        )
    )
    assert {name: prop["classification"] for name, prop in found.items()} == {
        "patient_no": "confidential", "patient_name": "pii_direct", "dob": "pii_indirect", "ward": "confidential",
        "diagnosis": "pii_indirect", "temperature": "confidential", "contact": "pii_direct",
    }  # fmt: skip
    assert found["patient_no"]["primaryKey"] is True
    assert found["patient_no"]["logicalTypeOptions"] == {"pattern": "^[A-Z][0-9]{5}$"}
    assert found["dob"]["physicalType"] == "date"
    assert "logicalTypeOptions" not in found["dob"], "a bound of a birth date tells of somebody"
    assert not any("enum" in prop for prop in found.values())


def test_sensors_have_a_key_of_two_columns(tmp_path: Path) -> None:
    rows = [
        [f"s{s}", f"2024-01-{d:02}T10:00:00", f"{s + d / 10:.4f}", "C", "ok" if d % 3 else "low battery",
         f"2024-02-{d:02} 00:00:01"]
        for d in range(1, 29) for s in range(5)
    ]  # fmt: skip
    path = written(tmp_path / "f.csv", ["sensor_id", "measured_at", "reading", "unit", "status", "loaded_at"], rows)
    document, text = draft(path, "readings")
    found = columns(path)
    keys = [name for name, prop in found.items() if prop.get("primaryKey")]
    assert keys == ["sensor_id", "measured_at"]
    assert [found[name]["primaryKeyPosition"] for name in keys] == [1, 2]
    assert found["reading"]["physicalType"] == "numeric(12,4)"
    assert found["reading"]["logicalTypeOptions"] == {"minimum": 0, "maximum": 10}
    assert [entry["value"] for entry in found["status"]["enum"]] == ["low battery", "ok"]
    assert "slaProperties" not in document, "an old file would be refused"
    assert "#   element: readings.loaded_at\n" in text


def test_invoices_in_german(tmp_path: Path) -> None:
    rows = [
        [f"{n:06}", f"Kunde {n}", f"{n * 3 + 100},{n % 100:02}", "bezahlt" if n % 2 else "offen",
         f"2024-0{n % 9 + 1}-03", "DE89370400440532013000"]
        for n in range(60)
    ]  # fmt: skip
    header = ["Rechnungsnummer", "Kundenname", "Betrag", "Status", "Fälligkeit", "Kontoverbindung"]
    path = written(tmp_path / "f.csv", header, rows, ";", "windows-1252")
    document, _ = draft(path)
    (custom,) = document["schema"][0]["customProperties"]
    assert custom == {"property": "delivery", "value": {"delimiter": ";", "encoding": "windows-1252", "decimal": ","}}
    found = columns(path)
    assert {name: prop["physicalType"] for name, prop in found.items()} == {
        "Rechnungsnummer": "text", "Kundenname": "text", "Betrag": "numeric(12,2)", "Status": "text", "Fälligkeit": "date",  # noqa: E501
        "Kontoverbindung": "text",
    }  # fmt: skip
    assert found["Rechnungsnummer"]["primaryKey"] is True
    assert found["Kontoverbindung"]["classification"] == "pii_direct", "its values look like an IBAN"


def test_people_at_work(tmp_path: Path) -> None:
    rows = [
        [n, f"a{n}@example.org", "f", 50_000 + n * 7, "2020-01-01", "true", f"{n:08}{'TRWAGMYFPDXBNJZSQVHLCK'[n % 22]}"]
        for n in range(50)
    ]  # fmt: skip
    header = ["employee_id", "correo", "sexe", "Gehalt", "hired_on", "active", "documento"]
    found = columns(written(tmp_path / "f.csv", header, rows), "employees")
    assert {name: prop["classification"] for name, prop in found.items()} == {
        "employee_id": "confidential", "correo": "pii_direct", "sexe": "pii_indirect", "Gehalt": "confidential",
        "hired_on": "confidential", "active": "confidential", "documento": "pii_direct",
    }  # fmt: skip
    assert found["correo"]["logicalTypeOptions"] == {"format": "email"}
    assert found["active"]["physicalType"] == "boolean"
    assert found["Gehalt"]["logicalTypeOptions"] == {"minimum": 0, "maximum": 100_000}


def test_logistics(tmp_path: Path) -> None:
    rows = [
        [f"00000000-0000-4000-8000-{n:012}", ("road", "rail", "sea")[n % 3], -n * 1.5, f"AB-{n:04}-x",
         "2024-05-05" if n % 5 else "", "0815"]
        for n in range(90)
    ]  # fmt: skip
    path = written(tmp_path / "f.csv", ["shipment_id", "type", "delta", "container", "delivered", "post_code"], rows)
    found = columns(path)
    assert found["shipment_id"]["physicalType"] == "uuid" and found["shipment_id"]["primaryKey"] is True
    assert [entry["value"] for entry in found["type"]["enum"]] == ["rail", "road", "sea"]
    assert found["delta"]["logicalTypeOptions"] == {"minimum": -200, "maximum": 1}
    assert found["container"]["logicalTypeOptions"] == {"pattern": "^[A-Z]{2}-[0-9]{4}-[a-z]$"}
    assert "required" not in found["delivered"] and found["delivered"]["logicalTypeOptions"] == {
        "minimum": "2024-04-01"
    }
    assert found["post_code"]["physicalType"] == "text"


def test_what_is_personal_is_no_list_and_has_no_bound(tmp_path: Path) -> None:
    rows = [[("red", "blue")[n % 2], ("F", "M")[n % 2], n % 70 + 18] for n in range(80)]
    found = columns(written(tmp_path / "f.csv", ["team_colour", "gender", "age"], rows))
    assert not any("enum" in prop or "logicalTypeOptions" in prop for prop in found.values())


def test_rare_words_are_no_list(tmp_path: Path) -> None:
    rows = [["open"] if n else ["Secret Client"] for n in range(50)]
    document, text = draft(written(tmp_path / "f.csv", ["status"], rows))
    assert "enum" not in document["schema"][0]["properties"][0]
    assert "2 distinct values: perhaps an enum." in text and "Secret" not in text


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1", "-20", "0"], "integer"),
        (["1", "123456789"], "bigint"),
        (["1", "1234567890123456789012"], "numeric(38,0)"),
        (["007", "123"], "text"),
        (["+49", "12"], "text"),
        (["1.5", "-2"], "numeric(12,2)"),
        (["1e5", "2.5"], "double precision"),
        (["1e5", "NaN"], "double precision"),
        (["1.5", "x"], "text"),
        (["2024-02-29", "2023-01-01"], "date"),
        (["2023-02-29", "2023-01-01"], "text"),
        (["01.02.2023", "02.02.2023"], "text"),
        (["02/03/2023", "02/03/2023"], "text"),
        (["2023-01-01 10:00", "2023-01-01T10:00:00.123456"], "timestamp"),
        (["2023-01-01T10:00:00Z", "2023-01-01T10:00:00+05:30"], "timestamptz"),
        (["2023-01-01T10:00:00Z", "2023-01-01T10:00:00"], "text"),
        (["2023-01-01T24:00:00"], "text"),
        (["10:30", "23:59:59.5"], "time"),
        (["true", "FALSE"], "boolean"),
        (["0", "1"], "integer"),
        (["yes", "no"], "text"),
        (["00000000-0000-4000-8000-00000000000A"], "uuid"),
        (["{00000000-0000-4000-8000-00000000000A}"], "text"),
        (["", ""], "text"),
        (["", "5"], "integer"),
    ],
)
def test_types_are_those_that_every_value_has(tmp_path: Path, values: list[str], expected: str) -> None:
    assert types(written(tmp_path / "f.csv", ["x", "y"], [[value, "y"] for value in values]))["x"] == expected


def test_days_in_another_form_are_told(tmp_path: Path) -> None:
    _, text = draft(written(tmp_path / "f.csv", ["x", "y"], [["31.12.2024", "12/31/2024"]]))
    assert "days as dd.MM.yyyy: name that as dateFormat" in text and "days with slashes" in text


def test_of_too_many_values_nobody_knows_whether_two_are_alike(tmp_path: Path) -> None:
    profiler = Profiler("id", 50)
    for start in (0, 30):
        profiler.add(pa.array([str(n) for n in range(start, start + 30)]))
    assert profiler.profile.distinct is None


def test_two_alike_are_found_far_apart(tmp_path: Path) -> None:
    profiler = Profiler("id")
    for block in (range(100), range(100, 200), range(199, 250)):
        profiler.add(pa.array([str(n) for n in block]))
    assert profiler.profile.distinct is False


UUIDS = [f"a0eebc99-9c0b-4ef8-bb6d-6bb9bd3800{n:02}" for n in range(50)]


def test_two_spellings_of_a_uuid_are_alike(tmp_path: Path) -> None:
    path = written(tmp_path / "f.csv", ["id"], [[one] for one in [*UUIDS, UUIDS[7].upper()]])
    assert "primaryKey" not in columns(path)["id"]
    path = written(tmp_path / "f.csv", ["id"], [[one] for one in [*UUIDS[1:], UUIDS[0].upper()]])
    assert columns(path)["id"]["primaryKey"] is True


def test_what_is_no_uuid_after_all_is_not_known_to_be_distinct() -> None:
    profiler = Profiler("id")
    for block in (UUIDS, [*UUIDS[:1], "x"]):
        profiler.add(pa.array([one.upper() for one in block]))
    assert profiler.profile.distinct is None


@pytest.mark.parametrize("twin", ["2024-01-01 00:00:07Z", "2024-01-01T02:00:07+02:00", "2024-01-01T00:00:07.000Z"])
def test_two_spellings_of_an_instant_are_alike_in_a_key(tmp_path: Path, twin: str) -> None:
    rows = [[f"s{sensor}", f"2024-01-01T00:00:{n:02}Z"] for n in range(40) for sensor in range(3)]
    assert "primaryKey" in columns(written(tmp_path / "f.csv", ["sensor_id", "at"], rows))["at"]
    assert "primaryKey" not in columns(written(tmp_path / "f.csv", ["sensor_id", "at"], [*rows, ["s1", twin]]))["at"]


def test_minus_zero_is_no_whole_number(tmp_path: Path) -> None:
    assert types(written(tmp_path / "f.csv", ["id", "n"], [[0, 1], ["-0", 2]])) == {
        "id": "numeric(12,2)",
        "n": "integer",
    }


def test_what_json_has_no_value_for_is_told(tmp_path: Path) -> None:
    values = [{"a": float(n)} for n in range(9)]
    pq.write_table(pa.table({"id": range(9), "s": values}), tmp_path / "f.parquet")
    assert "such as NaN" not in draft(tmp_path / "f.parquet")[1]
    pq.write_table(pa.table({"id": range(9), "s": [*values[:8], {"a": float("nan")}]}), tmp_path / "f.parquet")
    text = " ".join(draft(tmp_path / "f.parquet")[1].replace("#", "").split())
    assert "some hold what JSON has no value for, such as NaN: their rows would be quarantined" in text


def test_phones_and_postcodes_stay_text(tmp_path: Path) -> None:
    path = written(
        tmp_path / "f.csv", ["telefonnummer", "PLZ", "card_no"], [["4912345", "10115", "4111111111111111"]] * 3
    )
    assert set(types(path).values()) == {"text"}


def test_one_row_and_a_column_of_nothing(tmp_path: Path) -> None:
    document, text = draft(written(tmp_path / "f.csv", ["id", "gone"], [["1", ""]]))
    one, gone = document["schema"][0]["properties"]
    assert "primaryKey" not in one, "one row is no evidence"
    assert gone["physicalType"] == "text" and "required" not in gone
    assert "1 records, 1 empty; no value: its type is not known." in text


def test_only_a_header(tmp_path: Path) -> None:
    document, _ = draft(written(tmp_path / "f.csv", ["a", "b"], []))
    assert [prop["physicalType"] for prop in document["schema"][0]["properties"]] == ["text", "text"]
    assert "quality" not in document["schema"][0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b"\n\n", "it has no header line"),
        (b"PK\x03\x04\x00\x00", "an Excel workbook"),
        (b"a,a\n1,2\n", "its header names 'a' twice"),
        (b"PAR1 no", "it is not a Parquet file"),
    ],
)
def test_no_file_of_data(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "f.csv").write_bytes(content)
    with pytest.raises(CouldNotTell, match=said) as told:
        from_delivery(tmp_path / "f.csv", "x", LEVELS)
    assert told.value.remedy


def test_no_file_at_all(tmp_path: Path) -> None:
    with pytest.raises(CouldNotTell, match="No such file"):
        from_delivery(tmp_path / "none.csv", "x", LEVELS)


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": pa.array(range(40), pa.int64()),
            "when": pa.array([f"2024-01-01 00:00:{n:02}" for n in range(40)], pa.string()),
            "exact": pa.array(["1.50"] * 40).cast(pa.decimal128(10, 3)),
            "about": pa.array([0.1] * 40, pa.float32()),
            "day": pa.array(["2024-01-01"] * 40).cast(pa.date32()),
            "nanos": pa.array([1] * 40, pa.timestamp("ns")),
            "zoned": pa.array([1] * 40, pa.timestamp("us", "Europe/Berlin")),
            "none": pa.nulls(40),
        }
    )
    pq.write_table(table, tmp_path / "f.parquet")
    assert types(tmp_path / "f.parquet") == {
        "id": "bigint", "when": "timestamp", "exact": "numeric(10,3)", "about": "double precision", "day": "date",
        "nanos": "text", "zoned": "timestamptz", "none": "text",
    }  # fmt: skip


def test_sixteen_bytes_are_a_uuid(tmp_path: Path) -> None:
    values = pa.array([bytes([n] * 16) for n in range(9)], pa.binary(16))
    pq.write_table(pa.table({"key": values, "more": values}), tmp_path / "f.parquet")
    assert types(tmp_path / "f.parquet") == {"key": "uuid", "more": "uuid"}


@pytest.mark.parametrize("kind", [pa.binary(), pa.binary(8), pa.duration("s")])
def test_parquet_that_has_no_text_is_told_without_a_contract(tmp_path: Path, kind: Any) -> None:
    pq.write_table(pa.table({"a": [1], "odd": pa.nulls(1, kind)}), tmp_path / "f.parquet")
    with pytest.raises(CouldNotTell, match=r"its column 'odd' is .*, which has no text") as told:
        from_delivery(tmp_path / "f.parquet", "made_up", LEVELS)
    assert "contract" not in str(told.value)


def test_compressed(tmp_path: Path) -> None:
    path = tmp_path / "f.csv.gz"
    path.write_bytes(gzip.compress("größe|n\nä|1\n".encode("cp1252")))
    document, _ = draft(path)
    (custom,) = document["schema"][0]["customProperties"]
    assert custom["value"] == {"delimiter": "|", "encoding": "windows-1252"}


def test_lines_that_are_no_records_are_told(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("a,b\n" + "1,2\n" * 50 + "1,2,3\n")
    _, text = draft(path)
    assert "# 1 of its lines are no records, and would be quarantined.\n" in text


def test_names_that_no_tool_carries_get_an_alias(tmp_path: Path) -> None:
    header = ["", "ctid", 'say "x"', "{{ x }}", "ok"]
    document, _ = draft(written(tmp_path / "f.csv", header, [["1"] * 5]))
    (custom,) = document["schema"][0]["customProperties"]
    assert custom["value"]["aliases"] == {"": "column_1", "ctid": "ctid_2", 'say "x"': "say_x_3", "{{ x }}": "x_4"}


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        (["open", "closed", "secret"], ["open", "secret", "closed"]),
        (["public", "secret"], ["public", "secret", "secret"]),
        (["all"], ["all", "all", "all"]),
    ],
)
def test_levels_of_another_name_are_no_more_open(tmp_path: Path, levels: list[str], expected: list[str]) -> None:
    path = written(tmp_path / "f.csv", ["status", "id", "thing"], [["ok" if n % 2 else "no", n, 2] for n in range(40)])
    document, _ = draft(path, levels=levels)
    properties = document["schema"][0]["properties"]
    assert [prop["classification"] for prop in properties] == expected
    assert ("enum" in properties[0]) == (levels[0] == "public")


def test_no_value_of_the_data_is_in_a_draft(tmp_path: Path) -> None:
    """Of every domain's columns at once: each text, number and day, and no piece of it anywhere in the YAML."""
    chance = random.Random(5)
    rows = [
        [f"{chance.randrange(10**8, 10**9)}", f"Zq{chance.randrange(10**5, 10**6)}", f"{chance.uniform(1e3, 5e3):.3f}",
         f"{chance.randrange(1971, 1999)}-0{chance.randrange(1, 9)}-{chance.randrange(11, 28)}",
         f"w{chance.randrange(3)}@xyz.org", chance.choice(["Kyrgyzstan", "Vanuatu"])]
        for _ in range(200)
    ]  # fmt: skip
    _, text = draft(written(tmp_path / "f.csv", ["reading", "label", "level", "seen", "who", "origin"], rows))
    for value in {str(value) for row in rows for value in row}:
        assert value not in text
