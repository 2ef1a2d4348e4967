"""Parquet as CSV: whatever wrote the file, each value arrives as the text that casts to itself."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from c360.delivery import nested
from c360.delivery.parquet import as_csv, without_text

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ONE = UUID(int=1)


def texts(values: pa.Array, physical_type: str) -> list[str]:
    file = io.BytesIO()
    pq.write_table(pa.table({"v": values, "unwanted": values}), file)
    blocks = b"".join(batch.text for batch in as_csv(pq.ParquetFile(file), {"v": physical_type}))
    return [row[0] if row else "" for row in csv.reader(io.StringIO(blocks.decode()))]


@pytest.mark.parametrize(
    ("values", "physical_type", "expected"),
    [
        (pa.array([1, None]), "integer", ["1", ""]),
        (pa.array([1.5, float("nan"), float("-inf")]), "double precision", ["1.5", "NaN", "-Infinity"]),
        (pa.array([0.1], pa.float32()), "numeric(3,1)", ["0.1"]),
        (pa.array([0.1, None, float("nan")], pa.float32()), "real", ["0.1", "", "NaN"]),
        (pa.array([0.1], pa.float32()), "double precision", ["0.10000000149011612"]),
        (pa.array([0.1, 0.10000000149011612, 0.123456789]), "real", ["0.1", "0.1", "0.123456789"]),
        (pa.array([39924768.0, 1e11], pa.float32()), "real", ["39924768", "99999997952"]),
        (pa.array([18014398509481988.0, 1e22]), "double precision", ["18014398509481988", "1e+22"]),
        (pa.array([0.1], pa.float16()), "real", ["0.099975586"]),
        (pa.array([0.1], pa.float32()), "text", ["0.1"]),
        (pa.array([2**53 + 1, None]), "double precision", ["9007199254740993", ""]),
        (pa.array([Decimal("0"), Decimal("1E-10"), None, Decimal("-2.5")], pa.decimal128(38, 18)), "text",
         ["0." + "0" * 18, "0.000000000100000000", "", "-2.5" + "0" * 17]),
        (pa.array([Decimal("0")], pa.decimal128(38, 18)), "numeric", ["0." + "0" * 18]),
        (pa.array([1], pa.timestamp("ns")), "timestamp", ["1970-01-01 00:00:00.000000001"]),
        (pa.array([1_000], pa.time64("ns")), "time", ["00:00:00.000001000"]),
        (pa.array([2_932_896, 2_932_897, -719_163], pa.int32()).view(pa.date32()), "date",
         ["9999-12-31", "10000-01-01", "0000-12-31"]),
        (pa.array([2.0**70]), "numeric(30,0)", ["1180591620717411303424"]),
        (pa.array([3.0, 2.0**40]), "bigint", ["3", "1099511627776"]),
        (pa.array([Decimal("3.00"), None]), "integer", ["3", ""]),
        (pa.array([Decimal("3.50")]), "integer", ["3.5"]),
        (pa.array([Decimal("3.50")]), "numeric(4,2)", ["3.50"]),
        (pa.array([NOON]), "timestamptz", ["2026-03-01 12:00:00.000000Z"]),
        (pa.array([NOON], pa.timestamp("s", "Asia/Tokyo")), "timestamptz", ["2026-03-01 12:00:00.000Z"]),
        (pa.array([date(2026, 3, 1)]), "date", ["2026-03-01"]),
        (pa.array([ONE.bytes], pa.binary(16)), "uuid", [str(ONE)]),
        (pa.array(["a", "b", "a"]).dictionary_encode(), "text", ["a", "b", "a"]),
        (pa.array(['say "so"', "a,b", "line\nend"]), "text", ['say "so"', "a,b", "line\nend"]),
        (pa.array([True, False]), "boolean", ["true", "false"]),
    ],
)  # fmt: skip
def test_values(values, physical_type, expected):
    assert texts(values, physical_type) == expected


@pytest.mark.parametrize("kind", [pa.list_(pa.int64()), pa.struct([("a", pa.int64())]), pa.binary(), pa.binary(16)])
def test_what_has_no_text(kind):
    assert without_text(pa.schema([("ok", pa.int64()), ("odd", kind)]), {"ok": "integer", "odd": "text"}) == "odd"
    assert without_text(pa.schema([("ok", pa.int64()), ("odd", kind)]), {"ok": "integer"}) is None


PLACE = pa.struct([("city", pa.string()), ("at", pa.list_(pa.decimal128(38, 18)))])
NESTED = {
    "struct": ([{"city": 'a "b"\\', "at": [Decimal("1.500000000000000000"), None]}, None, {"city": None, "at": None}],
               PLACE, ['{"city": "a \\"b\\"\\\\", "at": [1.500000000000000000, null]}', "",
                       '{"city": null, "at": null}']),
    "list": ([[1, None], [], None], pa.list_(pa.int64()), ["[1, null]", "[]", ""]),
    "large list": ([[2**63 - 1]], pa.large_list(pa.int64()), ["[9223372036854775807]"]),
    "fixed-size list": ([[1, 2], None, [3, None]], pa.list_(pa.int8(), 2), ["[1, 2]", "", "[3, null]"]),
    "list of structs": ([[{"a": 1}, None]], pa.list_(pa.struct([("a", pa.int8())])), ['[{"a": 1}, null]']),
    "list of lists": ([[[True], None], [[False, None]]], pa.list_(pa.list_(pa.bool_())),
                      ["[[true], null]", "[[false, null]]"]),
    "map": ([[("a", 1), ("b", None)], None, []], pa.map_(pa.string(), pa.int32()), ['{"a": 1, "b": null}', "", "{}"]),
    "map with a key twice": ([[("a", 1), ("a", 2)]], pa.map_(pa.string(), pa.int32()), ['{"a": 1, "a": 2}']),
    "map by numbers": ([[(7, [1.5])]], pa.map_(pa.int32(), pa.list_(pa.float64())), ['{"7": [1.5]}']),
    "map by dates": ([[(date(2026, 3, 1), "x")]], pa.map_(pa.date32(), pa.string()), ['{"2026-03-01": "x"}']),
    "zero": ([[Decimal("0E-18")]], pa.list_(pa.decimal128(38, 18)), ["[0.000000000000000000]"]),
    "floats": ([[0.1, 5e-324, float("nan"), float("-inf")]], pa.list_(pa.float64()),
               ["[0.1, 5e-324, NaN, -Infinity]"]),
    "single floats": ([[0.1]], pa.list_(pa.float32()), ["[0.1]"]),
    "instants": ([[NOON]], pa.list_(pa.timestamp("us", "Asia/Tokyo")), ['["2026-03-01T12:00:00.000000Z"]']),
    "nanoseconds": ([[1]], pa.list_(pa.timestamp("ns")), ['["1970-01-01T00:00:00.000000001"]']),
    "dates": ([[date(2026, 3, 1)]], pa.list_(pa.date32()), ['["2026-03-01"]']),
    "bytes": ([[b"\0\xff"]], pa.list_(pa.binary()), ['["AP8="]']),
    "line ends": ([["a\nb\t\u20ac"]], pa.list_(pa.string()), ['["a\\nb\\t\u20ac"]']),
    "dictionary": ([["a", "a"]], pa.list_(pa.dictionary(pa.int8(), pa.string())), ['["a", "a"]']),
}  # fmt: skip


@pytest.mark.parametrize("case", NESTED)
@pytest.mark.parametrize("physical_type", ["jsonb", "json"])
def test_nested_values_are_json(case, physical_type):
    values, kind, expected = NESTED[case]
    assert texts(pa.array(values, kind), physical_type) == expected


def test_parts_of_an_array_are_what_they_were():
    for values, kind, expected in NESTED.values():
        whole = pa.array([*values, *values], kind)
        for begin in range(len(whole)):
            part = nested.texts(whole[begin : begin + 2])
            assert part == [text or "null" for text in [*expected, *expected][begin : begin + 2]]


@pytest.mark.parametrize(
    "kind", [pa.list_(pa.duration("s")), pa.map_(pa.struct([("a", pa.int8())]), pa.int8()), pa.binary()]
)
def test_what_has_no_json(kind):
    assert without_text(pa.schema([("odd", kind)]), {"odd": "jsonb"}) == "odd"


def bad_text(*values):
    """An array of text over bytes that nobody checked."""
    return pc.cast(pa.array(values, pa.binary()), pa.string(), safe=False)


@pytest.mark.parametrize(
    ("values", "physical_type"),
    [
        (bad_text(b"ok", b"a\0b", None, b"", b"\xff,c", b"fine"), "text"),
        (bad_text(b"ok", b"a\0b", None, b"", b"\xff,c", b"fine").dictionary_encode(), "text"),
        (pa.StructArray.from_arrays([bad_text(b"ok", b"a\0b", None, b"", b"\xff,c", b"fine")], ["m"]), "jsonb"),
    ],
)
def test_a_row_that_is_no_text_is_set_aside_alone(values, physical_type):
    file = io.BytesIO()
    pq.write_table(pa.table({"n": list(range(6)), "v": values}), file)
    (batch,) = as_csv(pq.ParquetFile(file), {"n": "integer", "v": physical_type})
    assert batch.rows == 4 and [row[0] for row in csv.reader(io.StringIO(batch.text.decode()))] == ["0", "2", "3", "5"]
    assert [at for at, _ in batch.unreadable] == [1, 4]
    assert all(text.startswith(f"{at},") and "\ufffd" in text for at, text in batch.unreadable)
