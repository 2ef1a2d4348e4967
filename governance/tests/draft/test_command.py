"""The verb `c360 import`: where a draft goes, and that nothing is overwritten."""

from pathlib import Path

import pytest

from c360.cli import main
from c360.commands.import_ import name_after

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
