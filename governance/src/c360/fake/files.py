"""Writing a delivery as its contract says that files are written: CSV in its form, or Parquet."""

import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from c360.clause.dialect import canonical_type, unsized
from c360.delivery.form import Form
from c360.fake.holds import NUMBERS, TIMES, WHOLE, casts
from c360.fake.masks import written
from c360.fake.plan import Invented
from c360.model import Column, Dataset
from c360.printable import file_stem

_AT_ONCE = 65_536
"""Rows."""
_ARROW = {
    "smallint": pa.int16(), "integer": pa.int32(), "bigint": pa.int64(), "real": pa.float32(),
    "double precision": pa.float64(), "boolean": pa.bool_(), "date": pa.date32(),
    "timestamp without time zone": pa.timestamp("us"), "timestamp with time zone": pa.timestamp("us", "UTC"),
}  # fmt: skip


def deliver(one: Invented, folder: Path, form: str, progress: Callable[[int], None] = lambda rows: None) -> Path:
    """Write a delivery into a folder, as csv or parquet; returns the file."""
    planted = one.planted
    last = line(planted.last, one.form) if planted and planted.last else ""
    return _write(one, one.table, folder / f"{file_stem(one.dataset.name)}.{form}", last, progress)


def refused(one: Invented, folder: Path, form: str) -> list[dict[str, Any]]:
    """Write the deliveries that break a clause as a whole into `refused`; returns what defects.json says of them."""
    found = []
    for whole in one.planted.whole if one.planted else ():
        name = whole.clause.id.removeprefix(f"{one.dataset.name}.")
        path = folder / "refused" / f"{file_stem(one.dataset.name)}-{file_stem(name)}.{form}"
        path.parent.mkdir(exist_ok=True)
        _write(one, whole.table, path)
        outcome = "refused" if whole.clause.severity == "error" else "warned"
        found.append(
            {"file": f"refused/{path.name}", "clause": whole.clause.id, "outcome": outcome, "breaks": whole.breaks}
        )
    return found


def _write(
    one: Invented, table: pa.Table, path: Path, last: str = "", progress: Callable[[int], None] = lambda rows: None
) -> Path:
    if path.suffix == ".csv":
        write_csv(table, one.dataset, one.form, path, last, progress)
    else:
        write_parquet(table, one.dataset, one.form, path, one.planted is None, progress)
    return path


def write_csv(
    table: pa.Table, dataset: Dataset, form: Form, path: Path, last: str = "",
    progress: Callable[[int], None] = lambda rows: None,
) -> None:  # fmt: skip
    """Write a table of texts with a header, and `\\n` after each row. What does not cast is written as it is.

    A null is the form's first word for it, or an unquoted empty field; `last` is one more line, written as it is.
    """
    columns = {column.physical_name: column for column in dataset.columns}
    with _replacing(path) as part, _opened(part, form) as out:
        out.write(form.delimiter.join(_quoted(pa.array(_header(table, form)), form).to_pylist()) + "\n")
        for batch in table.to_batches(max_chunksize=_AT_ONCE):
            shown = (_in_form(batch[name], columns.get(name), form) for name in batch.schema.names)
            rows = pc.binary_join_element_wise(
                *(_quoted(texts, form) for texts in shown), form.delimiter, null_handling="replace",
                null_replacement=form.null_values[0] if form.null_values else "",
            )  # fmt: skip
            out.write("\n".join(rows.to_pylist()) + "\n")
            progress(batch.num_rows)
        out.write(last + "\n" * bool(last))


def write_parquet(
    table: pa.Table, dataset: Dataset, form: Form, path: Path, typed: bool = True,
    progress: Callable[[int], None] = lambda rows: None,
) -> None:  # fmt: skip
    """Write a table of texts in the types of its columns, or as texts, which hold what casts to no type."""
    columns = {column.physical_name: column for column in dataset.columns}
    arrays = [
        _as_typed(table[name], columns[name]) if typed and name in columns else table[name]
        for name in table.column_names
    ]
    with _replacing(path) as part:
        pq.write_table(pa.table(arrays, _header(table, form)), part)
    progress(table.num_rows)


def write_json(content: dict[str, Any], path: Path) -> None:
    """Write `content`, indented, with keys in the order given."""
    with _replacing(path) as part:
        part.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def line(fields: list[str | None], form: Form) -> str:
    """A line of CSV."""
    return form.delimiter.join("" if text is None else text for text in _quoted(pa.array(fields), form).to_pylist())


def _header(table: pa.Table, form: Form) -> list[str]:
    """The names that the sender gives the columns."""
    theirs = {ours: name for name, ours in reversed(list(form.aliases.items()))}
    return [theirs.get(name, name) for name in table.column_names]


def _in_form(texts: pa.Array, column: Column | None, form: Form) -> pa.Array:
    name = unsized(canonical_type(column.physical_type)) if column else ""
    mask = form.date_format if name == "date" else form.timestamp_format if name in TIMES else ""
    marks = name in NUMBERS and (form.decimal, form.thousands) != (".", "")
    if column is None or not (mask or marks):
        return texts
    fits = pa.array([text is not None and casts(column, text) for text in texts.to_pylist()]) if mask else None
    if mask:
        moments = pc.if_else(fits, pc.replace_substring(texts, "Z", ""), pa.scalar(None, pa.string()))
        return pc.if_else(fits, written(pc.cast(moments, pa.timestamp("us")), mask), texts)
    if form.thousands:
        return pa.array([text and _grouped(text, form) for text in texts.to_pylist()], pa.string())
    return pc.replace_substring(texts, ".", form.decimal)


def _grouped(text: str, form: Form) -> str:
    found = re.fullmatch(r"([+-]?)(\d+)(\.\d+)?", text)
    if not found:
        return text
    return found[1] + f"{int(found[2]):,}".replace(",", form.thousands) + (found[3] or "").replace(".", form.decimal)


def _quoted(texts: pa.Array, form: Form) -> pa.Array:
    if not form.quote:
        return texts
    marks = re.escape(form.quote + form.delimiter)
    needy = pc.or_(pc.match_substring_regex(texts, f"[{marks}\r\n]"), pc.equal(texts, ""))
    if not pc.any(needy).as_py():
        return texts
    doubled = pc.replace_substring(texts, form.quote, 2 * form.quote)
    return pc.if_else(needy, pc.binary_join_element_wise(form.quote, doubled, form.quote, ""), texts)


def _as_typed(texts: pa.ChunkedArray, column: Column) -> pa.ChunkedArray:
    kind = canonical_type(column.physical_type)
    sized = [int(digits) for digits in re.findall(r"\d+", kind)]
    if unsized(kind) == "numeric" and len(sized) == 2 and sized[0] <= 38:
        return pc.cast(texts, pa.decimal128(*sized))
    wanted = _ARROW.get(unsized(kind) if unsized(kind) not in WHOLE else kind)
    return pc.cast(texts, wanted) if wanted is not None else texts


@contextmanager
def _opened(path: Path, form: Form) -> Iterator[Any]:
    if form.compression in ("", "none"):
        with path.open("w", encoding=form.encoding, newline="") as out:
            yield out
        return
    with (
        pa.CompressedOutputStream(str(path), form.compression) as packed,
        io.TextIOWrapper(packed, encoding=form.encoding, newline="") as out,
    ):
        yield out


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A file beside `path` that takes its place when complete: whoever reads `path` never sees half of it."""
    part = path.with_name(path.name + ".part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
