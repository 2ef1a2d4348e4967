"""What groups give away of a sensitive column: a table worked by hand, and any small table counted plainly."""

import csv
import json
from collections import Counter, defaultdict
from fractions import Fraction
from math import inf, prod
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c360.share.anonymity import anonymity
from governance.tests.share.test_anonymity import check

PATIENTS = """\
age,disease,salary
20-29,ulcer,3
20-29,ulcer,4
20-29,flu,5
40-49,flu,6
40-49,angina,11
40-49,asthma,8
30-39,flu,7
30-39,angina,9
30-39,angina,10
"""
"""Salaries are those of Li et al. 2007, who work out the distance of the first two groups: 0.375 and 0.167. The third:
cumulated in ninths, from the salary 3 on, it is off by 1, 2, 3, 4, 2, 3, 1, 1, 0, so 17/9 in 8 steps, or 0.236.

Diseases, by group: 2 ulcer 1 flu; 1 flu 1 angina 1 asthma; 1 flu 2 angina. In the file, of 9: 2, 3, 3, 1.
- alpha: 2 of 3 have ulcer. beta: 1 of 3 has asthma, and 1 of 9 in the file: thrice, which is 2 more.
- entropy l, of 2 to 1: exp(2/3 ln 3/2 + 1/3 ln 3) = 3 / 2^(2/3) = 1.8899.
- c for l = 2: 2 < 3 · 1, so 3. In the second group: 1 < 1 · 2, so 1.
- t: the first group has 2/3 - 2/9 = 4/9 too much ulcer. The second, too much asthma: 1/3 - 1/9 = 2/9.
"""


def values(path: Path, sensitive: str, **wanted: float) -> dict[str, float | None]:
    return {measure.name: measure.value for measure in anonymity(path, ["age"], [sensitive], **wanted).sensitive}


def test_a_table_worked_by_hand(patients: Path) -> None:
    assert values(patients, "disease") == pytest.approx(
        {"l": 2, "entropy_l": 3 / 2 ** (2 / 3), "c": 3, "t": 4 / 9, "alpha": 2 / 3, "beta": 2}
    )
    assert values(patients, "salary") == pytest.approx(
        {"l": 3, "entropy_l": 3, "c": 2, "t": 0.375, "alpha": 1 / 3, "beta": 2}
    )


def test_each_group_is_measured(patients: Path) -> None:
    """By the distances above: a bound between two of them tells them apart."""
    for bound, below in ((0.376, 0), (0.374, 1), (0.237, 1), (0.236, 2), (0.167, 2), (0.166, 3)):
        (t,) = (one for one in anonymity(patients, ["age"], ["salary"], t=bound).sensitive if one.name == "t")
        assert (t.by, t.groups_below, t.records_below) == ("by order", below, 3 * below)


DISEASES = st.sampled_from(["flu", "angina", "ulcer", "asthma", ""])
NUMBERS = st.integers(-3, 30).map(str)


@st.composite
def tables(draw: st.DrawFn) -> list[tuple[str, str]]:
    return draw(st.lists(st.tuples(st.sampled_from("xyz"), draw(st.sampled_from([DISEASES, NUMBERS]))), min_size=1))


@given(tables(), st.integers(2, 4))
def test_any_table_is_measured_as_the_papers_say(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], least: int
) -> None:
    path = tmp_path_factory.mktemp("s") / "f.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("age", "of"), *rows])
    found = anonymity(path, ["age"], ["of"], l=least, t=0.25, c=3).sensitive
    groups = defaultdict(list)
    for age, value in rows:
        groups[age].append(value)
    whole = shares([value for _, value in rows])
    for measure in found:
        by_group = {age: PLAIN[measure.name](shares(group), whole, least) for age, group in groups.items()}
        good = measure.name in ("l", "entropy_l")
        worst = min(by_group.values()) if good else max(by_group.values())
        assert measure.value == (None if worst == inf else pytest.approx(float(worst))), measure.name
        if measure.wanted is not None:
            bound = Fraction(measure.wanted)
            below = [age for age, value in by_group.items() if (value < bound if good else value > bound)]
            assert measure.groups_below == len(below)
            assert measure.records_below == sum(len(groups[age]) for age in below)


Shares = dict[str, Fraction]


def shares(group: list[str]) -> Shares:
    return {value: Fraction(count, len(group)) for value, count in Counter(group).items()}


def plain_t(group: Shares, whole: Shares, least: int) -> Fraction:
    if "" in whole or any(value.isalpha() for value in whole):
        return sum(abs(group.get(value, 0) - part) for value, part in whole.items()) / Fraction(2)
    moved, carried = Fraction(0), Fraction(0)
    for value in sorted(whole, key=int):  # what is too much is carried on to the next number
        carried += group.get(value, 0) - whole[value]
        moved += abs(carried)
    return moved / max(len(whole) - 1, 1)


def plain_c(group: Shares, whole: Shares, least: int) -> float:
    first, *others = sorted(group.values(), reverse=True)
    rest = sum(others[least - 2 :])
    return next(c for c in range(1, 1000) if first < c * rest) if rest else inf


PLAIN = {
    "l": lambda group, whole, least: len(group),
    "entropy_l": lambda group, whole, least: prod(float(part) ** -float(part) for part in group.values()),
    "c": plain_c,
    "t": plain_t,
    "alpha": lambda group, whole, least: max(group.values()),
    "beta": lambda group, whole, least: max(part / whole[value] - 1 for value, part in group.items()),
}


def test_numbers_are_as_large_as_they_are(tmp_path: Path) -> None:
    """Not in the order of their text, and 1 and 1.0 are no two secrets."""
    path = tmp_path / "f.csv"
    path.write_text("age,of\n1,9\n1,10\n2,11\n2,12\n")
    assert values(path, "of")["t"] == pytest.approx(1 / 3)
    path.write_text("age,of\n1,1\n1,1.0\n")
    assert values(path, "of")["l"] == 1


def test_what_is_no_number_has_no_order(tmp_path: Path) -> None:
    """One empty value, or one that is not finite, and all are as far from each other: t is never too small."""
    path = tmp_path / "f.csv"
    for odd in ("", "nan", "inf", "many"):
        path.write_text(f"age,of\n1,1\n1,2\n2,3\n2,{odd}\n")
        (t,) = (one for one in anonymity(path, ["age"], ["of"]).sensitive if one.name == "t")
        assert (t.value, t.by) == (0.5, "equal distance")
    pq.write_table(pa.table({"age": [1, 1, 2, 2], "of": pa.array([1, 2, 3, None])}), tmp_path / "f.parquet")
    assert values(tmp_path / "f.parquet", "of")["t"] == 0.5


def test_text_of_parquet_is_no_number(tmp_path: Path) -> None:
    """Codes of digits: Parquet tells them from numbers, as CSV cannot."""
    path = tmp_path / "f.parquet"
    pq.write_table(pa.table({"age": [1, 1, 2, 2], "of": [1, 2, 3, 4], "code": ["1", "2", "3", "4"]}), path)
    found = anonymity(path, ["age"], ["of", "code"]).sensitive
    assert [(one.by, one.value) for one in found if one.name == "t"] == [
        ("by order", pytest.approx(1 / 3)), ("equal distance", 0.5),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("bound", "holds", "breaks"),
    [("entropy-l", 1.88, 1.9), ("c", 3, 2), ("t", 0.45, 0.44), ("alpha", 0.67, 0.66), ("beta", 2, 1.9)],
)
def test_a_bound_is_held_or_it_ends_with_1(
    patients: Path, capsys: pytest.CaptureFixture[str], bound: str, holds: float, breaks: float
) -> None:
    command = (patients, "--quasi", "age", "--sensitive", "disease", f"--{bound}")
    assert check(capsys, *command, holds)[0] == 0
    code, _, err = check(capsys, *command, breaks)
    assert code == 1
    assert err.startswith(f"Error: {bound.replace('-', ' ')} of disease") and str(breaks) in err
    code, _, err = check(capsys, patients, "--quasi", "age", f"--{bound}", breaks)
    assert code == 2
    assert f"--{bound} is about sensitive values." in err


def test_rounding_breaks_no_bound(patients: Path) -> None:
    """The logarithm of 3 is not exact, and its power falls short of 3."""
    assert all(one.holds for one in anonymity(patients, ["age"], ["salary"], entropy_l=3).sensitive)


def test_no_bound_is_held_by_what_is_no_number(patients: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for bound in ("t", "alpha", "beta", "entropy-l"):
        assert check(capsys, patients, "--quasi", "age", "--sensitive", "disease", f"--{bound}", "nan")[0] != 0


def test_a_group_with_one_secret_has_no_c(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "f.csv"
    path.write_text("age,disease\n1,flu\n1,flu\n2,flu\n2,ulcer\n")
    code, out, err = check(capsys, path, "--quasi", "age", "--sensitive", "disease", "--c", 9, "--json")
    assert code == 1
    assert "c of disease (l=2) is none, not at most 9." in err
    (c,) = (one for one in json.loads(out)["measures"] if one["name"] == "c")
    assert (c["value"], c["wanted"], c["groups_below"], c["records_below"], c["by"]) == (None, 9, 1, 2, "l=2")


def test_no_value_is_shown(patients: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for json_too in ([], ["--json"]):
        _, out, err = check(
            capsys, patients, "--quasi", "age", "--sensitive", "disease,salary", "--l", 9, "--t", 0, *json_too
        )
        assert not any(value in out + err for value in ("flu", "ulcer", "angina", "asthma", "20-29"))
