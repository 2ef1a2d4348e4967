"""Writing a delivery: CSV that quotes only where it must (a null is an unquoted empty field), and Parquet."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

ROWS_AT_ONCE = 65_536


def as_text(table: pa.Table) -> pa.Table:
    """The same table with every column as the text that CSV shows; nulls stay nulls."""
    return pa.table({name: table[name].cast(pa.string()) for name in table.column_names})


def write_csv(table: pa.Table, path: Path, progress: Callable[[int], None] = lambda rows: None) -> None:
    """Write `table` as UTF-8 with a header and `\\n` after each row."""
    with _replacing(path) as part, part.open("w", encoding="utf-8", newline="") as out:
        out.write(",".join(table.column_names) + "\n")
        for batch in as_text(table).to_batches(max_chunksize=ROWS_AT_ONCE):
            fields = [_quoted(column) for column in batch.columns]
            rows = pc.binary_join_element_wise(*fields, ",", null_handling="replace", null_replacement="")
            out.write("\n".join(rows.to_pylist()) + "\n")
            progress(batch.num_rows)


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write `table` with the types that it has."""
    with _replacing(path) as part:
        pq.write_table(table, part)


def write_json(content: dict, path: Path) -> None:
    """Write `content`, indented, with keys in the order given."""
    with _replacing(path) as part:
        part.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _quoted(text: pa.StringArray) -> pa.StringArray:
    needy = pc.or_(pc.match_substring_regex(text, '[",\r\n]'), pc.equal(text, ""))
    if not pc.any(needy).as_py():
        return text
    return pc.if_else(needy, pc.binary_join_element_wise('"', pc.replace_substring(text, '"', '""'), '"', ""), text)


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A file beside `path` that takes its place when complete: whoever reads `path` never sees half of it."""
    part = path.with_name(path.name + ".part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
