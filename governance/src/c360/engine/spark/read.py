"""Read: a delivery's file on a worker of Spark, by the reader that every engine has, as columns of text.

The reader decides what a record is, hashes and counts; no record is an object of Python. Besides the records come the
lines that are none, and last one row that tells how the reading ended.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from c360.delivery.files import Delivery
from c360.delivery.form import Form
from c360.delivery.readings import TwoReadings
from c360.engine.sure import Sure
from c360.errors import CouldNotTell
from c360.model import Dataset

if TYPE_CHECKING:
    import pyarrow as pa

ROW, LINE, END, AMBIGUOUS, UNREADABLE = "row", "line", "end", "ambiguous", "unreadable"
"""Kinds of rows that come out: a record; a line that is none; how the reading ended."""
FIELDS = (("kind", "string"), ("at", "bigint"), ("record", "bigint"), ("line", "bigint"), ("why", "string"),
          ("contents", "string"))  # fmt: skip
"""Of a record: `at`, its number among the records. Of a line: how many records come before it, its own number among
records and lines, its number in the file, why it is no record, its text. Of the end: records, lines, whether all values
are in shape, and as `contents` the SHA-256 of the file, or what is wrong with it, and as `why` the remedy."""


@dataclass(frozen=True)
class Reader:
    """What a worker has to know. The contract's columns come as c0, c1, … in its order; others of the file as x0, …"""

    form: Form
    dataset: Dataset
    """Without its clauses, which no worker needs."""
    landed: tuple[str, ...]
    """The columns of the file, as `Delivery.landed`."""

    @property
    def names(self) -> list[str]:
        """Of the columns, in the order of the file; last those that it does not have."""
        places = {column.physical_name: f"c{i}" for i, column in enumerate(self.dataset.columns)}
        there = [places.get(name, f"x{i}") for i, name in enumerate(self.landed)]
        return there + [name for name in places.values() if name not in there]

    @property
    def schema(self) -> str:
        columns = [f"{name} string" for name in self.names]
        return ", ".join([f"c360__{name} {kind}" for name, kind in FIELDS] + columns)

    def __call__(self, batches: "Iterator[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
        """For mapInArrow, over one column of paths."""
        for batch in batches:
            for path in batch.column(0).to_pylist():
                yield from self._read(Path(path))

    def _read(self, path: Path) -> "Iterator[pa.RecordBatch]":
        try:
            delivery = Delivery(path, self.form, self.dataset, engine=Sure())
            done = 0
            while block := delivery.read():
                yield self._records(block, done, delivery.records)
                done = delivery.records
            yield from self._lines(delivery)
            yield self._told([END, delivery.records, delivery.set_aside, int(delivery.in_shape), None, delivery.sha256])
        except TwoReadings as fault:
            yield self._told([AMBIGUOUS, None, None, None, fault.remedy, fault.message])
        except CouldNotTell as fault:
            yield self._told([UNREADABLE, None, None, None, fault.remedy, fault.message])

    def _records(self, block: bytes, before: int, after: int) -> "pa.RecordBatch":
        import pyarrow as pa
        import pyarrow.csv as pcsv

        names = self.names[: len(self.landed)]
        table = pcsv.read_csv(
            io.BytesIO(block),
            pcsv.ReadOptions(column_names=names, block_size=len(block) + 1, use_threads=False),
            pcsv.ParseOptions(
                delimiter=self.form.delimiter, quote_char=self.form.quote or False, newlines_in_values=True,
                ignore_empty_lines=False,
            ),
            pcsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), null_values=[""], strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )  # fmt: skip
        if len(table) != after - before:  # our reader and Arrow's do not agree on what a record is
            raise CouldNotTell(
                f"Of {after - before} records in a block of the file, {len(table)} arrived.", "Report this as a bug."
            )
        numbers = pa.array(range(before + 1, after + 1), pa.int64())
        kinds = pa.repeat(ROW, len(table))
        nothing = [pa.nulls(len(table), pa.int64())] * 2 + [pa.nulls(len(table), pa.string())] * 2
        columns = [column.combine_chunks() for column in table.columns]
        columns += [pa.nulls(len(table), pa.string())] * (len(self.names) - len(columns))
        return pa.RecordBatch.from_arrays([kinds, numbers, *nothing, *columns], names=self._fields)

    def _lines(self, delivery: Delivery) -> "Iterator[pa.RecordBatch]":
        delivery.unreadable.seek(0)
        rows: list[list[Any]] = []
        for before, record, line, why, text in csv.reader(delivery.unreadable):
            rows.append([LINE, int(before), int(record), int(line) if line else None, why, text])
            if len(rows) >= 10_000:
                yield self._told(*rows)
                rows = []
        if rows:
            yield self._told(*rows)

    def _told(self, *rows: list[Any]) -> "pa.RecordBatch":
        import pyarrow as pa

        types = [pa.string() if kind == "string" else pa.int64() for _, kind in FIELDS]
        told = [pa.array(values, kind) for values, kind in zip(zip(*rows, strict=True), types, strict=True)]
        empty = [pa.nulls(len(rows), pa.string())] * len(self.names)
        return pa.RecordBatch.from_arrays([*told, *empty], names=self._fields)

    @property
    def _fields(self) -> list[str]:
        return [f"c360__{name}" for name, _ in FIELDS] + self.names
