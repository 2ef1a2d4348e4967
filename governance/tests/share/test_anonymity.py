"""k and l of a file: what is counted, against counting by hand, and that nothing of the file is ever told."""

import csv
import json
from collections import defaultdict
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c360.cli import main
from c360.draft import reading
from c360.errors import CouldNotTell
from c360.share.anonymity import anonymity

HEADER = ("age", "region", "disease", "id")
PATIENTS = """\
age,region,disease,id
30-39,north,flu,a
30-39,north,cancer,b
30-39,north,flu,c
40-49,south,angina,d
40-49,south,angina,e
40-49,south,angina,e
"""


def check(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["privacy", "check", *map(str, arguments)])
    said = capsys.readouterr()
    return ended.value.code, said.out, said.err


def test_k_and_l_of_a_table(patients: Path) -> None:
    found = anonymity(patients, ["age,region"], ["disease"])
    assert (found.records, found.groups, found.k.value, found.sensitive[0].value) == (6, 2, 3, 1)


def test_a_person_with_several_records_is_one(patients: Path) -> None:
    found = anonymity(patients, ["age,region"], ["disease"], "id", k=3)
    assert (found.k.value, found.k.groups_below, found.k.records_below) == (2, 1, 3)


def test_an_id_is_one_however_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("age,id\n30,A-1\n30, a-1 \n30,b\n")
    assert anonymity(path, ["age"], person="id").k.value == 2


def test_records_without_a_person_are_one_person(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("age,id\n30,\n30,\n30,x\n")
    assert anonymity(path, ["age"], person="id").k.value == 2


def test_an_empty_value_is_a_value(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text('age,disease\n,flu\n"",\n30,flu\n30,flu\n')
    found = anonymity(path, ["age"], ["disease"])
    assert (found.groups, found.k.value, found.sensitive[0].value) == (2, 2, 1)
    assert anonymity(path, ["disease"]).k.value == 1


VALUES = st.sampled_from(["", "a", "A", " a", "ä", 'q"', "1,5", "1"])


@given(st.lists(st.tuples(VALUES, VALUES, VALUES, VALUES), min_size=1, max_size=40))
def test_it_counts_as_one_does_by_hand(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]]) -> None:
    path = tmp_path_factory.mktemp("k") / "f.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEADER, *rows])
    groups = defaultdict(list)
    for age, region, disease, person in rows:
        groups[age, region].append((disease, person.strip().lower()))
    persons = {key: len({person for _, person in group}) for key, group in groups.items()}
    kinds = {key: len({disease for disease, _ in group}) for key, group in groups.items()}
    found = anonymity(path, ["age", "region"], ["disease"], "id", k=3, l=2)
    l_of = found.sensitive[0]
    assert (found.records, found.groups, found.not_counted) == (len(rows), len(groups), 0)
    assert (found.k.value, l_of.value) == (min(persons.values()), min(kinds.values()))
    for measure, values, least in ((found.k, persons, 3), (l_of, kinds, 2)):
        below = [key for key, value in values.items() if value < least]
        assert (measure.groups_below, measure.holds) == (len(below), not below)
        assert measure.records_below == sum(len(groups[key]) for key in below)
    assert anonymity(path, ["age", "region"]).k.value == min(len(group) for group in groups.values())


def test_blocks_of_a_large_file_are_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_BLOCK", 1)
    monkeypatch.setattr("c360.delivery.files.CHUNK", 64)
    path = tmp_path / "f.csv"
    path.write_text("age,disease,id\n" + "".join(f"{n % 2},{n % 6},{n % 50}\n" for n in range(400)))
    found = anonymity(path, ["age"], ["disease"], "id")
    assert (found.records, found.groups, found.k.value, found.sensitive[0].value) == (400, 2, 25, 3)


def test_parquet_is_counted_by_its_values(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    table = {
        "born": pa.array([date(1990, 1, 1), None, date(1990, 1, 1), None]),
        "region": pa.array(["n", "n", "n", "n"]).dictionary_encode(),
        "amount": pa.array([1.5, float("nan"), 1.5, float("nan")]),
        "disease": pa.array(["flu", None, "", ""]),
        "tags": pa.array([["never"], ["looked"], ["at"], []]),
    }
    pq.write_table(pa.table(table), path, row_group_size=1)
    found = anonymity(path, ["born,region,amount"], ["disease"])
    assert (found.groups, found.k.value, found.sensitive[0].value) == (2, 2, 2)  # empty is not missing, as it is in CSV
    assert anonymity(path, ["disease"]).groups == 3
    assert anonymity(path, ["tags"]).groups == 4


def test_a_name_may_hold_a_comma_and_blanks(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text('"age, years"; region ;disease\n30;n;flu\n')
    for quasi in (["age, years", "region"], ['"age, years", region']):
        assert anonymity(path, quasi).quasi == ("age, years", "region")


def test_what_is_printed(patients: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = check(capsys, patients, "--quasi", "age,region", "--sensitive", "disease", "--person", "id",
                           "--k", 2, "--l", 2)  # fmt: skip
    assert code == 1
    assert out.splitlines()[:9] == [
        "6 records in 2 groups of equal age, region; persons by id",
        "measure                        is    wanted  groups below  records below",
        "k                              2     2       0             0",
        "l of disease                   1     2       1             3",
        "entropy l of disease           1",
        "c of disease (l=2)             none",
        "t of disease (equal distance)  0.5",
        "alpha of disease               1",
        "beta of disease                1",
    ]
    assert err.splitlines() == [
        "Error: l of disease is 1, not 2.",
        "  → Generalise a quasi-identifier further, or leave small groups out.",
    ]


@pytest.mark.parametrize(
    ("least", "code"), [(["--k", 3], 0), (["--k", 4], 1), (["--l", 1], 0), (["--l", 2], 1), ([], 0)]
)
def test_it_fails_below_what_is_wanted(
    patients: Path, capsys: pytest.CaptureFixture[str], least: list[object], code: int
) -> None:
    found, out, _ = check(
        capsys, patients, "--quasi", "age", "--quasi", "region", "--sensitive", "disease", "--json", *least
    )
    told = json.loads(out)
    assert (found, told["k"], told["l"], told["groups"], told["records"]) == (code, 3, 1, 2, 6)


def test_of_several_sensitive_columns_each_has_an_l(patients: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = check(capsys, patients, "--quasi", "region", "--sensitive", "disease,id", "--json")
    told = json.loads(out)
    assert [(one["name"], one["of"], one["value"]) for one in told["measures"] if one["name"] in "kl"] == [
        ("k", "records", 3), ("l", "disease", 1), ("l", "id", 2),
    ]  # fmt: skip
    assert told["l"] == 1


def test_lines_that_are_no_records_are_told_and_hold_nothing(
    patients: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    patients.write_text(PATIENTS + "90-99,west\n")
    code, out, _ = check(capsys, patients, "--quasi", "age,region")
    assert code == 0
    assert "1 lines are no records, and were not counted." in out
    code, _, err = check(capsys, patients, "--quasi", "age,region", "--k", 3)
    assert code == 2
    assert "1 lines of" in err and "could be a group of their own" in err
    assert check(capsys, patients, "--quasi", "age,region", "--k", 4)[0] == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--quasi", "agee"], "has no column 'agee' in its header line of 4.\n  → Did you mean age?"),
        (["--quasi", "z"], "has no column 'z' in its header line of 4.\n  → Check the name, and that it has a header"),
        (["--quasi", "age,age"], "and only once.\n  → Name one column or more: --quasi"),
        (["--quasi", ""], "and only once."),
        (["--quasi", "age", "--sensitive", "age"], "and only once."),
        (["--quasi", "age", "--person", "id,region"], "and only once."),
        (["--quasi", "age", "--l", "2"], "→ Say of which column: --sensitive disease"),
        ([], "Missing option '--quasi'"),
    ],
)
def test_what_makes_no_sense_is_told(
    patients: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    code, _, err = check(capsys, patients, *arguments)
    assert code == 2
    assert said in err
    assert "north" not in err


def test_files_that_cannot_be_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty, nothing = tmp_path / "empty.csv", tmp_path / "nothing.csv"
    empty.write_text("age,id\n")
    nothing.write_text("")
    for path, said in ((empty, "holds no record"), (nothing, "it is empty"), (tmp_path / "none.csv", "No such file")):
        code, out, err = check(capsys, path, "--quasi", "age")
        assert (code, out) == (2, "") and said in err and "→ " in err
    pq.write_table(pa.table({"age": pa.array([], pa.string())}), tmp_path / "none.parquet")
    with pytest.raises(CouldNotTell, match="holds no record"):
        anonymity(tmp_path / "none.parquet", ["age"])


def test_nothing_of_the_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not even where its first line is no header, so that the names asked for are not there."""
    path = tmp_path / "f.csv"
    path.write_text("Zaphod,Beeblebrox,4177\nFord,Prefect,4288\n")
    _, out, err = check(capsys, path, "--quasi", "name")
    path.write_text('name,age\nZaphod,4177\nFord,4288,"\n')
    for _, more_out, more_err in (check(capsys, path, "--quasi", "name", "--k", 5), check(capsys, path, "--quasi=age")):
        out, err = out + more_out, err + more_err
    assert not any(value in out + err for value in ("Zaphod", "Beeblebrox", "Ford", "4177", "4288"))
