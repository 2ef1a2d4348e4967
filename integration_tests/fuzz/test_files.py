"""Files of any bytes: the same records as two independent readers find, or set aside; nothing lost, no traceback."""

import csv
import io
import itertools
import re
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import date
from decimal import Decimal
from pathlib import Path
from unittest import mock

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from hypothesis import Phase, event, example, given, settings
from hypothesis import strategies as st

from c360.database import connect
from c360.delivery.files import Delivery
from c360.delivery.form import Form
from c360.delivery.readings import TwoReadings
from c360.delivery.records import Block, Grammar, NoRecord, Records
from c360.delivery.shapes import Spelling, Unknown
from c360.engine.postgres import casts
from c360.engine.postgres.casts import spellings
from c360.engine.postgres.land import land, type_it
from c360.engine.postgres.tables import MISCAST, tables
from c360.engine.sure import sure
from c360.errors import CouldNotTell
from c360.ledger.tables import prepare
from c360.model import Column, Dataset

NAMES = ("a", "b", "c")
PIECES = (",", "\n", "\r\n", "\r", '"', '""', '"x"', "x", "TV 32", "\\.", "\\N", "NULL", "é", " ", ";", "\t", "'", "0")


def dataset(**types: str) -> Dataset:
    columns = tuple(Column(name, name, kind, "string", False, "public", "") for name, kind in types.items())
    return Dataset("fuzz", "fuzz", "raw", "", columns, (), (), None)


TEXTS = dataset(**dict.fromkeys(NAMES, "text"))
fields = st.one_of(
    st.sampled_from(["", "x", "TV 32", "é", "\\.", "NULL", " "]),
    st.text(alphabet='x",\n\r é', max_size=6).map(lambda text: '"' + text.replace('"', '""') + '"'),
    st.text(alphabet='x" é', max_size=4),
)
three = st.lists(fields, min_size=3, max_size=3)
lines = st.one_of(three, three, st.lists(fields, min_size=1, max_size=4)).map(",".join)
documents = st.one_of(
    st.lists(st.tuples(lines, st.sampled_from(["\n", "\r\n", "\r"])).map("".join), max_size=8).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=30).map("".join),
)
STRAY = '1,TV 32",10\n3,x,5\n2,TV 40",999\n'


@pytest.fixture(scope="module")
def landing(database):
    with closing(connect(database)) as connection:
        prepare(connection)
        yield connection


def landed(connection, delivery: Delivery, described: Dataset = TEXTS) -> list[tuple]:
    with connection.transaction(), connection.cursor() as cursor:
        land(cursor, described, delivery)
        cursor.execute(f"select * from {tables(described).text} order by c360__at")
        rows = cursor.fetchall()
        assert [at for *_, at in rows] == list(range(1, delivery.records + 1))
        cursor.execute(f"select count(*) from {tables(described).unreadable}")
        assert cursor.fetchone()[0] == delivery.set_aside
    return [tuple(row) for *row, _ in rows]


def by_python(text: str) -> list[tuple]:
    return [tuple(row) for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]


def by_arrow(text: str) -> list[tuple]:
    table = pyarrow.csv.read_csv(
        io.BytesIO(text.encode()),
        read_options=pyarrow.csv.ReadOptions(column_names=NAMES),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(NAMES, pa.string())),
    )
    return list(zip(*table.to_pydict().values(), strict=True))


@given(text=documents)
@example(text=STRAY)
@example(text='1,a"b"c,2\n')
@example(text="1,2,3\r\r\r4,5,6\r")
@example(text='1,"open,2\n3,x,4\n')
def test_the_same_records_as_two_other_readers(landing, tmp_path: Path, text: str) -> None:
    path = tmp_path / "fuzz.csv"
    path.write_bytes(("a,b,c\n" + text).encode())
    delivery = Delivery(path, Form(), TEXTS)
    try:
        rows = [tuple("" if value is None else value for value in row) for row in landed(landing, delivery)]
    except TwoReadings:
        event("refused")
        return
    event("all records" if not delivery.set_aside else "some are none")
    if not delivery.set_aside:
        assert rows == by_python(text)
        if text.strip("\r\n"):
            assert rows == by_arrow(text)


def _texts(parts: list[Block | NoRecord]) -> Iterator[object]:
    """What is set aside, and the text of records between."""
    for is_block, ones in itertools.groupby(parts, lambda part: isinstance(part, Block)):
        found = list(ones)
        yield from ["".join(one.text.decode() for one in found)] if is_block else found


@given(text=documents, size=st.integers(1, 40))
@example(text=STRAY, size=3)
def test_nothing_is_lost_and_nothing_bleeds(text: str, size: int) -> None:
    """What is passed on and what is set aside are, in order, the whole text, however it is cut into blocks."""
    raw = text.encode()
    blocks = [raw[i : i + size] for i in range(0, len(raw), size)]
    try:
        parts = list(Records(Grammar(), 3).of(blocks))
    except TwoReadings:
        with pytest.raises(TwoReadings):
            list(Records(Grammar(), 3).of([raw]))
        return
    shaped = list(Records(Grammar(), 3, shapes=[["[0-9]", 1, "x"], ["[0-9]", "", "x"]]).of(blocks))
    assert list(_texts(shaped)) == list(_texts(parts))
    ended = re.compile(r"\r\n|\r")
    again = "".join(p.text.decode() if isinstance(p, Block) else ended.sub("\n", p.text.decode()) + "\n" for p in parts)

    def bare(one: str) -> list[str]:
        return [line for line in ended.sub("\n", one).split("\n") if line]

    assert bare(again) == bare(text)
    assert all(len(by_python(p.text.decode())) == p.records for p in parts if isinstance(p, Block))
    assert all(len(row) == 3 for p in parts if isinstance(p, Block) for row in by_python(p.text.decode()))
    numbers = [p.record for p in parts if not isinstance(p, Block)]
    assert numbers == sorted(set(numbers))


@given(raw=st.one_of(st.binary(max_size=200), st.binary(max_size=60).map(lambda tail: b"a,b,c\n" + tail)))
@example(raw=b"PAR1" + b"\xff" * 50)
@example(raw=b"\x1f\x8b\x08" + b"\0" * 30)
@example(raw=b"\x28\xb5\x2f\xfd" + b"\0" * 30)
def test_any_bytes_are_read_or_told(landing, tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "fuzz"
    path.write_bytes(raw)
    try:
        landed(landing, Delivery(path, Form(), TEXTS))
        event("read")
    except CouldNotTell as told:
        event("told")
        assert told.message.startswith("Cannot read ") and told.remedy


KINDS = ["uuid", "smallint", "integer", "bigint", "numeric(12,2)", "numeric(3,1)", "date", "timestamp", "timestamptz"]
WRITTEN = {f"c{i}": kind for i, kind in enumerate([*KINDS, "text", "varchar(9)"])}
SURE = {f"c{i}": kind for i, kind in enumerate([*KINDS, "text"])}
ODD = [
    "",
    '""',
    "NaN",
    "2023-02-29",
    "2024-02-29",
    "99999999999",
    "1.005",
    "infinity",
    "2024-01-01 24:00:00",
    "x",
    "1e1",
]


@st.composite
def spelled(draw: st.DrawFn) -> tuple[list[list[str]], bool]:
    """Rows of values as a sender may spell them, and whether all are in the usual way."""

    def usual(kind: str) -> st.SearchStrategy[str]:
        shape = sure(kind, Form()) or "[a-z ]*"
        return st.from_regex(re.compile(shape, re.ASCII), fullmatch=True).flatmap(
            lambda text: st.sampled_from([text, f'"{text}"'] if text else [text])
        )

    rows = draw(st.lists(st.tuples(*map(usual, SURE.values())).map(list), min_size=1, max_size=4))
    odd = draw(st.booleans())
    if odd:
        draw(st.sampled_from(rows))[draw(st.integers(0, len(SURE) - 2))] = draw(st.sampled_from(ODD))
    return rows, odd


class Sure(Unknown):
    """All lands as text."""

    def sure(self, physical_type: str, form: Form) -> str:
        return sure(physical_type, form)


@st.composite
def written(draw: st.DrawFn) -> list[list[str]]:
    """Rows of one spelling for each column, but for a few values in another."""

    def values(one: Spelling) -> st.SearchStrategy[str]:
        shape = one.shape if isinstance(one.shape, str) else f"[a-z é]{{0,{one.shape // 2}}}"
        return st.one_of(st.just(""), st.from_regex(re.compile(shape or '[a-z ,é"]*', re.ASCII), fullmatch=True))

    known = [spellings(kind, Form()) for kind in WRITTEN.values()]
    columns = [values(draw(st.sampled_from(options))) for options in known]
    rows = draw(st.lists(st.tuples(*columns).map(list), min_size=1, max_size=6))
    for _ in range(draw(st.integers(0, 2))):
        column = draw(st.integers(0, len(known) - 1))
        other = draw(st.one_of(st.sampled_from(ODD), st.sampled_from(known[column]).flatmap(values)))
        draw(st.sampled_from(rows))[column] = other
    return rows


@settings(phases=set(Phase) - {Phase.explain})
@given(rows=written(), sample=st.sampled_from([1, 100]), quoted=st.booleans())
def test_what_lands_in_its_types_is_what_was_written(landing, tmp_path: Path, rows, sample, quoted) -> None:
    """Given back in the same words, and the same value as by the careful casts; wherever the spelling ends."""
    path, described = tmp_path / "fuzz.csv", dataset(**WRITTEN)

    def field(value: str) -> str:
        return f'"{value.replace(chr(34), chr(34) * 2)}"' if value and (quoted or set(value) & set(',"')) else value

    lines = [",".join(WRITTEN), *(",".join(map(field, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = []
    for engine in (casts, None):
        with mock.patch("c360.delivery.shapes._SAMPLE", sample):
            delivery = Delivery(path, Form(), described, engine=engine)
        given_back = landed(landing, delivery, described)
        assert given_back == [tuple(value or None for value in row) for row in rows]
        with landing.transaction(), landing.cursor() as cursor:
            cursor.execute(f"select count(*) from {tables(described).landed}")
            count = len(rows) - cursor.fetchone()[0]
            event(f"{'all' if count == len(rows) else 'some' if count else 'none'} in their types")
            type_it(cursor, described, Form(), delivery.in_shape and engine is casts, count)
            columns = ", ".join(WRITTEN)
            cursor.execute(
                f"select ({columns})::text, c360__at, {MISCAST} from {tables(described).typed} order by c360__at"
            )
            found.append(cursor.fetchall())
    assert found[0] == found[1]


def test_what_looks_like_a_day_is_one() -> None:
    looks = re.compile(sure("date", Form())).fullmatch
    years = ("0000", "0001", "0004", "0400", "1900", "2000", "2023", "2024")
    days = set()
    for year, month, day in itertools.product(years, range(14), range(33)):
        text = f"{year}-{month:02}-{day:02}"
        with suppress(ValueError):
            days.add(date.fromisoformat(text).isoformat())
        assert bool(looks(text)) == (text in days)


@given(drawn=spelled())
def test_what_is_cast_at_once_is_what_the_careful_casts_give(landing, tmp_path: Path, drawn) -> None:
    rows, odd = drawn
    path = tmp_path / "fuzz.csv"
    path.write_text("\n".join([",".join(SURE), *map(",".join, rows)]) + "\n")
    described = dataset(**SURE)
    delivery = Delivery(path, Form(), described, engine=Sure())
    results = []
    with landing.transaction(), landing.cursor() as cursor:
        land(cursor, described, delivery)
        for in_shape in (delivery.in_shape, False):
            cursor.execute(f"drop table if exists {tables(described).typed} cascade")
            type_it(cursor, described, Form(), in_shape)
            cursor.execute(f"select t::text, {MISCAST} from {tables(described).typed} as t order by c360__at")
            results.append(cursor.fetchall())
    event(f"in shape: {delivery.in_shape}")
    assert delivery.in_shape or odd
    assert results[0] == results[1]
    assert odd or all(miscast is None for _, miscast in results[0])


NUMBERS = st.decimals(-(10**10), 10**10, places=2)
WHOLE = st.integers(-(2**63), 2**63 - 1)
TYPES = {
    "n": ("numeric(14,2)", st.one_of(st.none(), NUMBERS), pa.decimal128(38, 18)),
    "d": ("double precision", st.one_of(st.none(), st.floats(allow_nan=False)), pa.float64()),
    "r": (
        "real",
        st.one_of(st.none(), st.floats(allow_nan=False, width=32)),
        pa.float32(),
    ),
    "i": ("bigint", st.one_of(st.none(), WHOLE), pa.int64()),
    "f": ("bigint", st.one_of(st.none(), st.integers(-(2**53), 2**53).map(float)), pa.float64()),
    "t": (
        "text",
        st.one_of(st.none(), st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))),
        None,
    ),
    "u": ("uuid", st.one_of(st.none(), st.uuids()), pa.uuid()),
    "s": ("timestamptz", st.one_of(st.none(), st.datetimes()), pa.timestamp("us", "Europe/Berlin")),
}


@given(rows=st.lists(st.fixed_dictionaries({name: values for name, (_, values, _) in TYPES.items()}), max_size=5))
def test_values_of_parquet_arrive_exactly(landing, tmp_path: Path, rows: list[dict]) -> None:
    path = tmp_path / "fuzz.parquet"
    columns = {}
    for name, (_, _, kind) in TYPES.items():
        values = [row[name] for row in rows]
        if name == "u":
            columns[name] = pa.array([v and v.bytes for v in values], pa.binary(16))
        else:
            columns[name] = pa.array(values, kind or pa.string_view())
    pyarrow.parquet.write_table(pa.table(columns), path)
    described = dataset(**{name: kind for name, (kind, _, _) in TYPES.items()})
    delivery = Delivery(path, Form(), described)
    with landing.transaction(), landing.cursor() as cursor:
        land(cursor, described, delivery)
        assert delivery.records == len(rows)
        type_it(cursor, described, Form())
        cursor.execute(
            f"select n, d, r, i, f, t, u::text, s at time zone 'UTC', {MISCAST} "
            f"from {tables(described).typed} order by c360__at"
        )
        found = cursor.fetchall()
    years = [row["s"] is not None and row["s"].year < 1000 for row in rows]
    for row, (n, d, r, i, f, t, u, s, miscast), early in zip(rows, found, years, strict=True):
        assert (n, d, i, t) == (row["n"] if row["n"] is None else Decimal(row["n"]), row["d"], row["i"], row["t"])
        assert (None if r is None else np.float32(r)) == row["r"]
        assert f == (None if row["f"] is None else int(row["f"]))
        assert u == (row["u"] and str(row["u"]))
        if not early:  # such years have no four digits everywhere
            assert miscast is None and s == row["s"]
