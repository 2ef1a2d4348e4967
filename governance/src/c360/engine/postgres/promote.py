"""Promote: rows that hold go to raw. What raw holds under the same key is replaced by a row that was loaded later, and
kept beside it; what contradicts it is nobody's until it is settled. Nothing is lost."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from c360.clause.dialect import POSTGRES, canonical_type, same_type
from c360.clause.kinds import CONFLICT, IDENTITY, UNIQUE
from c360.engine.postgres.land import AT, TYPED
from c360.engine.postgres.split import VERDICT, Split, fatal, merge, raw_table
from c360.errors import CouldNotTell
from c360.model import Clause, Dataset

if TYPE_CHECKING:
    from psycopg2.extensions import cursor

q, literal = POSTGRES.quote, POSTGRES.literal


@dataclass(frozen=True)
class Promotion:
    """What became of the rows that hold.

    `promoted` are in raw now or, where raw holds a newer version, among the superseded rows; `superseded` moved or went
    there; `duplicates` say what was known. `conflicts` are the rows that contradict raw, by clause.
    """

    promoted: int
    superseded: int
    duplicates: int
    conflicts: dict[str, int] = field(default_factory=dict)

    @property
    def conflicting(self) -> int:
        return sum(self.conflicts.values())


def ensure_raw(cursor: "cursor", dataset: Dataset) -> None:
    """Make the raw table from the contract, or add the columns that a newer version of it brought.

    Raises CouldNotTell when the table there has a column of another type.
    """
    table = raw_table(dataset)
    columns = {c.physical_name: canonical_type(c.physical_type or "text") for c in dataset.columns}
    column_types = {c.physical_name: c.physical_type or "text" for c in dataset.columns}
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
        elif not same_type(column_types[name], there[name]):
            raise CouldNotTell(
                f"{table}.{name} is {there[name]}, the contract says {kind}.",
                "Migrate the table, or give the contract a new major version with a new physicalName.",
            )
    _ensure_superseded(cursor, dataset, table, anew=any(name not in there for name in columns))
    for clause in UNIQUE.of(dataset):
        keys = ", ".join(q(dataset.physical(name)) for name in clause.argument)
        index = q(f"{dataset.table}_{'_'.join(clause.argument)}_unique"[:63])
        cursor.execute(f"create unique index if not exists {index} on {table} ({keys})")


def _ensure_superseded(cursor: "cursor", dataset: Dataset, table: str, anew: bool) -> None:
    """A view of the superseded rows with the columns and types of the raw table, for dbt and for people."""
    view = f"superseded.{q(dataset.name)}"
    cursor.execute("select to_regclass(%s) is null", (view,))
    if anew or cursor.fetchone()[0]:  # type: ignore[index]
        cursor.execute(
            f"create or replace view {view} as select s.superseded_id, s.superseded_at, s.delivery_id, r.* "
            f"from governance.superseded as s, lateral jsonb_populate_record(null::{table}, s.payload) as r "
            f"where s.dataset = {literal(dataset.name)}"
        )


def promote(
    cursor: "cursor", dataset: Dataset, delivery_id: int, judged: Split, candidates: int, later_wins: bool = True
) -> Promotion:
    """Insert what holds, as `judged`; `candidates` says how many rows that are.

    Without a load time in the contract, a delivery is newer than what raw holds if `later_wins`; else it contradicts.
    Rows go in by key, which keeps the index compact and is faster than the random order of uuids.
    """
    table = raw_table(dataset)
    names = ", ".join(q(column.physical_name) for column in dataset.columns)
    holding = f"not exists ({_lost('t', dataset)})" if judged.rows else "true"
    if not dataset.key:
        cursor.execute(f"insert into {table} ({names}) select {names} from {TYPED} as t where {holding}")
        return Promotion(cursor.rowcount, 0, 0)
    latest = _rank(cursor, dataset, holding) if judged.repeated else "true"
    keys = ", ".join(q(dataset.physical(name)) for name in dataset.key)
    # only a table that held nothing can hold no row of these keys; to look costs a third of the time
    cursor.execute(f"lock table {table} in share row exclusive mode; select exists (select 1 from {table})")
    known = f"on conflict ({keys}) do nothing" if cursor.fetchone()[0] else ""  # type: ignore[index]
    cursor.execute(
        f"insert into {table} ({names}) select {names} from {TYPED} as t where {holding} and {latest} "
        f"order by {keys} {known}"
    )
    inserted = cursor.rowcount
    if inserted == candidates:
        return Promotion(inserted, 0, 0)
    fates = _compare(cursor, dataset, holding, latest, later_wins)
    conflicts = {c.id: fates[c.kind.name] for c in _contradicted(dataset) if c.kind.name in fates}
    if conflicts:
        _set_aside(cursor, dataset)
    if "newer" in fates or "reloaded" in fates:
        _replace(cursor, dataset, delivery_id)
    older = _keep_older(cursor, dataset, delivery_id) if "older" in fates else 0
    newer = fates.get("newer", 0)
    taken = inserted + newer + older
    return Promotion(taken, newer + older, candidates - taken - sum(conflicts.values()), conflicts)


VERSIONS, EARLIER = "landing.c360__versions", "landing.c360__earlier"


def _rank(cursor: "cursor", dataset: Dataset, holding: str) -> str:
    """The condition on a row t that it is the latest version of its key in the delivery."""
    keys = ", ".join(f"t.{q(dataset.physical(name))}" for name in dataset.key)
    load = f"t.{q(dataset.physical(dataset.load_column))} desc nulls last, " if dataset.load_column else ""
    cursor.execute(
        f"drop table if exists {EARLIER}; create unlogged table {EARLIER} as select at from ("
        f"select t.{AT} as at, row_number() over (partition by {keys} order by {load}t.{AT}) as nth "
        f"from {TYPED} as t where {holding}) as ranked where nth > 1"
    )
    return f"not exists (select 1 from {EARLIER} as e where e.at = t.{AT})"


def _compare(cursor: "cursor", dataset: Dataset, holding: str, latest: str, later_wins: bool) -> dict[str, int]:
    """Fill a table with the fate of each row that differs from what raw holds under its key; returns how many have it.

    newer, older: another version. reloaded: only the load time moved on. duplicate: it went back. identity, conflict:
    another person, or an equal load time with other contents.
    """
    keys = " and ".join(f"r.{key} = t.{key}" for key in (q(dataset.physical(name)) for name in dataset.key))
    contents = [c.name for c in dataset.columns if c.name not in (*dataset.key, dataset.load_column)]
    other, somebody_else = _differ(dataset, contents), _differ(dataset, dataset.identity)
    later, earlier, moved = str(later_wins).lower(), "false", "false"
    if dataset.load_column:
        load = q(dataset.physical(dataset.load_column))
        later, earlier, moved = f"t.{load} > r.{load}", f"t.{load} < r.{load}", _differ(dataset, [dataset.load_column])
    cursor.execute(
        f"""
        drop table if exists {VERSIONS};
        create unlogged table {VERSIONS} as
        select t.{AT} as at, case
            when not ({other}) then case when {later} and {latest} then 'reloaded' else 'duplicate' end
            when {somebody_else} then 'identity'
            when {later} then case when {latest} then 'newer' else 'older' end
            when {earlier} then 'older'
            else 'conflict'
        end as fate
        from {TYPED} as t join {raw_table(dataset)} as r on {keys}
        where (({other}) or ({moved})) and {holding}
        """
    )
    cursor.execute(f"select fate, count(*) from {VERSIONS} group by fate")
    return dict(cursor.fetchall())


def _differ(dataset: Dataset, names: Iterable[str]) -> str:
    """Whether the delivered row t and raw's r differ in these columns; json has no equality but that of its text."""
    tests = []
    for column in map(dataset.column, names):
        text = "::text" if canonical_type(column.physical_type or "text") == "json" else ""
        name = q(column.physical_name)
        tests.append(f"t.{name}{text} is distinct from r.{name}{text}")
    return " or ".join(tests) or "false"


def _set_aside(cursor: "cursor", dataset: Dataset) -> None:
    for clause in _contradicted(dataset):
        cursor.execute(
            f"insert into {VERDICT} select at, array[{literal(clause.id)}] from {VERSIONS} "
            f"where fate = {literal(clause.kind.name)}"
        )
    merge(cursor)


def _contradicted(dataset: Dataset) -> list[Clause]:
    """The clauses that a row breaks beside what raw holds; the row's fate has the kind's name."""
    return [*IDENTITY.of(dataset), *CONFLICT.of(dataset)]


def replace(cursor: "cursor", dataset: Dataset, delivery_id: int) -> int:
    """All that landed takes its place in raw, whatever was loaded when: somebody decided so. Returns how many rows of
    raw moved to the superseded ones."""
    cursor.execute(
        f"drop table if exists {VERSIONS}; "
        f"create unlogged table {VERSIONS} as select {AT} as at, 'newer' as fate from {TYPED}"
    )
    superseded = _replace(cursor, dataset, delivery_id)
    names = ", ".join(q(column.physical_name) for column in dataset.columns)
    cursor.execute(f"insert into {raw_table(dataset)} ({names}) select {names} from {TYPED} on conflict do nothing")
    return superseded


def _replace(cursor: "cursor", dataset: Dataset, delivery_id: int) -> int:
    """Newer rows take the place of raw's, which move to the superseded ones. Where only the load time moved on, there
    is no other version to keep. Returns how many moved."""
    table, load = raw_table(dataset), dataset.load_column
    keys = " and ".join(f"r.{key} = t.{key}" for key in (q(dataset.physical(name)) for name in dataset.key))
    of_fate = f"{TYPED} as t join {VERSIONS} as v on v.at = t.{AT}"
    cursor.execute(
        "insert into governance.superseded (delivery_id, dataset, payload) "
        f"select {int(delivery_id)}, {literal(dataset.name)}, to_jsonb(r) "
        f"from {of_fate} join {table} as r on {keys} where v.fate = 'newer'"
    )
    superseded = cursor.rowcount
    others = [q(c.physical_name) for c in dataset.columns if c.name not in dataset.key]
    for fate, names in (("newer", others), ("reloaded", [q(dataset.physical(load))] if load else [])):
        if names:
            values = ", ".join(f"{name} = t.{name}" for name in names)
            cursor.execute(f"update {table} as r set {values} from {of_fate} where {keys} and v.fate = '{fate}'")
    return superseded


def _keep_older(cursor: "cursor", dataset: Dataset, delivery_id: int) -> int:
    """Older versions go to the superseded rows, unless they are known there; returns how many are new."""
    names = ", ".join(f"t.{q(column.physical_name)}" for column in dataset.columns)
    cursor.execute(
        f"""
        insert into governance.superseded (delivery_id, dataset, payload)
        select {int(delivery_id)}, {literal(dataset.name)}, o.payload
        from (
            select to_jsonb(one) as payload
            from {TYPED} as t join {VERSIONS} as v on v.at = t.{AT}, lateral (select {names}) as one
            where v.fate = 'older'
        ) as o
        where not exists (
            select 1 from governance.superseded as s
            where s.dataset = {literal(dataset.name)} and md5(s.payload::text) = md5(o.payload::text))
        """
    )
    return cursor.rowcount


def _lost(alias: str, dataset: Dataset) -> str:
    return f"select 1 from {VERDICT} as v where v.at = {alias}.{AT} and v.clauses && {fatal(dataset)}"
