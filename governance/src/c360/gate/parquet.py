"""A Parquet file as CSV for COPY: each value as the text that casts to itself, whatever wrote it."""

import io
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from c360.clause.dialect import canonical_type

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_AT_ONCE = 65_536


def without_text(kinds: "pa.Schema", wanted: Mapping[str, str]) -> str | None:
    """The first wanted column whose type has no text that a contract's type takes; None when there is none.

    `wanted` gives the contract's type by the file's column.
    """
    for field in kinds:
        if field.name in wanted and _as_text(field.type, wanted[field.name]) is None:
            return field.name
    return None


def as_csv(table: Any, wanted: Mapping[str, str]) -> Iterator[bytes]:
    """The wanted columns, in their order, in blocks of CSV: nulls unquoted, texts quoted where they need it."""
    import pyarrow as pa
    import pyarrow.csv as pcsv

    options = pcsv.WriteOptions(include_header=False, quoting_style="needed")
    for batch in table.iter_batches(batch_size=ROWS_AT_ONCE, columns=list(wanted)):
        by_name = dict(zip(batch.schema.names, batch.columns, strict=True))
        texts = [_as_text(by_name[name].type, kind)(by_name[name]) for name, kind in wanted.items()]
        sink = io.BytesIO()
        pcsv.write_csv(pa.table(texts, names=[f"c{i}" for i in range(len(texts))]), sink, options)
        yield sink.getvalue()


def _as_text(kind: Any, physical_type: str) -> Any:
    """How to make the values of an Arrow type text; None when they have none.

    A timestamp with a zone is an instant: in UTC, and says so. NaN is spelled as Postgres spells it.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import types as t

    if t.is_dictionary(kind):
        inner = _as_text(kind.value_type, physical_type)
        return inner and (lambda column: inner(column.dictionary_decode()))
    if isinstance(kind, pa.BaseExtensionType):
        inner = _as_text(kind.storage_type, "uuid" if kind.extension_name == "arrow.uuid" else physical_type)
        return inner and (lambda column: inner(column.storage))
    wanted = canonical_type(physical_type)
    whole = wanted in ("smallint", "integer", "bigint")
    if t.is_timestamp(kind) and kind.tz:
        plain = pa.timestamp(kind.unit)
        return lambda column: pc.binary_join_element_wise(column.cast(plain).cast(pa.string()), "Z", "")
    if t.is_floating(kind):
        return lambda column: _floats(column, wanted, whole or wanted.startswith("numeric"))
    if t.is_decimal(kind) and whole:
        return _whole_decimals
    if t.is_decimal(kind):
        return _decimals
    if t.is_fixed_size_binary(kind) and kind.byte_width == 16 and wanted == "uuid":
        return _uuids
    if any(test(kind) for test in (t.is_string, t.is_large_string, t.is_string_view)):
        return lambda column: column.cast(pa.large_string())
    plain = (t.is_null, t.is_boolean, t.is_integer, t.is_decimal, t.is_date, t.is_time, t.is_timestamp)
    return (lambda column: column) if any(test(kind) for test in plain) else None


def _floats(column: "pa.Array", wanted: str, exact: bool) -> "pa.Array":
    """The shortest text that reads as the same float in the wanted type. That of a large whole one is not its exact
    value, which a decimal or an integer would take, and may lie half-way to the next: then all its digits."""
    import pyarrow as pa
    import pyarrow.compute as pc

    doubles = column.cast(pa.float64())
    texts = (doubles if wanted == "double precision" else column).cast(pa.string())
    if wanted == "real":
        singles = column.cast(pa.float32(), safe=False)
        texts = pc.if_else(pc.equal(singles.cast(pa.float64()), doubles), singles.cast(pa.string()), texts)
    for spelled, meant in (("nan", "NaN"), ("inf", "Infinity"), ("-inf", "-Infinity")):
        texts = pc.if_else(pc.equal(texts, spelled), meant, texts)
    least, most = (2.0**53 if wanted == "double precision" else 2.0**24), (float("inf") if exact else 9e18)
    large = pc.and_(pc.greater_equal(pc.abs(doubles), least), pc.less(pc.abs(doubles), most))
    if not pc.any(large).as_py():
        return texts
    digits = [f"{value:.0f}" for value in doubles.filter(pc.fill_null(large, False)).to_pylist() if value.is_integer()]
    whole = pc.and_(large, pc.equal(pc.floor(doubles), doubles))
    return pc.replace_with_mask(texts, pc.fill_null(whole, False), pa.array(digits, pa.string()))


def _decimals(column: "pa.Array") -> "pa.Array":
    """With all digits, where Arrow would write an exponent."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = column.cast(pa.string())
    short = pc.fill_null(pc.match_substring(texts, "E"), False)
    if not pc.any(short).as_py():
        return texts
    digits = pa.array([f"{value:f}" for value in column.filter(short).to_pylist()], pa.string())
    return pc.replace_with_mask(texts, short, digits)


def _whole_decimals(column: "pa.Array") -> "pa.Array":
    """Without the zeros behind the point, which no integer has."""
    import pyarrow as pa

    texts = (None if value is None else f"{value:f}" for value in column.to_pylist())
    return pa.array([text and (text.rstrip("0").rstrip(".") if "." in text else text) for text in texts], pa.string())


def _uuids(column: "pa.Array") -> "pa.Array":
    from uuid import UUID

    import pyarrow as pa

    return pa.array([v and str(UUID(bytes=v)) for v in column.to_pylist()], pa.string())
