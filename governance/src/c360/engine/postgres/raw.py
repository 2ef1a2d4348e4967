"""Raw: the tables that hold the current row of each key, made from the contracts."""

from typing import TYPE_CHECKING

from c360.clause.dialect import POSTGRES, canonical_type, same_type
from c360.clause.kinds import RELATIONSHIP, SQL, UNIQUE
from c360.contract.catalog import Catalog
from c360.errors import CouldNotTell
from c360.ledger import superseded
from c360.model import Dataset

if TYPE_CHECKING:
    from psycopg2.extensions import cursor

_LOCK = 0xC360_0006
"""Advisory lock: whoever makes tables of datasets at which clauses of theirs look."""

q = POSTGRES.quote


def raw_table(dataset: Dataset) -> str:
    """The table that holds the current row of each key."""
    return f"{q(dataset.schema)}.{q(dataset.table)}"


def ensure_targets(cursor: "cursor", catalog: Catalog, dataset: Dataset) -> None:
    """The raw tables that clauses of a dataset look at: a reference needs its table, even while it is empty."""
    targets = {clause.argument.target for clause in RELATIONSHIP.of(dataset)} - {dataset.name}
    if any(f"{dataset.schema}." in clause.argument.query for clause in SQL.of(dataset)):
        targets.add(dataset.name)  # a rule may compare what comes with what is there
    if targets:  # others may be about to make the same
        cursor.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
    for _, source in catalog.pairs():
        if source.name in targets:
            ensure_raw(cursor, source)


def ensure_raw(cursor: "cursor", dataset: Dataset) -> None:
    """Make the raw table from the contract, or add the columns that a newer version of it brought.

    Raises CouldNotTell when the table there has a column of another type.
    """
    table = raw_table(dataset)
    written = {c.physical_name: c.physical_type for c in dataset.columns}
    columns = {name: canonical_type(kind) for name, kind in written.items()}
    required = {c.physical_name for c in dataset.columns if c.required}
    defined = [f"{q(n)} {kind}{' not null' if n in required else ''}" for n, kind in columns.items()]
    if dataset.key:
        defined.append(f"primary key ({', '.join(q(dataset.physical(name)) for name in dataset.key)})")
    cursor.execute(f"create schema if not exists {q(dataset.schema)}")
    cursor.execute(f"create table if not exists {table} ({', '.join(defined)})")
    cursor.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute "
        "where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped",
        (table,),
    )
    there = dict(cursor.fetchall())
    for name, kind in columns.items():
        if name not in there:
            cursor.execute(f"alter table {table} add column {q(name)} {kind}")
        elif not same_type(written[name], there[name]):
            raise CouldNotTell(
                f"{table}.{name} is {there[name]}, the contract says {kind}.",
                "Migrate the table, or give the contract a new major version with a new physicalName.",
            )
    superseded.ensure_view(cursor.connection, dataset.name, table, anew=any(name not in there for name in columns))
    _ensure_unique(cursor, dataset, table)


def _ensure_unique(cursor: "cursor", dataset: Dataset, table: str) -> None:
    """An index for each clause that asks for one. Postgres names it: names of ours could be cut off, or be another
    index's, which would then be taken for this one."""
    strict = [clause for clause in UNIQUE.of(dataset) if clause.severity != "warning"]
    wanted = {tuple(dataset.physical(name) for name in clause.argument) for clause in strict}
    if not wanted:
        return
    cursor.execute(
        "select array_agg(a.attname::text order by k.nth) from pg_index as i "
        "cross join unnest(i.indkey) with ordinality as k (attnum, nth) "
        "join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.attnum "
        "where i.indrelid = to_regclass(%s) and i.indisunique and i.indpred is null and i.indexprs is null "
        "group by i.indexrelid",
        (table,),
    )
    for names in sorted(wanted - {tuple(names) for (names,) in cursor.fetchall()}):
        cursor.execute(f"create unique index on {table} ({', '.join(map(q, names))})")
