"""Land: copy a delivery into `landing` as text, then cast it, keeping track of what has no value in its type.

Three relations live there for the length of the gate's transaction: the delivery as text, the same rows in the
contract's types, and a view named as the contract's table, over the rows that could be cast, for Soda to scan.
"""

import re
from typing import TYPE_CHECKING

from c360.contract.model import Dataset
from c360.errors import CouldNotTell
from c360.gate.casts import cast
from c360.gate.files import CHUNK, Delivery
from c360.sql.dialect import POSTGRES

if TYPE_CHECKING:
    from psycopg2.extensions import connection, cursor

TEXT = "landing.c360__text"
TYPED = "landing.c360__typed"
AT, MISCAST = "c360__at", "c360__miscast"
"""Where a row stood in the delivery, and the names of its columns that could not be cast (null when none)."""

q = POSTGRES.quote


def land(database: "connection", delivery: Delivery, dataset: Dataset) -> int:
    """Copy the delivery into landing; returns how many rows it holds. Columns are matched by name.

    Raises CouldNotTell for text that is not CSV or not UTF-8, with the line, never with its contents.
    """
    import psycopg2

    known = {column.physical_name for column in dataset.columns}
    columns = [name if name in known else f"c360__extra_{i}" for i, name in enumerate(delivery.columns)]
    with database.cursor() as cursor:
        create(cursor, columns)
        try:
            cursor.copy_expert(
                f"copy {TEXT} ({', '.join(map(q, columns))}) from stdin (format csv, encoding 'UTF8')",
                delivery,
                CHUNK,
            )
        except psycopg2.Error as error:
            if delivery.failure:
                raise delivery.failure from None
            if isinstance(error, psycopg2.DataError):
                raise _not_csv(delivery, error) from None
            raise
        return cursor.rowcount


def create(cursor: "cursor", columns: list[str]) -> None:
    """An empty table of text columns for a delivery."""
    drop(cursor)
    cursor.execute(f"create unlogged table {TEXT} ({', '.join(f'{q(name)} text' for name in columns)})")


def type_it(cursor: "cursor", dataset: Dataset) -> None:
    """Cast the landed text once, and give Soda a view of the rows that have a value in every type."""
    names = [q(column.physical_name) for column in dataset.columns]
    casts = [cast(name, column.physical_type or "text") for name, column in zip(names, dataset.columns, strict=True)]
    texts = ", ".join(f"{name} as t{i}" for i, name in enumerate(names))
    typed = ", ".join(f"{sql} as c{i}" for i, sql in enumerate(casts))
    gone = [f"t{i} is not null and c{i} is null" for i in range(len(names))]
    lost = ", ".join(
        f"case when {condition} then {POSTGRES.literal(column.name)} end"
        for condition, column in zip(gone, dataset.columns, strict=True)
    )
    any_gone = " or ".join(f"({condition})" for condition in gone) or "false"
    renamed = ", ".join(f"c{i} as {name}" for i, name in enumerate(names))
    # offset 0 keeps Postgres from writing each cast out twice, once for its value and once for its absence
    cursor.execute(
        f"create unlogged table {TYPED} as select {renamed}, {AT}, "
        f"case when {any_gone} then array_remove(array[{lost}]::text[], null) end as {MISCAST} "
        f"from (select ctid as {AT}, {texts}, {typed} from {TEXT} offset 0) as delivered"
    )
    cursor.execute(f"analyze {TYPED}")
    cursor.execute(
        f"create view landing.{q(dataset.table)} as select {', '.join(names)} from {TYPED} where {MISCAST} is null"
    )


def drop(cursor: "cursor") -> None:
    """Empty the landing; the gate ends with it, and begins with it in case something else was left there."""
    cursor.execute(f"drop table if exists {TEXT}; drop table if exists {TYPED} cascade")


def _not_csv(delivery: Delivery, error: Exception) -> CouldNotTell:
    line = re.search(r"line (\d+)", str((getattr(error, "diag", None) and error.diag.context) or ""))
    where = f"{delivery.path}, row {line[1]}" if line else str(delivery.path)
    code = getattr(error, "pgcode", "")
    why = "it is not UTF-8 text" if code == "22021" else "it does not fit the header"
    return CouldNotTell(f"Cannot read {where}: {why}.", "Deliver UTF-8 CSV with a header line, or Parquet.")
