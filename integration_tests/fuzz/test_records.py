"""Text with quotes and line ends in any place: no row is taken that another reader, or its writer, does not know."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.csv
import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from c360.delivery.readings import TwoReadings
from c360.delivery.records import Block, Grammar, NoRecord, Records

COLUMNS = ("a", "b", "c")
Rows = list[tuple[str, ...]]


def read(text: str, size: int = 1 << 20) -> tuple[Rows, list[str]]:
    """The rows that would be taken, and the lines that would be set aside."""
    raw = text.encode()
    rows: Rows = []
    aside = []
    for part in Records(Grammar(), len(COLUMNS)).of(raw[i : i + size] for i in range(0, len(raw), size)):
        if isinstance(part, Block):
            rows += map(tuple, csv.reader(io.StringIO(part.text.decode(), newline=""), strict=True))
        elif isinstance(part, NoRecord):
            aside.append(part.text.decode())
    return rows, aside


def by_python(text: str, path: Path) -> Rows:
    """What the standard library reads, which goes on with the next line after an error."""

    def each() -> Iterator[list[str]]:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        while True:
            with suppress(csv.Error):
                try:
                    yield next(reader)
                except StopIteration:
                    return

    return [tuple(row) for row in each()]


def by_arrow(text: str, path: Path) -> Rows:
    table = pyarrow.csv.read_csv(
        io.BytesIO(text.encode()),
        read_options=pyarrow.csv.ReadOptions(column_names=COLUMNS),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=lambda row: "skip"),
        convert_options=pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(COLUMNS, pa.string())),
    )
    return list(zip(*table.to_pydict().values(), strict=True))


def by_duckdb(strict: bool) -> Callable[[str, Path], Rows]:
    def rows(text: str, path: Path) -> Rows:
        path.write_text(text, newline="")
        reading = duckdb.execute(
            "select * from read_csv($path, header = false, auto_detect = false, delim = ',', quote = '\"', "
            "escape = '\"', columns = $columns, strict_mode = $strict, ignore_errors = true, parallel = false)",
            {"path": str(path), "columns": dict.fromkeys(COLUMNS, "varchar"), "strict": strict},
        )
        return [tuple("" if value is None else value for value in row) for row in reading.fetchall()]

    return rows


READERS = {
    "python": by_python,
    "pyarrow": by_arrow,
    "duckdb": by_duckdb(strict=True),
    "duckdb, not strict": by_duckdb(strict=False),
}
PIECES = ('"', '"', '""', ",", ",", "\n", "\n", '",', ',"', '"\n', '\n"', "\\", '\\"', "x", "1", " ", "é")
LINES = ("1,a,b", '2,"c",d', '3,"e\nf",g', '4,5" x,h', '"5","i","j"', '6,"k""l",m', '7,"n"o,p', '8,"q', "9", '",",,')
pieces = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)
documents = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=40).map("".join),
    st.lists(
        st.one_of(st.sampled_from(LINES), st.lists(st.sampled_from(PIECES), max_size=6).map("".join)), max_size=12
    ).map("\n".join),
)
FILES = 100_000 if settings().max_examples > 1000 else 300


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    duckdb.execute("set threads to 1")


@settings(max_examples=FILES)
@given(text=documents, size=st.sampled_from([3, 50, 1 << 20]))
@example(text='1,5" nail,"one\n9,evil,1\ntwo"\n2,ok,3', size=3)
@example(text='""\\,"\n"\n1,a,b', size=3)
@example(text=' "\n"",,', size=3)
def test_no_row_is_taken_that_another_reader_does_not_see(tmp_path: Path, text: str, size: int) -> None:
    if not text.strip("\n"):
        return
    try:
        rows, aside = read(text + "\n", size)
    except TwoReadings:
        event("refused")
        return
    event(f"taken: {bool(rows)}, set aside: {bool(aside)}")
    for name, reader in READERS.items():
        assert not Counter(rows) - Counter(reader(text + "\n", tmp_path / "file.csv")), name


def doubled(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def backslashed(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


Writer = Callable[[str], str]
PLAIN = ("x", "y z", "", "two\nlines", "comma, too")
OTHERS = {doubled: (*PLAIN, 'a "b" c', '"', "C:\\dir\\", "Smith,"), backslashed: PLAIN}
"""What others write. A backslash or a quote of theirs would be a fault of its own with the second writer."""


@st.composite
def files(draw: st.DrawFn) -> tuple[list[tuple[str, str]], str]:
    """Key and text of others' rows, and a file of them. One person, `me`, chooses a text that is written without
    quotes, whatever is in it, and one that is written in quotes."""
    writer = draw(st.sampled_from(list(OTHERS)))
    always = draw(st.booleans())
    chosen = st.lists(st.sampled_from((*PIECES, "9,evil,1", "\n9,evil,1\n")), max_size=8).map("".join)
    typed = draw(chosen).replace(",", "").replace("\n", "")
    lines, rows = [f"me,{typed},{writer(draw(chosen))}\n"], []
    for number, value in enumerate(draw(st.lists(st.sampled_from(OTHERS[writer]), max_size=6))):
        rows.append((f"o{number}", value))
        plain = not always and not set(value) & set(',"\n')
        lines.append(f"o{number},{value if plain else writer(value)},-\n")
    return rows, "".join(draw(st.permutations(lines)))


@settings(max_examples=FILES)
@given(written=files(), size=st.sampled_from([3, 1 << 20]))
@example(([("o1", "x")], 'me,5" nail,"one\n9,evil,1\ntwo"\no1,x,-\n'), 3)
@example(([("o1", "x")], 'me,"z,",\n9,evil,1\ntwo"\no1,x,-\n'), 3)
@example(([("o2", "C:\\"), ("o1", "x")], 'o2,"C:\\",-\no1,"x",-\nme,","\n9,evil,1\n\\"\n'), 3)
@example(([("o1", "x")], 'me,x,"hi\\"\n9,evil,1\ny"\no1,x,-\n'), 3)
def test_nobody_writes_changes_or_loses_the_row_of_another(
    written: tuple[list[tuple[str, str]], str], size: int
) -> None:
    others, text = written
    try:
        rows, aside = read(text, size)
    except TwoReadings:
        event("refused")
        return
    event(f"set aside: {bool(aside)}")
    taken = Counter(row for row in rows if row[0] != "me")
    real = Counter((*row, "-") for row in others)
    assert not taken - real, "made or changed"
    assert sum(row[0] == "me" for row in rows) <= 1
    for key, *_ in real - taken:
        assert any(line.startswith(f"{key},") for line in aside), "lost"
