"""The law of `c360 import`: the draft of any table lints, loads, generates, and takes the very file it came from."""

import csv
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.contract.classifications import classifications
from c360.draft.sources import drafts_of
from c360.draft.write import as_yaml
from c360.generate import plan
from c360.lint.lint import lint

_plain = st.characters(blacklist_categories=("Cs", "Cc"))
KINDS: dict[str, st.SearchStrategy[str]] = {
    "whole": st.integers(-(10**12), 10**12).map(str),
    "small": st.integers(-5, 5).map(str),
    "huge": st.integers(10**17, 10**40).map(str),
    "point": st.decimals(-(10**6), 10**6, places=3).map(str),
    "comma": st.decimals(-(10**6), 10**6, places=2).map(lambda d: str(d).replace(".", ",")),
    "float": st.floats(allow_nan=True, allow_infinity=False).map(str),
    "zeros": st.integers(0, 999).map("{:05}".format),
    "day": st.dates().map(str),
    "no day": st.sampled_from(["2023-02-29", "2024-02-29", "0000-01-01", "2023-13-01"]),
    "time": st.datetimes().map(str),
    "zoned": st.datetimes().map(lambda t: f"{t.isoformat()}+02:00"),
    "clock": st.times().map(str),
    "uuid": st.uuids().map(str),
    "flag": st.sampled_from(["true", "false", "TRUE", "False"]),
    "word": st.sampled_from(["open", "shut", "on hold", "N/A", "NULL", "\\N"]),
    "mail": st.from_regex(r"[a-z]{1,5}@[a-z]{1,5}\.(org|de)", fullmatch=True),
    "text": st.text(_plain, max_size=8),
    "lines": st.text(alphabet="a,;\"'\n\r\t| é{}$%#", max_size=8),
    "nothing": st.just(""),
}
NAMES = st.one_of(
    st.sampled_from(["id", "status", "Name", "Betrag", "order", "ctid", "a b", "c360__x", "Straße", 'q"q', "{{x}}"]),
    st.just("é" * 40),
    st.text(_plain, min_size=1, max_size=12).map(str.strip).filter(bool),
)  # fmt: skip


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str]], str]:
    """A header, rows, and the delimiter that they are written with."""
    names = draw(st.lists(NAMES, min_size=1, max_size=8, unique_by=str.casefold))
    kinds = [draw(st.sampled_from(sorted(KINDS))) for _ in names]
    height = draw(st.integers(0, 40))
    gaps = st.sampled_from([False] * 9 + [True])
    columns = []
    for kind in kinds:
        event(kind)
        holes = draw(st.booleans())
        values = draw(st.lists(KINDS[kind], min_size=height, max_size=height))
        columns.append(["" if holes and draw(gaps) else value for value in values])
    return names, [list(row) for row in zip(*columns, strict=True)], draw(st.sampled_from(",;\t|"))


def taken(workplace: Any, folder: Path, files: dict[Path, str]) -> None:
    """The drafts of the files lint and generate, and the gate takes every record of the files."""
    contracts = folder / "contracts"
    shutil.rmtree(contracts, ignore_errors=True)
    for draft in drafts_of(files, classifications(), {}):
        path = contracts / "sources" / draft.name / "0.1.0.odcs.yaml"
        path.parent.mkdir(parents=True)
        path.write_text(as_yaml(draft), encoding="utf-8")

    assert [f"{f.path}: {f.message}" for f in lint(contracts, classifications()) if f.severity == "error"] == []
    assert plan(Catalog.of(find_contracts(contracts)))
    workplace.reset()
    for path, name in files.items():
        answer = workplace.ingest(name, path, contracts=contracts)
        assert answer.code == 0, answer.err
        assert (answer.only["quarantined"], answer.only["rows_by_clause"]) == (0, {})
        assert answer.only["promoted"] + answer.only["duplicates"] == answer.only["delivered"]


@settings(max_examples=settings().max_examples // 5)
@given(table=tables())
@example(table=(["id", "status"], [[str(n), "open" if n % 2 else "shut"] for n in range(40)], ","))
@example(table=(["reading"], [["NaN"], *([f"{n}e-3"] for n in range(40))], ","))
@example(table=(["id", "big"], [[str(n), str(2**103 if n % 2 else 10**17)] for n in range(40)], ","))
@example(table=(["id", "few"], [[str(n), "1e23" if n % 2 else "0.1"] for n in range(40)], ","))
@example(table=(["id", "many"], [[str(n), "0.10000000000000001" if n % 2 else "1e-9"] for n in range(40)], ","))
@example(table=(["Kundennummer", "Betrag"], [[f"{n:05}", f"{n * 7},{n % 10}0"] for n in range(40)], ";"))
@example(table=(["sensor_no", "day"], [[f"s{n % 4}", f"2024-01-{n // 4 + 1:02}"] for n in range(40)], ","))
def test_the_draft_of_any_table_takes_that_table(shared_workplace: Any, tmp_path: Path, table: Any) -> None:
    names, rows, delimiter = table
    file = tmp_path / "made_up.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out, delimiter=delimiter).writerows([names, *(rows or [["0"] * len(names)])])
    taken(shared_workplace, tmp_path, {file: "made_up"})


def test_the_draft_of_a_parquet_file_takes_that_file(shared_workplace: Any, tmp_path: Path) -> None:
    whole = {f"{kind}": pa.array([0, 7, None], kind) for kind in (pa.int8(), pa.uint32(), pa.int64(), pa.uint64())}
    moments = {f"ts {unit}": pa.array([1, 1_700_000_001, None], pa.timestamp(unit)) for unit in ("s", "ms", "us", "ns")}
    table = pa.table(
        {
            **whole,
            **moments,
            "most": pa.array([2**64 - 1, 0, None], pa.uint64()),
            "zoned": pa.array([1, 2, None], pa.timestamp("us", "Asia/Tokyo")),
            "half": pa.array([0.5, float("nan"), None], pa.float32()),
            "double": pa.array([1e300, float("-inf"), -0.0], pa.float64()),
            "exact": pa.array(["1.50", "-9.99", None]).cast(pa.decimal128(38, 5)),
            "day": pa.array([0, 20_000, None], pa.date32()),
            "clock": pa.array([0, 86_399_999_999, None], pa.time64("us")),
            "flag": pa.array([True, False, None]),
            "word": pa.array(["a", "", None]).dictionary_encode(),
            "digits": pa.array(["1", "2", ""]),
            "none": pa.nulls(3),
        }
    )
    pq.write_table(table, tmp_path / "f.parquet")
    taken(shared_workplace, tmp_path, {tmp_path / "f.parquet": "f"})


def test_drafts_that_refer_to_each_other_take_their_files(shared_workplace: Any, tmp_path: Path) -> None:
    (tmp_path / "wards.csv").write_text("id,label\n" + "".join(f"{n},x\n" for n in range(40)))
    (tmp_path / "stays.csv").write_text("stay_no,ward_id\n" + "".join(f"S-{n:04},{n % 40}\n" for n in range(90)))
    taken(shared_workplace, tmp_path, {tmp_path / "wards.csv": "wards", tmp_path / "stays.csv": "stays"})
    text = (tmp_path / "contracts/sources/stays/0.1.0.odcs.yaml").read_text()
    assert "to: wards.id" in text and "pattern: ^[A-Z]-[0-9]{4}$" in text
