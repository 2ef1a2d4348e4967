"""Promote: rows that hold go to raw. What raw holds under the same key is replaced by a row that was loaded later, and
kept beside it; what contradicts it is nobody's until it is settled. Nothing is lost."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from c360.clause.dialect import POSTGRES, canonical_type
from c360.clause.kinds import CONFLICT, IDENTITY
from c360.engine.interface import Promotion, Split
from c360.engine.postgres.land import AT, TYPED
from c360.engine.postgres.raw import raw_table
from c360.engine.postgres.split import VERDICT, fatal, merge
from c360.ledger import superseded
from c360.ledger.rows import value
from c360.model import Clause, Dataset

if TYPE_CHECKING:
    from psycopg2.extensions import cursor

q, literal = POSTGRES.quote, POSTGRES.literal


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
    known = f"on conflict ({keys}) do nothing" if value(cursor) else ""
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
        text = "::text" if canonical_type(column.physical_type) == "json" else ""
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


def _contradicted(dataset: Dataset) -> list[Clause[Any]]:
    """The clauses that a row breaks beside what raw holds; the row's fate has the kind's name."""
    return [*IDENTITY.of(dataset), *CONFLICT.of(dataset)]


def replace(cursor: "cursor", dataset: Dataset, delivery_id: int) -> int:
    """All that landed takes its place in raw, whatever was loaded when: somebody decided so. Returns how many rows of
    raw moved to the superseded ones."""
    cursor.execute(
        f"drop table if exists {VERSIONS}; "
        f"create unlogged table {VERSIONS} as select {AT} as at, 'newer' as fate from {TYPED}"
    )
    moved = _replace(cursor, dataset, delivery_id)
    names = ", ".join(q(column.physical_name) for column in dataset.columns)
    cursor.execute(f"insert into {raw_table(dataset)} ({names}) select {names} from {TYPED} on conflict do nothing")
    return moved


def _replace(cursor: "cursor", dataset: Dataset, delivery_id: int) -> int:
    """Newer rows take the place of raw's, which move to the superseded ones. Where only the load time moved on, there
    is no other version to keep. Returns how many moved."""
    table, load = raw_table(dataset), dataset.load_column
    keys = " and ".join(f"r.{key} = t.{key}" for key in (q(dataset.physical(name)) for name in dataset.key))
    of_fate = f"{TYPED} as t join {VERSIONS} as v on v.at = t.{AT}"
    older = f"select to_jsonb(r) from {of_fate} join {table} as r on {keys} where v.fate = 'newer'"
    moved = superseded.keep(cursor.connection, dataset.name, delivery_id, older)
    others = [q(c.physical_name) for c in dataset.columns if c.name not in dataset.key]
    for fate, names in (("newer", others), ("reloaded", [q(dataset.physical(load))] if load else [])):
        if names:
            values = ", ".join(f"{name} = t.{name}" for name in names)
            cursor.execute(f"update {table} as r set {values} from {of_fate} where {keys} and v.fate = '{fate}'")
    return moved


def _keep_older(cursor: "cursor", dataset: Dataset, delivery_id: int) -> int:
    """Older versions go to the superseded rows, unless they are known there; returns how many are new."""
    names = ", ".join(f"t.{q(column.physical_name)}" for column in dataset.columns)
    versions = (
        f"select to_jsonb(one) from {TYPED} as t join {VERSIONS} as v on v.at = t.{AT}, "
        f"lateral (select {names}) as one where v.fate = 'older'"
    )
    return superseded.keep(cursor.connection, dataset.name, delivery_id, versions, unless_known=True)


def _lost(alias: str, dataset: Dataset) -> str:
    return f"select 1 from {VERDICT} as v where v.at = {alias}.{AT} and v.clauses && {fatal(dataset)}"
