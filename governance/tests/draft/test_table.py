"""Drafts from tables of a database: what they declare is kept, what their rows hold is proposed, nothing is written."""

import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from c360.clause.dialect import canonical_type
from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.contract.classifications import classifications
from c360.contract.document import read_document
from c360.database import connect
from c360.database.programs import folder
from c360.draft.sources import drafts_of
from c360.draft.table import from_table
from c360.draft.write import as_yaml
from c360.errors import CouldNotTell
from c360.generate import plan
from c360.lint.lint import lint
from c360.settings import Settings

KNOWN = {"wards": frozenset({"id"})}
SETUP = """
create schema clinic;
create table clinic.wards (id integer primary key);
create table clinic."Bed Stays" (
    id bigint primary key,
    ward_id integer not null references clinic.wards (id),
    patient text,
    kind varchar(10) not null,
    since timestamp without time zone,
    exact timestamp(3) with time zone,
    cost numeric(8,2),
    paid boolean,
    label char(3) unique,
    "select" text
);
comment on column clinic."Bed Stays".kind is 'Why they stay.';
comment on table clinic."Bed Stays" is 'One row a stay.';
insert into clinic.wards select generate_series(1, 3);
insert into clinic."Bed Stays" select n, n % 3 + 1, 'Zq' || n, case when n % 2 = 0 then 'acute' else 'planned' end,
    timestamp '2024-01-01' + n * interval '1 hour', now(), n * 1.5, n % 2 = 0, lpad(n::text, 3, 'x'), null
    from generate_series(1, 50) n;
create table clinic.visits (visit_no text, day date, room integer);
insert into clinic.visits select 'V-' || lpad(n::text, 4, '0'), '2024-03-05', n % 4 from generate_series(1, 60) n;
"""


@pytest.fixture(scope="module")
def clinic(database: Settings) -> Settings:
    with closing(connect(database, role=None)) as connection, connection.transaction(), connection.cursor() as cursor:
        cursor.execute(SETUP)
    return database


@pytest.fixture
def connection(clinic: Settings) -> Iterator[Any]:
    with closing(connect(clinic, role=None)) as opened:
        yield opened


def drafted(connection: Any, tmp_path: Path, table: str, name: str) -> tuple[dict[str, Any], str]:
    path = tmp_path / "contracts" / "sources" / name / "0.1.0.odcs.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(as_yaml(from_table(connection, table, name, classifications(), KNOWN)))
    return read_document(path), path.read_text()


def test_what_a_table_declares_is_kept(connection: Any, tmp_path: Path) -> None:
    document, text = drafted(connection, tmp_path, "clinic.Bed Stays", "stays")
    found = {prop["name"]: prop for prop in document["schema"][0]["properties"]}
    assert {name: prop["physicalType"] for name, prop in found.items()} == {
        "id": "bigint", "ward_id": "integer", "patient": "text", "kind": "varchar(10)", "since": "timestamp",
        "exact": "timestamp(3) with time zone", "cost": "numeric(8,2)", "paid": "boolean", "label": "char(3)",
        "select": "text",
    }  # fmt: skip
    assert found["id"]["primaryKey"] and found["label"]["unique"]
    assert [name for name, prop in found.items() if prop.get("required")] == ["id", "ward_id", "kind"]
    assert found["ward_id"]["relationships"] == [{"type": "foreignKey", "to": "wards.id"}]
    assert found["kind"]["description"] == "Why they stay."
    assert document["schema"][0]["description"] == "One row a stay."
    assert "Zq1" not in text and "acute" not in text, "beside a patient, no value is shown"
    assert "# 50 records, none empty; the source declares varchar(10); 2 distinct values: perhaps an enum." in text


def test_a_table_without_a_key_gets_one_proposed(connection: Any, tmp_path: Path) -> None:
    document, _ = drafted(connection, tmp_path, "clinic.visits", "visits")
    keys = [prop["name"] for prop in document["schema"][0]["properties"] if prop.get("primaryKey")]
    assert keys == ["visit_no"]
    assert lint(tmp_path / "contracts", classifications()) == []
    assert plan(Catalog.of(find_contracts(tmp_path / "contracts")))


def test_it_only_reads(connection: Any, tmp_path: Path) -> None:
    import psycopg

    drafted(connection, tmp_path, "clinic.visits", "visits")
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), connection.transaction(), connection.cursor() as cursor:
        cursor.execute("delete from clinic.visits")


@pytest.mark.parametrize("table", ["clinic.none", "nowhere", 'clinic.visits"; drop table clinic.visits; --', "a.b.c"])
def test_no_such_table(connection: Any, table: str) -> None:
    with pytest.raises(CouldNotTell, match="There is no table") as told:
        from_table(connection, table, "x", classifications(), {})
    assert "--table schema.table" in told.value.remedy


def test_what_may_not_be_read_is_said(clinic: Settings) -> None:
    with closing(connect(clinic)) as loader, pytest.raises(CouldNotTell, match="Cannot read") as told:
        from_table(loader, "clinic.visits", "x", classifications(), {})
    assert told.value.exit_code == 2


def test_columns_of_an_empty_table_are_kept(clinic: Settings, connection: Any) -> None:
    with closing(connect(clinic, role=None)) as other, other.transaction(), other.cursor() as cursor:
        cursor.execute("create table clinic.empty (id integer not null, note text)")
    draft = from_table(connection, "clinic.empty", "empty", classifications(), {})
    (table,) = draft.tables
    assert [prop.document["name"] for prop in table.properties] == ["id", "note"]
    assert "primaryKey" not in table.properties[0].document


def test_a_dump_of_its_definition_says_the_same(clinic: Settings, connection: Any, tmp_path: Path) -> None:
    """What pg_dump writes is read as the table itself is, but for what only its rows show."""
    dump = tmp_path / "clinic.sql"
    given = [str(folder() / "pg_dump"), "--schema-only", "--schema=clinic", str(clinic.database_url)]
    dump.write_text(subprocess.run(given, capture_output=True, text=True, check=True).stdout)
    (written,) = drafts_of({dump: ""}, classifications(), KNOWN, ("Bed Stays",))
    read = from_table(connection, "clinic.Bed Stays", "Bed Stays", classifications(), KNOWN)

    def promised(draft: Any) -> dict[str, Any]:
        keys = ("primaryKey", "required", "unique", "relationships", "logicalType")
        return {
            prop.document["name"]: [
                canonical_type(prop.document["physicalType"]),
                *(prop.document.get(key) for key in keys),
                prop.document["description"],
            ]
            for prop in draft.tables[0].properties
        }

    assert promised(written) == promised(read)


def test_a_table_of_no_columns_says_nothing(clinic: Settings, connection: Any) -> None:
    with closing(connect(clinic, role=None)) as other, other.transaction(), other.cursor() as cursor:
        cursor.execute("create table clinic.nothing ()")
    with pytest.raises(CouldNotTell, match="has no columns"):
        from_table(connection, "clinic.nothing", "x", classifications(), {})


def test_a_view_is_read_too(clinic: Settings, connection: Any) -> None:
    with closing(connect(clinic, role=None)) as other, other.transaction(), other.cursor() as cursor:
        cursor.execute("create view clinic.long_visits as select visit_no, room from clinic.visits where room > 1")
    (table,) = from_table(connection, "clinic.long_visits", "long_visits", classifications(), {}).tables
    assert [prop.document["physicalType"] for prop in table.properties] == ["text", "integer"]
