"""Land: copy a delivery into its landing, then cast it, keeping track of what has no value in its type.

These relations live there while the gate is at work: the rows in the contract's types; the text of the delivery as far
as it had to be cast; the lines of it that are no record; a view of all rows as they were delivered; and one named as
the contract's table, over the rows that could be cast, for Soda.

Records that are written as the database writes them itself, or in another way that it can give back, are copied into
their types as they stand (`Delivery.is_spelled`). From the first one that is not, they land as text.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from c360.clause.dialect import POSTGRES, canonical_type
from c360.database.query import value
from c360.delivery.ahead import Ahead
from c360.delivery.files import Delivery
from c360.delivery.form import Form
from c360.delivery.opened import CHUNK
from c360.engine.postgres.casts import cast
from c360.engine.postgres.tables import AT, MISCAST, Tables, make_room, tables
from c360.engine.sure import sure
from c360.engine.written import plain
from c360.errors import CouldNotTell
from c360.model import Dataset

if TYPE_CHECKING:
    from psycopg import Cursor

_NO_QUOTE = "\x01"
"""What COPY is told to take for a quote where there is none; records that hold it are set aside."""

q = POSTGRES.quote


def land(cursor: "Cursor", dataset: Dataset, delivery: Delivery) -> int:
    """Copy the delivery into landing; returns how many of its records are in their types there.

    Raises CouldNotTell for a file that cannot be read to its end, and when not all of it arrived; never with anything
    of its contents.
    """
    import psycopg

    here = tables(dataset)
    create(cursor, dataset, [*delivery.landed, *delivery.absent])
    columns, options = ", ".join(map(q, delivery.landed)), _copy_options(delivery.form)
    spelled = 0
    try:
        with Ahead(delivery) as ahead:
            if ahead.is_spelled():
                _create_spelled(cursor, dataset)
                spelled = _copy(cursor, f"{here.spelled} ({columns}) from stdin ({options})", ahead.blocks())
            arrived = spelled + _copy(cursor, f"{here.landed} ({columns}) from stdin ({options})", ahead.blocks())
    except psycopg.DataError:
        raise CouldNotTell(f"Postgres does not take {delivery.path} for CSV.", "Report this as a bug.") from None
    if arrived != delivery.records:  # the reader and the database do not agree on what a record is
        raise CouldNotTell(
            f"Of {delivery.records} records in {delivery.path}, {arrived} arrived.", "Report this as a bug."
        )
    if spelled:
        pairs = zip(map(q, delivery.landed), delivery.spelling, strict=True)
        written = [f"{one.back.format(name)} as {name}" for name, one in pairs]
        absent = [f"null::text as {q(name)}" for name in delivery.absent]
        cursor.execute(
            f"create or replace view {here.text} as select * from {here.landed} "
            f"union all select {', '.join([*written, *absent])}, {AT} from {here.spelled}"
        )
    delivery.unreadable.seek(0)
    lines = iter(lambda: delivery.unreadable.read(CHUNK).encode(), b"")
    _copy(cursor, f"{here.unreadable} from stdin (format csv, encoding 'UTF8', force_null (line))", lines)
    return spelled


def _copy(cursor: "Cursor", what: str, blocks: Iterable[bytes]) -> int:
    """Returns how many rows arrived."""
    with cursor.copy(f"copy {what}") as copy:
        for block in blocks:
            copy.write(block)
    return int(cursor.rowcount)


def _copy_options(form: Form) -> str:
    """How COPY is to read what a delivery of this form gives."""
    quote = form.quote or _NO_QUOTE
    marks = [f"E'\\x{ord(mark):02x}'" for mark in (form.delimiter, quote)]
    return f"format csv, delimiter {marks[0]}, quote {marks[1]}, escape {marks[1]}, encoding 'UTF8'"


def create(cursor: "Cursor", dataset: Dataset, columns: list[str]) -> None:
    """Empty tables for a delivery: its columns as text, and the lines that are no record."""
    make_room(cursor, dataset)
    here = tables(dataset)
    cursor.execute(
        f"create unlogged sequence {here.numbers};"
        f"create unlogged table {here.landed} ({''.join(f'{q(name)} text, ' for name in columns)}{_numbered(here)});"
        f"create view {here.text} as select * from {here.landed};"
        f"create unlogged table {here.unreadable} (before bigint, record bigint, line bigint, why text, contents text)"
    )


def _numbered(here: Tables) -> str:
    return f"{AT} bigint default nextval({POSTGRES.literal(here.numbers)})"


def _create_spelled(cursor: "Cursor", dataset: Dataset) -> None:
    here = tables(dataset)
    columns = (f"{q(column.physical_name)} {canonical_type(column.physical_type)}, " for column in dataset.columns)
    cursor.execute(f"create unlogged table {here.spelled} ({''.join(columns)}{_numbered(here)}, {MISCAST} text[])")


def type_it(cursor: "Cursor", dataset: Dataset, form: Form, in_shape: bool = False, spelled: int = 0) -> None:
    """Cast the landed text once, as `form` reads it, and put the rows to it that are `spelled`; Soda gets a view of
    those that have a value in every type.

    When all of it is `in_shape`, the plain cast will do for the types that have one, which halves the time.
    """
    here = tables(dataset)
    if spelled and not _some_landed(cursor, dataset):
        cursor.execute(f"alter table {here.spelled} rename to {here.typed.rpartition('.')[2]}")
    else:
        _cast(cursor, dataset, form, in_shape)
        if spelled:
            cursor.execute(f"insert into {here.typed} select * from {here.spelled}")
    # a rough picture is enough to plan by, and costs a tenth
    cursor.execute(f"set local default_statistics_target = 10; analyze {here.typed}")
    names = ", ".join(q(column.physical_name) for column in dataset.columns)
    cursor.execute(
        f"create view {q(here.schema)}.{q(dataset.table)} as select {names} from {here.typed} where {MISCAST} is null"
    )


def _some_landed(cursor: "Cursor", dataset: Dataset) -> bool:
    cursor.execute(f"select exists (select 1 from {tables(dataset).landed})")
    return bool(value(cursor))


def _cast(cursor: "Cursor", dataset: Dataset, form: Form, in_shape: bool) -> None:
    here = tables(dataset)
    names = [q(column.physical_name) for column in dataset.columns]
    types = [column.physical_type for column in dataset.columns]
    surely = [in_shape and bool(sure(kind, form)) for kind in types]
    texts = ", ".join(
        f"{name if safe else plain(name, kind, form, POSTGRES)} as t{i}"
        for i, (name, kind, safe) in enumerate(zip(names, types, surely, strict=True))
    )
    typed = ", ".join(
        f"{f't{i}::{canonical_type(kind)}' if safe else cast(f't{i}', kind, form)} as c{i}"
        for i, (kind, safe) in enumerate(zip(types, surely, strict=True))
    )
    gone = ["false" if safe else f"t{i} is not null and c{i} is null" for i, safe in enumerate(surely)]
    lost = ", ".join(
        f"case when {condition} then {POSTGRES.literal(column.name)} end"
        for condition, column in zip(gone, dataset.columns, strict=True)
    )
    any_gone = " or ".join(f"({condition})" for condition in gone) or "false"
    renamed = ", ".join(f"c{i} as {name}" for i, name in enumerate(names))
    # offset 0 keeps Postgres from writing each cast out twice, once for its value and once for its absence; a second
    # one, around the text, would keep the casts from running in parallel
    cursor.execute(
        f"create unlogged table {here.typed} as select {renamed}, {AT}, "
        f"case when {any_gone} then array_remove(array[{lost}]::text[], null) end as {MISCAST} "
        f"from (select *, {typed} from (select {AT}, {texts} from {here.landed}) as read offset 0) as r"
    )


def text_of(dataset: Dataset, rows: str) -> str:
    """SQL: the text of the rows whose numbers a query gives. It is written back for these alone."""
    return f"(select * from {tables(dataset).text} where {AT} = any(array({rows})))"


def all_cast(cursor: "Cursor", dataset: Dataset) -> bool:
    """Whether every value has one in its type."""
    cursor.execute(f"select 1 from {tables(dataset).typed} where {MISCAST} is not null limit 1")
    return cursor.fetchone() is None


def newest_load(cursor: "Cursor", dataset: Dataset, as_of: datetime) -> str | None:
    """The time of the newest row up to `as_of`, as text, in UTC: a row from the future would hide a stale load."""
    here = tables(dataset)
    if not dataset.load_column:
        return None
    load = q(dataset.physical(dataset.load_column))
    cursor.execute(f"select max({load})::text from {here.typed} where {load} <= {instant(as_of)}")
    newest: str | None = value(cursor)
    return newest


def instant(moment: datetime) -> str:
    """The clock as SQL: a timestamp without zone, in UTC."""
    return f"timestamp '{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}'"
