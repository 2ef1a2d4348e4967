"""A delivery as blocks of columns of text, read by the gate's own reader; its form is guessed, and then said."""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from c360.delivery.diagnosis import encoding_of
from c360.delivery.files import Delivery
from c360.delivery.form import Form
from c360.delivery.parquet import without_text
from c360.draft.types import logical_type
from c360.errors import CouldNotTell
from c360.model import Column, Dataset

if TYPE_CHECKING:
    import pyarrow as pa

_BLOCK = 8 << 20
"""Bytes of CSV that are looked at together."""
_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class Source:
    """A file that can be read as `form` says: the names in its header, and the type that each is declared as, where
    the file declares any (Parquet)."""

    path: Path
    form: Form
    header: tuple[str, ...]
    declared: tuple[str, ...]
    parts: tuple[dict[str, Any], ...] = ()
    """What ODCS says of each of its columns that is nested, in Parquet; empty for the others."""

    def open(self, only: Sequence[str] | None = None, progress: Callable[[int], None] = lambda size: None) -> Delivery:
        """From its start; of Parquet, `only` these columns are read."""
        named = [
            (name, kind) for name, kind in zip(self.header, self.declared, strict=True) if only is None or name in only
        ]
        return Delivery(self.path, self.form, _dataset(self.path, named), progress)


def blocks(delivery: Delivery) -> Iterator["pa.Table"]:
    """Every record, as text by the number of its column (`c0`, `c1`, …, as landed), null where a field is empty."""
    form, columns, text = delivery.form, len(delivery.landed), b""
    while block := delivery.read():
        text += block
        if len(text) >= _BLOCK:
            yield as_table(text, columns, form.delimiter, form.quote)
            text = b""
    if text:
        yield as_table(text, columns, form.delimiter, form.quote)


def as_table(text: bytes, columns: int, delimiter: str = ",", quote: str = '"') -> "pa.Table":
    """Well-formed CSV without a header, all of it text."""
    import pyarrow as pa
    from pyarrow import csv

    names = [f"c{i}" for i in range(columns)]
    return csv.read_csv(
        io.BytesIO(text),
        csv.ReadOptions(use_threads=False, block_size=len(text) + 1, column_names=names),
        csv.ParseOptions(
            delimiter=delimiter, quote_char=quote or False, newlines_in_values=True, ignore_empty_lines=False
        ),
        csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    ).combine_chunks()


def open_source(path: Path) -> Source:
    """The file in the form that most of its beginning can be read in. Raises CouldNotTell when there is none."""
    if (parquet := _parquet(path)) is not None:
        return parquet
    best: tuple[tuple[bool, int, int], Form, Delivery] | None = None
    failed: CouldNotTell | None = None
    for form in _forms(path):
        try:
            delivery = Delivery(path, form, _dataset(path, ()))
            delivery.read()
        except CouldNotTell as error:
            failed = failed or error
            continue
        sound = delivery.set_aside * 20 <= delivery.records
        score = (sound, len(delivery.header), -delivery.set_aside)
        if best is None or score > best[0]:
            best = score, form, delivery
    if best is None:
        assert failed is not None
        raise CouldNotTell(failed.message, "Give CSV with a header line, or Parquet.")
    return Source(path, best[1], tuple(best[2].header), ("",) * len(best[2].header))


def _forms(path: Path) -> Iterator[Form]:
    """Those to try, the likelier first."""
    try:
        with path.open("rb") as file:
            found = encoding_of(file.read(4096))
    except OSError as error:
        raise CouldNotTell(f"Cannot read {path}: {error.strerror}.", "Check the path.") from error
    for encoding in (found,) if found.startswith("utf-16") else ("utf-8", "windows-1252"):
        for delimiter in _DELIMITERS:
            yield Form(delimiter=delimiter, encoding=encoding)


def _dataset(path: Path, named: Iterable[tuple[str, str]]) -> Dataset:
    columns = tuple(Column(name, name, kind or "text", "string", False, "", "") for name, kind in named)
    return Dataset(path.stem, path.stem, "raw", "", columns, (), (), None)


def _parquet(path: Path) -> Source | None:
    """A file of Parquet that is no other thing, and not packed; of one that is damaged the reader says so."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(path)
    except (pa.ArrowException, OSError):
        return None
    declared = tuple(_postgres_type(field.type) for field in schema)
    wanted = {name: kind or "text" for name, kind in zip(schema.names, declared, strict=True)}
    if (odd := without_text(schema, wanted)) is not None:
        kind = next(field.type for field in schema if field.name == odd)
        raise CouldNotTell(
            f"Cannot draft from {path}: its column {odd!r} is {kind}, which has no text in a CSV.",
            "Write the column as text, or leave it out.",
        )
    return Source(path, Form(), tuple(schema.names), declared, tuple(_parts(field.type) for field in schema))


def _parts(kind: Any) -> dict[str, Any]:
    """What ODCS says of what a nested type of Arrow holds; nothing of another."""
    from pyarrow import types as t

    if t.is_struct(kind):
        inner = [kind.field(at) for at in range(kind.num_fields)]
        return {"logicalType": "object", "properties": [{"name": one.name, **_inner(one.type)} for one in inner]}
    if t.is_map(kind):
        return {"logicalType": "map", "map": {"key": {"logicalType": "string"}, "value": _inner(kind.item_type)}}
    if t.is_nested(kind) and hasattr(kind, "value_type"):
        return {"logicalType": "array", "items": _inner(kind.value_type)}
    return {}


def _inner(kind: Any) -> dict[str, Any]:
    """A value inside JSON, where whatever is no number and no flag is a text."""
    logical = logical_type(_postgres_type(kind) or "text")
    return _parts(kind) or {"logicalType": logical if logical in ("integer", "boolean", "number") else "string"}


def _postgres_type(kind: Any) -> str:
    """The type of contracts that holds the values of an Arrow type; empty where only the values can tell."""
    import pyarrow as pa
    from pyarrow import types as t

    if t.is_dictionary(kind):
        return _postgres_type(kind.value_type)
    if isinstance(kind, pa.BaseExtensionType):
        return "uuid" if kind.extension_name == "arrow.uuid" else _postgres_type(kind.storage_type)
    if t.is_nested(kind):
        return "jsonb"
    if t.is_decimal(kind):
        return f"numeric({kind.precision + max(0, -kind.scale)},{max(0, kind.scale)})"
    if t.is_timestamp(kind):
        return "timestamptz" if kind.tz else "timestamp"
    for test, name in (
        (t.is_boolean, "boolean"), (t.is_uint64, "numeric(20,0)"), (t.is_floating, "double precision"),
        (t.is_date, "date"), (t.is_time, "time"),
    ):  # fmt: skip
        if test(kind):
            return name
    if t.is_fixed_size_binary(kind) and kind.byte_width == 16:
        return "uuid"
    if t.is_integer(kind):
        return "bigint" if kind.bit_width == 64 or t.is_uint32(kind) else "integer"
    return ""
