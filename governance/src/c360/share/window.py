"""Releases on record, and the window of those that have one key: what goes on, and what an erasure or a limit ends."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from c360.clause.dialect import POSTGRES
from c360.ledger.events import Made
from c360.share import keys
from c360.share.columns import Columns
from c360.share.contract import IN_THIS
from c360.share.policy import Policy

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

quote = POSTGRES.quote
MOST_HELD = 0.1
"""The part of persons with labels that are not true, beyond which a window ends."""

_LOG = """
create table if not exists sharing.release (
    id bigint generated always as identity primary key,
    partner text not null,
    product text not null,
    version text not null,
    at timestamptz not null,
    schema_name text not null,
    view_name text not null,
    release_schema text not null,
    release_name text not null,
    key_version integer,
    persons bigint not null,
    published bigint not null,
    coarser bigint not null,
    withdrawn timestamptz
);
alter table sharing.release add column if not exists held bigint not null default 0;
alter table sharing.release add column if not exists oldest integer not null default 0;"""
"""One row a release, append-only but for `withdrawn`; persons are counted, none is named."""


@dataclass(frozen=True)
class Release:
    """What was made of a policy. `persons` are those of the product; `published` of them are in the share, `coarser`
    of these by the coarser step; the others stand in too small a group, or did not agree. Of `held` ones the labels are
    not those that they would have anew, the longest for `oldest` releases. `rows` are those of the share, canaries
    too."""

    policy: Policy
    schema: str
    view: str
    persons: int
    published: int
    coarser: int
    rows: int
    held: int
    oldest: int

    @property
    def made(self) -> Made:
        """The view as a table that was made; its rows are the persons, for canaries are nobody's business."""
        dataset = self.policy.dataset
        product = (dataset.schema, dataset.table)
        columns = {shared.name: {(product, shared.column.physical_name)} for shared in self.policy.columns}
        return Made((self.schema, self.view), self.published, {product}, columns)

    @property
    def suppressed(self) -> int:
        return max(0, self.persons - self.published)

    @property
    def told(self) -> str:
        """What a partner who follows people is told of labels that are held back."""
        if not self.policy.linked:
            return ""
        longest = f", the longest for {self.oldest} releases" if self.held else ""
        return f"{IN_THIS}they are held back of {self.held} of {self.published} persons{longest}."


def ensure_log(cursor: "Cursor") -> None:
    keys.ensure_table(cursor)
    cursor.execute(_LOG)
    cursor.execute("revoke all on sharing.release from public")


def goes_on(cursor: "Cursor", policy: Policy) -> bool:
    """Whether the next release is in the window of the last one, and by its key: not where releases cannot be linked,
    after the last release of a window, an erasure or a withdrawal, for other columns, or where too much is untrue."""
    if not policy.linked:
        return False
    cursor.execute(
        "with living as (select * from sharing.release where partner = %s and product = %s and key_version = %s "
        "and withdrawn is null) select release_schema, release_name, held <= published * %s, "
        "(select count(*) from living) from living order by id desc limit 1",
        (policy.partner, policy.dataset.name, keys.newest(cursor, policy.partner), MOST_HELD),
    )
    last = cursor.fetchone()
    return (
        last is not None
        and last[2]
        and last[3] < policy.window
        and _columns(cursor, *last[:2]) == Columns(policy).table
    )


def _columns(cursor: "Cursor", schema: str, name: str) -> list[str]:
    cursor.execute(
        "select attname::text from pg_attribute where attrelid = to_regclass(format('%%I.%%I', %s::text, %s::text)) "
        "and attnum > 0 and not attisdropped order by attnum",
        (schema, name),
    )
    return [column for (column,) in cursor.fetchall()]


def rekey(cursor: "Cursor", changed: Collection[str]) -> None:
    """After an erasure, other pseudonyms for what is published in tables that changed, named as schema.table.

    So nobody who has a copy finds one pseudonym missing in the view."""
    cursor.execute("select to_regclass('sharing.release') is not null")
    if cursor.fetchone() != (True,):
        return
    cursor.execute(
        "select partner, array_agg(distinct release_schema || '.' || release_name) from sharing.release "
        "where withdrawn is null group by partner"
    )
    for partner, tables in cursor.fetchall():
        if set(tables).isdisjoint(changed):
            continue
        version = keys.renew(cursor, partner)
        for schema, _, name in (table.partition(".") for table in tables):
            if "key_version" in _columns(cursor, schema, name):
                cursor.execute(f"update {quote(schema)}.{quote(name)} set key_version = %s", (version,))


def put_down(owner: "Connection", policy: Policy, kept: Any, view: Any, now: datetime) -> Release:
    """Count what was made, and put it on record; `kept` and `view` are nodes of dbt, or whatever has their `schema` and
    `alias`."""
    table = f"{quote(str(kept.schema))}.{quote(str(kept.alias))}"
    product = f"{quote(policy.dataset.schema)}.{quote(policy.dataset.table)}"
    with owner.cursor() as cursor:
        held = "count(*) filter (where held > 0), coalesce(max(held), 0)" if policy.linked else "0, 0"
        cursor.execute(
            f"select count(person), count(person) filter (where step = 2), count(*), "
            f"coalesce(max(key_version), %s), {held} from {table}",
            (keys.newest(cursor, policy.partner),),
        )
        published, coarser, rows, key, *untrue = map(int, cursor.fetchone() or (0,) * 6)
        cursor.execute(f"select count(*) from {product}")
        (persons,) = cursor.fetchone() or (0,)
        made = Release(policy, str(view.schema), str(view.alias), int(persons), published, coarser, rows, *untrue)
        log(cursor, made, (str(kept.schema), str(kept.alias)), key, now)
    return made


def log(cursor: "Cursor", made: Release, table: tuple[str, str], key: int | None, now: datetime) -> None:
    """Put a release on record; `table` is what its view reads, schema and name, and `key` of which pseudonyms are."""
    policy = made.policy
    cursor.execute(
        "insert into sharing.release (partner, product, version, at, schema_name, view_name, release_schema, "
        "release_name, key_version, persons, published, coarser, held, oldest) "
        "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (policy.partner, policy.dataset.name, policy.contract.version, now, made.schema, made.view, *table, key,
         made.persons, made.published, made.coarser, made.held, made.oldest),
    )  # fmt: skip
