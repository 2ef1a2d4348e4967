"""A delivery as blocks of columns of text, read by the gate's own reader; its form is guessed, and then said."""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from c360.errors import CouldNotTell
from c360.gate.files import Delivery
from c360.gate.form import Form
from c360.gate.looks import encoding_of
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
    best: tuple[tuple[bool, int, int], Form, Delivery] | None = None
    failed: CouldNotTell | None = None
    for form in _forms(path):
        try:
            delivery = Delivery(path, form, _dataset(path, ()))
            if delivery.first.startswith(b"PAR1"):
                return Source(path, form, tuple(delivery.header), _declared(path))
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


def _declared(path: Path) -> tuple[str, ...]:
    import pyarrow.parquet as pq

    return tuple(_postgres_type(field.type) for field in pq.read_schema(path))


def _postgres_type(kind: Any) -> str:
    """The type of contracts that holds the values of an Arrow type; empty where only the values can tell."""
    import pyarrow as pa
    from pyarrow import types as t

    if t.is_dictionary(kind):
        return _postgres_type(kind.value_type)
    if isinstance(kind, pa.BaseExtensionType):
        return "uuid" if kind.extension_name == "arrow.uuid" else _postgres_type(kind.storage_type)
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
    if t.is_integer(kind):
        return "bigint" if kind.bit_width == 64 or t.is_uint32(kind) else "integer"
    return ""
