"""Split: which landed rows break which clauses. One read for all conditions on a row, one for each key or reference."""

from datetime import datetime
from typing import TYPE_CHECKING

import psycopg
import psycopg2

from c360.clause.dialect import POSTGRES
from c360.clause.kinds import IDENTITY, PRIMARY_KEY, RELATIONSHIP, REQUIRED, ROW_RULE, UNIQUE
from c360.clause.measures import divided, measure, orphans
from c360.clause.predicates import violation
from c360.contract.catalog import Catalog
from c360.engine.interface import Split
from c360.engine.postgres.land import AT, MISCAST, TEXT, TYPED, instant
from c360.engine.postgres.measure import answers
from c360.engine.postgres.raw import raw_table
from c360.engine.postgres.scanner import Scanner, Untold
from c360.errors import CouldNotTell
from c360.ledger.rows import value
from c360.model import Clause, Dataset, Relationship, Rule

if TYPE_CHECKING:
    from psycopg2.extensions import cursor

VERDICT = "landing.c360__verdict"

q, literal = POSTGRES.quote, POSTGRES.literal


def without_verdicts(cursor: "cursor") -> Split:
    """An empty verdict table, where every row holds."""
    cursor.execute(f"drop table if exists {VERDICT}; create unlogged table {VERDICT} (at tid, clauses text[])")
    return Split({}, 0, 0, looked=False)


def split(cursor: "cursor", catalog: Catalog, dataset: Dataset, as_of: datetime, looking: Scanner) -> Split:
    """Fill the verdict table: one row for each landed row that breaks clauses, with their ids, sorted.

    What landed must be committed: SQL of the contract runs by `looking`, and nowhere else.
    """
    collapsed = _collapse(cursor, dataset) if dataset.key else 0
    without_verdicts(cursor)
    try:
        # patterns are of the contract too, and a replay has no scan before it
        cursor.execute(f"set local statement_timeout = '{looking.seconds}s'")
        _judge_rows(cursor, dataset, instant(as_of))
        cursor.execute("set local statement_timeout to default")
    except (psycopg2.errors.QueryCanceled, psycopg2.DataError):
        raise _untold(catalog, dataset, instant(as_of), looking) from None
    for rule in ROW_RULE.of(dataset):
        _judge_by_rule(cursor, rule, dataset, instant(as_of), looking)
    _judge_together(cursor, catalog, dataset)
    merge(cursor)
    cursor.execute(f"select clause, count(*) from {VERDICT}, unnest(clauses) as clause group by clause")
    rows = dict(cursor.fetchall())
    cursor.execute(f"select count(*) from {VERDICT} where clauses && {fatal(dataset)}")
    quarantined: int = value(cursor)
    return Split(rows, collapsed, quarantined, repeated=bool(dataset.key) and _is_repeated(cursor, dataset))


def errors(dataset: Dataset) -> list[str]:
    """Ids of the clauses whose breach puts a row into quarantine."""
    rows = [c.id for c in dataset.clauses if c.kind.loses_rows]
    warnings = {c.id for c in dataset.clauses if c.severity == "warning"}
    return [identifier for identifier in rows if identifier not in warnings]


def fatal(dataset: Dataset) -> str:
    """The same as an SQL array; not as a parameter, since psycopg2 would then take a % in a name for one too."""
    return f"array[{', '.join(map(literal, errors(dataset)))}]::text[]"


def _collapse(cursor: "cursor", dataset: Dataset) -> int:
    """Of rows under one key that say the same keep the one that was loaded last; a value that could not be cast is
    compared as text."""
    key = ", ".join(f"t.{q(dataset.physical(name))}" for name in dataset.key)
    filled = " and ".join(f"t.{q(dataset.physical(name))} is not null" for name in dataset.key)
    contents = ", ".join(f"t.{q(c.physical_name)}" for c in dataset.columns if c.name != dataset.load_column)
    load = f"t.{q(dataset.physical(dataset.load_column))} desc nulls last, " if dataset.load_column else ""
    cursor.execute(
        f"""
        with repeated as (select {key} from {TYPED} as t where {filled} group by {key} having count(*) > 1),
        numbered as (
            select t.{AT} as at, row_number() over (
                partition by row({contents})::text, case when t.{MISCAST} is not null then x::text end
                order by {load}t.{AT}
            ) as nth
            from {TYPED} as t
            join {TEXT} as x on x.ctid = t.{AT}
            where ({key}) in (select * from repeated)
        )
        delete from {TYPED} as t using numbered where t.{AT} = numbered.at and numbered.nth > 1
        """
    )
    return int(cursor.rowcount)


def _is_repeated(cursor: "cursor", dataset: Dataset) -> bool:
    key = ", ".join(q(dataset.physical(name)) for name in dataset.key)
    filled = " and ".join(f"{q(dataset.physical(name))} is not null" for name in dataset.key)
    groups = f"select 1 from {TYPED} where {filled} group by {key} having count(*) > 1"
    cursor.execute(f"select exists ({groups})")
    return bool(value(cursor))


def _judge_rows(cursor: "cursor", dataset: Dataset, now: str) -> None:
    tests = []
    for clause in dataset.clauses:
        if clause.kind.violation is None or clause.kind is ROW_RULE:
            continue
        condition = violation(clause, dataset, POSTGRES, now)
        if clause.kind is REQUIRED:  # a value that could not be cast is not missing
            condition += f" and ({literal(clause.column)} = any({MISCAST})) is not true"
        tests.append(f"case when {condition} then {literal(clause.id)} end")
    uncast = " ".join(
        f"when {literal(clause.column)} then {literal(clause.id)}" for clause in dataset.clauses if clause.kind.by_value
    )
    lost = f"(select array_agg(case name {uncast} end) from unnest({MISCAST}) as name)" if uncast else "null"
    cursor.execute(
        f"insert into {VERDICT} select at, clauses from (select {AT} as at, array_remove("
        f"array[{', '.join(tests) or 'null'}]::text[], null) || coalesce({lost}, '{{}}') as clauses "
        f"from {TYPED} offset 0) as judged where clauses <> '{{}}'"
    )


def _untold(catalog: Catalog, dataset: Dataset, now: str, looking: Scanner) -> CouldNotTell:
    """Which clause on rows has no answer: each is asked alone."""
    where = catalog.where(dataset, now)
    clauses = [
        clause for clause in dataset.clauses if clause.kind.violation is not None and clause.kind is not ROW_RULE
    ]
    found = answers(looking, TYPED, [(clause, measure(clause, where)) for clause in clauses], together=False)
    for clause, answer in found.items():
        if isinstance(answer, Untold):
            return CouldNotTell(f"The rows could not be judged by {clause}: {answer.why}.", answer.remedy)
    return CouldNotTell(
        f"The rows of {dataset.name} could not be judged in {looking.seconds} seconds, though by each clause alone.",
        f"Allow more in c360.toml: [database] statement_timeout = {looking.seconds * 2}",
    )


def _judge_by_rule(cursor: "cursor", clause: Clause[Rule], dataset: Dataset, now: str, looking: Scanner) -> None:
    """SQL of the contract only looks, as the scanner; the rows that it names are put down here."""
    from psycopg2.extras import execute_values

    condition = violation(clause, dataset, POSTGRES, now)
    try:
        broken = looking.rows(f"select {AT}::text from {TYPED} where {condition}")
    except psycopg.Error as error:
        found = looking.untold(error)
        raise CouldNotTell(f"The rows could not be judged by {clause.id}: {found.why}.", found.remedy) from None
    cursor.execute("create temporary table c360__broken (at tid) on commit drop")
    execute_values(cursor, "insert into c360__broken values %s", broken, template="(%s::tid)", page_size=10_000)
    cursor.execute(
        f"insert into {VERDICT} select t.{AT}, array[{literal(clause.id)}] from {TYPED} as t "
        f"join c360__broken as b on b.at = t.{AT}; drop table c360__broken"
    )


def _judge_together(cursor: "cursor", catalog: Catalog, dataset: Dataset) -> None:
    """What a row breaks together with others: each kind of that has a judge of its own."""
    for clause in dataset.clauses:
        if clause.kind.is_of_several_rows and clause.kind not in (PRIMARY_KEY, UNIQUE, IDENTITY, RELATIONSHIP):
            raise CouldNotTell(
                f"At the gate no rows are judged by {clause.id} ({clause.kind.name}).", "Report this as a bug."
            )
    for key in PRIMARY_KEY.of(dataset):
        _judge_key(cursor, key, dataset)
    for unique in UNIQUE.of(dataset):
        _judge_unique(cursor, unique, dataset)
    for identity in IDENTITY.of(dataset):  # after the key, which may have said it already
        _judge_identity(cursor, identity, dataset)
    for reference in RELATIONSHIP.of(dataset):
        _judge_reference(cursor, reference, catalog, dataset)
    _judge_own_references(cursor, catalog, dataset)


def _judge_key(cursor: "cursor", clause: Clause[tuple[str, ...]], dataset: Dataset) -> None:
    """Rows of one key that were loaded at one time and say different things: all of them are lost. (Rows that say the
    same are one by now, and rows that were loaded one after the other are versions.)
    """
    names = [q(dataset.physical(name)) for name in clause.argument]
    listed, filled = ", ".join(names), " and ".join(f"{name} is not null" for name in names)
    load = q(dataset.physical(dataset.load_column)) if dataset.load_column else "null"
    cursor.execute(
        f"insert into {VERDICT} select {AT}, array[{literal(clause.id)}] from ("
        f"select {AT}, {load} as load, count(*) over (partition by {listed}, {load}) as rivals from {TYPED} "
        f"where ({listed}) in (select {listed} from {TYPED} where {filled} group by {listed} having count(*) > 1)"
        ") as repeated where rivals > 1 or load is null"
    )


def _judge_unique(cursor: "cursor", clause: Clause[tuple[str, ...]], dataset: Dataset) -> None:
    """A value that stands for several keys, in the delivery or with raw; versions of one row may share it."""
    names = [q(dataset.physical(name)) for name in clause.argument]
    listed, filled = ", ".join(names), " and ".join(f"{name} is not null" for name in names)
    keys = [q(dataset.physical(name)) for name in dataset.key]
    one_key = "false"
    if dataset.load_column and keys:
        one_key = " and ".join(f"count(distinct {k}) = 1 and count({k}) = count(*)" for k in keys)
    cursor.execute(
        f"insert into {VERDICT} select {AT}, array[{literal(clause.id)}] from {TYPED} where ({listed}) in (select "
        f"{listed} from {TYPED} where {filled} group by {listed} having count(*) > 1 and not ({one_key}))"
    )
    same = " and ".join(f"r.{name} = t.{name}" for name in names)
    other = " or ".join(f"r.{k} is distinct from t.{k}" for k in keys) or "true"  # without a key it is another row
    cursor.execute(
        f"insert into {VERDICT} select t.{AT}, array[{literal(clause.id)}] from {TYPED} as t "
        f"where exists (select 1 from {raw_table(dataset)} as r where {same} and ({other}))"
    )


def _judge_identity(cursor: "cursor", clause: Clause[tuple[str, ...]], dataset: Dataset) -> None:
    """One key that stands for two people in one delivery is nobody's, whenever they were loaded; of rows that were
    loaded at one time it is said already, as a breach of the key."""
    names = ", ".join(q(dataset.physical(name)) for name in dataset.key)
    filled = " and ".join(f"{q(dataset.physical(name))} is not null" for name in dataset.key)
    keys = [clause.id for clause in PRIMARY_KEY.of(dataset)]
    said = f"v.at = t.{AT} and v.clauses && array[{', '.join(map(literal, keys))}]::text[]"
    cursor.execute(
        f"insert into {VERDICT} select t.{AT}, array[{literal(clause.id)}] from {TYPED} as t where ({names}) in "
        f"(select {names} from {TYPED} where {filled} group by {names} having {divided(dataset, POSTGRES)}) "
        f"and not exists (select 1 from {VERDICT} as v where {said})"
    )


def _judge_reference(cursor: "cursor", clause: Clause[Relationship], catalog: Catalog, dataset: Dataset) -> None:
    if clause.argument.target == dataset.name:
        return
    what = f"child.{AT}, array[{literal(clause.id)}]"

    def resolve(name: str) -> tuple[str, Dataset]:
        if name == dataset.name:
            return TYPED, dataset
        _, target = catalog.find(name)
        return raw_table(target), target

    cursor.execute(f"insert into {VERDICT} {orphans(clause, dataset, resolve, POSTGRES, what)}")


def _judge_own_references(cursor: "cursor", catalog: Catalog, dataset: Dataset) -> None:
    """References within the table: the parent may be in raw, or in this delivery if it is not lost itself."""
    own = [clause for clause in RELATIONSHIP.of(dataset) if clause.argument.target == dataset.name]
    lost = 1
    while own and lost:
        lost = 0
        for clause in own:
            here = [f"child.{q(dataset.physical(name))}" for name in clause.argument.columns]
            there = [q(dataset.physical(name)) for name in clause.argument.target_columns]
            equal = " and ".join(f"p.{b} = {a}" for a, b in zip(here, there, strict=True))
            filled = " and ".join(f"{name} is not null" for name in here)
            cursor.execute(
                f"""
                insert into {VERDICT} select child.{AT}, array[{literal(clause.id)}] from {TYPED} as child
                where {filled}
                and not exists (select 1 from {raw_table(dataset)} as p where {equal})
                and not exists (
                    select 1 from {TYPED} as p where {equal} and not exists (
                        select 1 from {VERDICT} as v where v.at = p.{AT} and v.clauses && {fatal(dataset)}))
                and not exists (
                    select 1 from {VERDICT} as v where v.at = child.{AT} and {literal(clause.id)} = any(v.clauses))
                """
            )
            lost += cursor.rowcount


def merge(cursor: "cursor") -> None:
    """One row in the verdict table for each landed row, however many clauses it breaks."""
    cursor.execute(
        f"""
        create unlogged table landing.c360__merged as
        select at, array_agg(distinct clause order by clause) as clauses
        from {VERDICT}, unnest(clauses) as clause group by at;
        drop table {VERDICT};
        alter table landing.c360__merged rename to c360__verdict;
        analyze {VERDICT}
        """
    )
