"""A release of totals: count and sum by group, spend the budget, add noise, and put the result where the view reads.

One transaction: what is not committed nobody has seen, and costs nothing; what is, is paid for.
"""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from c360.clause.dialect import POSTGRES
from c360.share import budget, noise
from c360.share.models import totals_table
from c360.share.policy import Policy
from c360.share.totals import PERSONS, Cell, Totals
from c360.share.window import Release, log

if TYPE_CHECKING:
    from psycopg import Cursor

quote = POSTGRES.quote


def make(cursor: "Cursor", policy: Policy, totals: Totals, now: datetime) -> int:
    """Publish the totals of a policy anew; `cursor` is the transformer's, in a transaction. Returns how many persons
    are in them, which nobody else may know.

    Raises Breach where the budget is gone, ImportError without OpenDP.
    """
    noises = noise.noises(totals)
    budget.spend(cursor, policy, totals, now)
    persons, exact = counted(cursor, policy, totals)
    noisy = [one.draw(numbers) for one, numbers in zip(noises, exact, strict=True)]
    scales = [0, *(one.scale for one in totals.sums)]
    shown = [[Decimal(n).scaleb(-scale) for n in numbers] for numbers, scale in zip(noisy, scales, strict=True)]
    _put(cursor, policy, totals, [(*cell, *row) for cell, *row in zip(totals.cells, *shown, strict=True)])
    return persons


def put_down(cursor: "Cursor", policy: Policy, published: int, view: Any, now: datetime) -> Release:
    """On record, with how many persons are in it; `view` is dbt's node, or whatever has its `schema` and `alias`. Rows
    that the partner got before go: nothing reads them any more."""
    cursor.execute(
        "select distinct release_schema, release_name from sharing.release where partner = %s and product = %s "
        "and withdrawn is null and key_version is not null",
        (policy.partner, policy.dataset.name),
    )
    for schema, table in cursor.fetchall():
        cursor.execute(f"drop table if exists {quote(schema)}.{quote(table)}")
    cursor.execute(f"select count(*) from {_product(policy)}")
    (persons,) = cursor.fetchone() or (0,)
    rows = len(policy.totals.cells) if policy.totals else 0
    made = Release(policy, str(view.schema), str(view.alias), int(persons), published, 0, rows, 0, 0)
    log(cursor, made, totals_table(policy), None, now)
    return made


def _product(policy: Policy) -> str:
    return f"{quote(policy.dataset.schema)}.{quote(policy.dataset.table)}"


def counted(cursor: "Cursor", policy: Policy, totals: Totals) -> tuple[int, list[list[int]]]:
    """How many persons there are, and without noise the counts of all cells and each sum, in units. A person counts
    once, whatever the product holds: that is what the noise is made for."""
    person = quote(policy.dataset.physical(policy.person))
    agreed = policy.consent.on_postgres(policy.dataset.physical(policy.person)) if policy.consent else "true"
    groups = {f"g{n}": group.sql for n, group in enumerate(totals.groups, 1)}
    sums = {f"s{n}": one.sql for n, one in enumerate(totals.sums, 1)}
    each = ", ".join(f"{sql} as {name}" for name, sql in (groups | sums).items())
    asked = ", ".join([*groups, "count(*)", *(f"coalesce(sum({name}), 0)" for name in sums)])
    cursor.execute(
        f"select {asked} from (select distinct on ({person}) {each} from {_product(policy)} where {agreed}) as person "
        f"group by {', '.join(groups)}"
    )
    found: dict[Cell, list[int]] = {cell: [0] * (1 + len(sums)) for cell in totals.cells}
    persons = 0
    for row in cursor.fetchall():
        labels = row[: len(groups)]
        cell = tuple(group.labels.get(label) for group, label in zip(totals.groups, labels, strict=True))
        numbers = [int(number) for number in row[len(groups) :]]
        found[cell] = [known + more for known, more in zip(found[cell], numbers, strict=True)]
        persons += numbers[0]
    return persons, [list(numbers) for numbers in zip(*found.values(), strict=True)]


def _put(cursor: "Cursor", policy: Policy, totals: Totals, rows: list[tuple[object, ...]]) -> None:
    """In the table of before, where it has these columns, so that the view on it stays."""
    columns = {group.column.name: "text" for group in totals.groups} | {PERSONS: "bigint"}
    columns |= {one.name: one.physical_type for one in totals.sums}
    table = ".".join(map(quote, totals_table(policy)))
    cursor.execute(
        "select attname::text, format_type(atttypid, atttypmod) from pg_attribute where attrelid = to_regclass(%s) "
        "and attnum > 0 and not attisdropped order by attnum",
        (table,),
    )
    if cursor.fetchall() == list(columns.items()):
        cursor.execute(f"delete from {table}")
    else:
        cursor.execute(f"drop table if exists {table} cascade")
        listed = ", ".join(f"{quote(name)} {kind}" for name, kind in columns.items())
        cursor.execute(f"create table {table} ({listed})")
    cursor.executemany(f"insert into {table} values ({', '.join(['%s'] * len(columns))})", rows)
