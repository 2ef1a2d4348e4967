"""Parquet as CSV: whatever wrote the file, each value arrives as the text that casts to itself."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from c360.gate.parquet import as_csv, without_text

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ONE = UUID(int=1)


def texts(values: pa.Array, physical_type: str) -> list[str]:
    file = io.BytesIO()
    pq.write_table(pa.table({"v": values, "unwanted": values}), file)
    blocks = b"".join(as_csv(pq.ParquetFile(file), {"v": physical_type}))
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
