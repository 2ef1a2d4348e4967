"""The law of `c360 import`: the draft of any table lints, loads, generates, and takes the very file it came from."""

import csv
import shutil
from pathlib import Path
from typing import Any

from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.contract.classifications import classifications
from c360.contract.lint import lint
from c360.draft.delivery import from_delivery
from c360.draft.write import as_yaml
from c360.generate import plan

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


@settings(max_examples=settings().max_examples // 5)
@given(table=tables())
@example(table=(["id", "status"], [[str(n), "open" if n % 2 else "shut"] for n in range(40)], ","))
@example(table=(["reading"], [["NaN"], *([f"{n}e-3"] for n in range(40))], ","))
def test_the_draft_of_any_table_takes_that_table(shared_workplace: Any, tmp_path: Path, table: Any) -> None:
    names, rows, delimiter = table
    file, contracts = tmp_path / "made_up.csv", tmp_path / "contracts"
    with file.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out, delimiter=delimiter).writerows([names, *rows])
    shutil.rmtree(contracts, ignore_errors=True)
    path = contracts / "sources" / "made_up" / "0.1.0.odcs.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(as_yaml(from_delivery(file, "made_up", classifications())[0]), encoding="utf-8")

    assert [f"{f.path}: {f.message}" for f in lint(contracts, classifications()) if f.severity == "error"] == []
    assert plan(Catalog.of(find_contracts(contracts)))
    shared_workplace.reset()
    taken = shared_workplace.ingest("made_up", file, contracts=contracts)
    if not rows:
        return
    assert taken.code == 0, taken.err
    assert (taken.only["quarantined"], taken.only["rows_by_clause"]) == (0, {})
    assert taken.only["promoted"] + taken.only["duplicates"] == taken.only["delivered"]
