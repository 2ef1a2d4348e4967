"""References between files that are imported together, and to what the project knows."""

from pathlib import Path
from typing import Any

import pytest

from c360.draft.relations import refers
from c360.draft.sources import drafts_of
from c360.draft.write import Property

LEVELS = ["public", "internal", "confidential", "pii_indirect", "pii_direct"]
STATIONS = "id,label\n" + "".join(f"{n},x\n" for n in range(40))


def drafted(tmp_path: Path, known: Any = None, **files: str) -> dict[str, dict[str, Property]]:
    paths = {}
    for name, text in files.items():
        path = tmp_path / f"{name}.csv"
        path.write_text(text)
        paths[path] = name
    drafts = drafts_of(paths, LEVELS, known or {})
    return {d.name: {prop.document["name"]: prop for prop in d.tables[0].properties} for d in drafts}


def test_a_column_refers_where_its_name_says_so_and_every_value_is_there(tmp_path: Path) -> None:
    rides = "ride_id,station_id\n" + "".join(f"{n},{n % 40}\n" for n in range(100)) + "100,\n"
    column = drafted(tmp_path, stations=STATIONS, rides=rides)["rides"]["station_id"]
    assert column.document["relationships"] == [{"type": "foreignKey", "to": "stations.id"}]
    assert list(column.document)[-1] == "customProperties"


def test_one_value_that_is_not_there_is_enough(tmp_path: Path) -> None:
    rides = "ride_id,station_id\n" + "".join(f"{n},{n % 41}\n" for n in range(100))
    column = drafted(tmp_path, rides=rides, stations=STATIONS)["rides"]["station_id"]
    assert "relationships" not in column.document
    assert column.evidence[-1] == "Not all of its values are in stations.id, as its name says."


def test_values_alone_say_nothing(tmp_path: Path) -> None:
    rides = "ride_id,length\n" + "".join(f"{n},{n % 40}\n" for n in range(100))
    assert "relationships" not in drafted(tmp_path, rides=rides, stations=STATIONS)["rides"]["length"].document


def test_another_type_is_no_reference(tmp_path: Path) -> None:
    rides = "ride_id,station_id\n" + "".join(f"{n},s{n % 40}\n" for n in range(100))
    column = drafted(tmp_path, rides=rides, stations=STATIONS)["rides"]["station_id"]
    assert "relationships" not in column.document


def test_of_the_project_it_is_only_told(tmp_path: Path) -> None:
    rides = "ride_id,contact_id\n" + "".join(f"{n},{n % 40}\n" for n in range(100))
    column = drafted(tmp_path, {"contacts": frozenset({"id", "name"})}, rides=rides)["rides"]["contact_id"]
    assert "relationships" not in column.document
    assert column.evidence[-1] == "It may refer to contacts.id: that was not tried."


@pytest.mark.parametrize(
    ("column", "table", "key", "expected"),
    [
        ("customer_id", "customers", "id", True),
        ("CustomerID", "customers", "id", True),
        ("city_id", "cities", "id", True),
        ("patient_no", "patients", "patient_no", True),
        ("id", "customers", "id", False),
        ("customer", "customers", "id", False),
        ("order_id", "customers", "id", False),
    ],
)
def test_what_names_say(column: str, table: str, key: str, expected: bool) -> None:
    assert refers(column, table, key) == expected
