"""Split: which landed rows break which clauses. One read for all conditions on a row, one for each key or reference."""

from datetime import datetime
from typing import TYPE_CHECKING

import psycopg
import psycopg2

from c360.clause.dialect import POSTGRES
from c360.clause.kinds import REQUIRED, ROW_RULE
from c360.clause.measures import measure
from c360.clause.predicates import violation
from c360.contract.catalog import Catalog
from c360.database.query import value
from c360.database.scanner import Scanner, Untold
from c360.engine.interface import Order, Split
from c360.engine.postgres import verdicts, versions
from c360.engine.postgres.land import instant
from c360.engine.postgres.measure import answers
from c360.engine.postgres.tables import AT, MISCAST, tables
from c360.engine.postgres.together import judge_together
from c360.engine.postgres.verdicts import fatal
from c360.errors import CouldNotTell
from c360.model import Clause, Dataset, Rule

if TYPE_CHECKING:
    from psycopg2.extensions import cursor


literal = POSTGRES.literal


def split(
    cursor: "cursor", catalog: Catalog, dataset: Dataset, as_of: datetime, order: Order, looking: Scanner
) -> Split:
    """Fill the verdict table: one row for each landed row that breaks clauses, with their ids, sorted.

    First each row is judged alone: one that claims a load time beyond the clock is compared with no other. What landed
    must be committed: SQL of the contract runs by `looking`, and nowhere else.
    """
    _begin(cursor, dataset)
    try:
        # patterns are of the contract too, and a replay has no scan before it
        cursor.execute(f"set local statement_timeout = '{looking.seconds}s'")
        _judge_rows(cursor, dataset, instant(as_of))
        cursor.execute("set local statement_timeout to default")
    except (psycopg2.errors.QueryCanceled, psycopg2.DataError):
        raise _untold(catalog, dataset, instant(as_of), looking) from None
    for rule in ROW_RULE.of(dataset):
        _judge_by_rule(cursor, rule, dataset, instant(as_of), looking)
    repeated = bool(dataset.key) and versions.are_repeated(cursor, dataset)
    collapsed = versions.collapse(cursor, dataset) if repeated else 0
    judge_together(cursor, catalog, dataset, order, repeated and versions.are_repeated(cursor, dataset, timely=True))
    return _count(cursor, dataset, collapsed)


def compare_clean(cursor: "cursor", dataset: Dataset, order: Order) -> Split:
    """The same for a delivery whose rows hold, each key once: only raw can contradict it."""
    _begin(cursor, dataset)
    if dataset.key:
        versions.compare(cursor, dataset, order)
    return _count(cursor, dataset, collapsed=0, looked=False)


def _begin(cursor: "cursor", dataset: Dataset) -> None:
    verdicts.create(cursor, dataset)
    versions.create(cursor, dataset)


def _count(cursor: "cursor", dataset: Dataset, collapsed: int, looked: bool = True) -> Split:
    here = tables(dataset)
    verdicts.merge(cursor, dataset)
    cursor.execute(f"select clause, count(*) from {here.verdict}, unnest(clauses) as clause group by clause")
    rows = dict(cursor.fetchall())
    cursor.execute(f"select count(*) from {here.verdict} where clauses && {fatal(dataset)}")
    return Split(rows, collapsed, value(cursor), looked)


def _judge_rows(cursor: "cursor", dataset: Dataset, now: str) -> None:
    here = tables(dataset)
    tests, broken = [], []
    for clause in dataset.clauses:
        if clause.kind.violation is None or clause.kind is ROW_RULE:
            continue
        condition = violation(clause, dataset, POSTGRES, now)
        if clause.kind is REQUIRED:  # a value that could not be cast is not missing
            condition += f" and ({literal(clause.column)} = any({MISCAST})) is not true"
        tests.append(f"case when {condition} then {literal(clause.id)} end")
        broken.append(f"({condition})")
    uncast = " ".join(
        f"when {literal(clause.column)} then {literal(clause.id)}" for clause in dataset.clauses if clause.kind.by_value
    )
    lost = f"(select array_agg(case name {uncast} end) from unnest({MISCAST}) as name)" if uncast else "null"
    # the lists are made for rows that break something; and a table is filled by several workers where it is made
    cursor.execute(
        f"create unlogged table {here.broken} as select {AT} as at, array_remove("
        f"array[{', '.join(tests) or 'null'}]::text[], null) || coalesce({lost}, '{{}}') as clauses "
        f"from {here.typed} where {' or '.join([*broken, f'{MISCAST} is not null'])};"
        f"insert into {here.verdict} select * from {here.broken} where clauses <> '{{}}'; drop table {here.broken}"
    )


def _untold(catalog: Catalog, dataset: Dataset, now: str, looking: Scanner) -> CouldNotTell:
    """Which clause on rows has no answer: each is asked alone."""
    where = catalog.where(dataset, now)
    clauses = [
        clause for clause in dataset.clauses if clause.kind.violation is not None and clause.kind is not ROW_RULE
    ]
    found = answers(
        looking, tables(dataset).typed, [(clause, measure(clause, where)) for clause in clauses], together=False
    )
    for clause, answer in found.items():
        if isinstance(answer, Untold):
            return CouldNotTell(f"The rows could not be judged by {clause}: {answer.why}.", answer.remedy)
    return CouldNotTell(
        f"The rows of {dataset.name} could not be judged in {looking.seconds} seconds, though by each clause alone.",
        f"Allow more in c360.toml: [database] statement_timeout = {looking.seconds * 2}",
    )


def _judge_by_rule(cursor: "cursor", clause: Clause[Rule], dataset: Dataset, now: str, looking: Scanner) -> None:
    """SQL of the contract only looks, as the scanner; the rows that it names are put down here."""
    here = tables(dataset)
    from psycopg2.extras import execute_values

    condition = violation(clause, dataset, POSTGRES, now)
    try:
        broken = looking.rows(f"select {AT} from {here.typed} where {condition}")
    except psycopg.Error as error:
        found = looking.untold(error)
        raise CouldNotTell(f"The rows could not be judged by {clause.id}: {found.why}.", found.remedy) from None
    cursor.execute("create temporary table c360__broken (at bigint) on commit drop")
    execute_values(cursor, "insert into c360__broken values %s", broken, page_size=10_000)
    cursor.execute(
        f"insert into {here.verdict} select t.{AT}, array[{literal(clause.id)}] from {here.typed} as t "
        f"join c360__broken as b on b.at = t.{AT}; drop table c360__broken"
    )
