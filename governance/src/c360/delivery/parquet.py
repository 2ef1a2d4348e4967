"""A Parquet file as CSV for COPY: each value as the text that casts to itself, whatever wrote it."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from c360.clause.dialect import canonical_type
from c360.delivery import nested

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_AT_ONCE = 65_536


def without_text(kinds: "pa.Schema", wanted: Mapping[str, str]) -> str | None:
    """The first wanted column whose type has no text that a contract's type takes; None when there is none.

    `wanted` gives the contract's type by the file's column.
    """
    for field in kinds:
        if field.name in wanted and _as_text(field.type, wanted[field.name]) is None:
            return str(field.name)
    return None


@dataclass(frozen=True)
class Batch:
    """Rows as CSV, and those that are no text: the place of each in the batch, from 0, with what can be read of it."""

    text: bytes
    rows: int
    unreadable: tuple[tuple[int, str], ...] = ()


def as_csv(table: Any, wanted: Mapping[str, str]) -> Iterator[Batch]:
    """The wanted columns, in their order, in blocks of CSV: nulls unquoted, texts quoted where they need it.

    A row with a NUL, or with bytes that are no UTF-8, is none that Postgres could hold.
    """
    import pyarrow as pa

    for batch in table.iter_batches(batch_size=ROWS_AT_ONCE, columns=list(wanted)):
        by_name = dict(zip(batch.schema.names, batch.columns, strict=True))
        texts = [_as_text(by_name[name].type, kind)(by_name[name]) for name, kind in wanted.items()]
        rows = pa.table(texts, names=[f"c{i}" for i in range(len(texts))])
        text = _written(rows)
        yield Batch(text, len(rows)) if _is_text(text) else _parted(rows)


def _written(rows: "pa.Table") -> bytes:
    import pyarrow.csv as pcsv

    sink = io.BytesIO()
    pcsv.write_csv(rows, sink, pcsv.WriteOptions(include_header=False, quoting_style="needed"))
    return sink.getvalue()


def _is_text(found: bytes) -> bool:
    if b"\0" in found:
        return False
    try:
        return found.isascii() or bool(found.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def _parted(rows: "pa.Table") -> Batch:
    """The rows that are text, and the others by themselves."""
    import numpy as np
    import pyarrow as pa

    bad = np.zeros(len(rows), bool)
    for column in rows.columns:
        if pa.types.is_large_string(column.type):
            values = column.cast(pa.large_binary()).to_pylist()
            bad |= np.array([bool(value) and not _is_text(value) for value in values])
    lost = tuple(
        (int(at), _written(rows.slice(at, 1)).decode("utf-8", "replace").replace("\0", "\ufffd").rstrip("\n"))
        for at in np.flatnonzero(bad)
    )
    kept = rows.filter(pa.array(~bad))
    return Batch(_written(kept) if len(kept) else b"", len(kept), lost)


def remedy(physical_type: str) -> str:
    """What to do about a column whose values have no text that this type of a contract takes."""
    if canonical_type(physical_type) in ("json", "jsonb"):
        return "Deliver it as JSON text, or with members that JSON has."
    return "Deliver it as text; struct, list and map go into a column of physicalType jsonb."


def footer(file: IO[bytes]) -> str:
    """What is wrong with a Parquet file that cannot be opened."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - 4))
    if file.read() != b"PAR1":
        return f"it is not a Parquet file, or cut short: no footer ends it, at byte {size}"
    return f"its Parquet footer, which ends at byte {size}, is damaged"


def damage(table: Any, wanted: Mapping[str, str]) -> str:
    """Where pages of these columns cannot be read: the first such row group, from 1, with column and byte."""
    import pyarrow as pa

    for group in range(table.metadata.num_row_groups):
        for name in wanted:
            try:
                table.read_row_group(group, columns=[name])
            except (pa.ArrowException, OSError):
                described = table.metadata.row_group(group)
                chunks = (described.column(i) for i in range(described.num_columns))
                starts = [c.dictionary_page_offset or c.data_page_offset
                          for c in chunks if c.path_in_schema.split(".")[0] == name]  # fmt: skip
                where = f", which begins at byte {starts[0]}" if starts else ""
                return f"its row group {group + 1} is damaged in the column {name!r}{where}"
    return "its Parquet pages are damaged"


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
    if nested.is_nested(kind):
        return _as_json if wanted in ("json", "jsonb") and nested.has_json(kind) else None
    whole = wanted in nested.WHOLE
    if t.is_timestamp(kind) and kind.tz:
        plain = pa.timestamp(kind.unit)
        return lambda column: pc.binary_join_element_wise(column.cast(plain).cast(pa.string()), "Z", "")
    if t.is_floating(kind):
        return lambda column: nested.floats(column, wanted)
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


def _as_json(column: "pa.Array") -> "pa.Array":
    """Bytes that are no UTF-8 come through as they are."""
    import pyarrow as pa

    found = zip(nested.texts(column), column.is_valid().to_pylist(), strict=True)
    texts = [text.encode("utf-8", "surrogateescape") if valid else None for text, valid in found]
    return pa.array(texts, pa.large_binary()).cast(pa.large_string(), safe=False)


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
