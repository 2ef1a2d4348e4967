"""The verb `c360 import`: where a draft goes, and that nothing is overwritten."""

from contextlib import closing
from pathlib import Path

import pytest

from c360.cli import main
from c360.commands.import_ import name_after
from c360.database import connect
from c360.settings import Settings

FILE = "id,status\n" + "".join(f"{n},{'open' if n % 2 else 'shut'}\n" for n in range(40))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("C360_ROOT", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "contracts").mkdir()
    (tmp_path / "visits.csv").write_text(FILE)
    return tmp_path


def c360(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return ended.value.code


def test_a_draft_goes_below_the_contracts_and_lints(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert c360("import", "visits.csv") == 0
    path = project / "contracts" / "sources" / "visits" / "0.1.0.odcs.yaml"
    assert "Everything in it is a proposal" in path.read_text()
    assert c360("lint") == 0, capsys.readouterr().out


def test_nothing_is_overwritten(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert c360("import", "visits.csv") == 0
    for again in (["--out", "contracts/sources/visits/0.1.0.odcs.yaml"], []):
        assert c360("import", "visits.csv", *again) == 2
    said = capsys.readouterr().err
    assert "is there already" in said and "--out FILE" in said
    assert "There is a contract 'visits'" in said and "--name NAME" in said
    assert c360("import", "visits.csv", "--name", "other") == 0


def test_a_draft_is_printed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "more.csv").write_text(FILE)
    assert c360("import", "visits.csv", "more.csv", "--out", "-") == 0
    assert capsys.readouterr().out.count("apiVersion: v3.2.0") == 2
    assert not list((project / "contracts").rglob("*.yaml"))


def test_one_name_is_for_one_source(project: Path) -> None:
    assert c360("import", "visits.csv", "more.csv", "--name", "x") == 2


def test_sql_gives_a_contract_a_table(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "s.sql").write_text("create table a (id int primary key); create table b (a_id int references a (id))")
    assert c360("import", "s.sql", "--out", "one.yaml") == 2
    assert c360("import", "s.sql") == 0
    assert [path.parent.name for path in sorted((project / "contracts").rglob("*.yaml"))] == ["a", "b"]
    assert c360("lint") == 0, capsys.readouterr().out


def test_no_draft_is_written_where_one_has_no_place(project: Path) -> None:
    (project / "s.sql").write_text("create table a (id int); create table visits (id int)")
    assert c360("import", "visits.csv") == 0
    assert c360("import", "s.sql") == 2
    assert not (project / "contracts" / "sources" / "a").exists()


def test_a_table_of_the_database(project: Path, database: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("C360_DATABASE_URL", str(database.database_url))
    with closing(connect(database, role=None)) as connection, connection.transaction(), connection.cursor() as cursor:
        cursor.execute("create table public.stays as select n as id from generate_series(1, 40) n")
    assert c360("import", "--table", "public.stays") == 0
    assert "primaryKey: true" in (project / "contracts/sources/stays/0.1.0.odcs.yaml").read_text()


def test_an_upgrade(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "old.odcs.yaml").write_text("apiVersion: v3.0.2\nkind: DataContract\nid: x\nversion: 1.0.0\n")
    assert c360("import", "old.odcs.yaml", "--upgrade", "--out", "new.odcs.yaml") == 0
    assert (project / "new.odcs.yaml").read_text().startswith("apiVersion: v3.2.0\n")
    assert "old.odcs.yaml: apiVersion v3.0.2 is now v3.2.0" in capsys.readouterr().err
    assert c360("import", "old.odcs.yaml", "--upgrade", "--out", "new.odcs.yaml") == 2, "it is there already"


def test_nothing_to_import(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert c360("import") == 2
    assert "--table schema.table" in capsys.readouterr().err


def test_what_is_not_there_is_said(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert c360("import", "none.csv") == 2
    assert "none.csv" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("orders.csv.gz", "orders"),
        ("2024-01 Sales Report.CSV", "sales_report"),
        ("orders_2024_01_31.parquet", "orders"),
        ("Größe.csv", "größe"),
        ("....csv", "imported"),
        ("123.csv", "imported"),
    ],
)
def test_the_name_comes_from_the_file(file: str, expected: str) -> None:
    assert name_after(Path(file)) == expected
