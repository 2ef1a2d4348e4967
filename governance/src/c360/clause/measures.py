"""What is measured for a clause, as one number: an aggregate over the table, or a query of its own.

A measure either counts violations (`expected` is `= 0`) or has a bound of its own (metrics, sql rules, SLAs).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from c360.clause import guard
from c360.clause.dialect import POSTGRES, Dialect, canonical_type, is_open
from c360.clause.operators import OPERATORS
from c360.clause.predicates import column_in_utc, in_utc, pattern_for, violation
from c360.model import Clause, Dataset, Rule

Resolve = Callable[[str], tuple[str, Dataset]]
"""From a dataset's name to the relation to write in SQL, and the dataset."""

ZERO = Rule("violations", OPERATORS["mustBe"], 0)


@dataclass(frozen=True)
class Measure:
    """`expression`: an aggregate over the table, read in one pass with all others. `query`: a SELECT of its own."""

    rule: Rule
    expression: str = ""
    query: str = ""

    def bound(self, negated: bool = False) -> str:
        """The comparison that holds (or, negated, that is a breach), e.g. `> 0`."""
        return self.rule.operator.bound(self.rule.expected, negated)

    def holds(self, value: float) -> bool:
        """Whether the measured value keeps the bound."""
        return self.rule.operator.holds(value, self.rule.expected)

    def as_violations(self, relation: str) -> str:
        """A SELECT of the number of violations: the count itself, or 1 where a bound is broken."""
        source = f"select {self.expression} as measured from {relation}" if self.expression else self.query
        if self.rule is ZERO:
            return source
        return f"select case when measured {self.bound()} then 0 else 1 end from ({source}) as m(measured)"


def measure(
    clause: Clause, dataset: Dataset, resolve: Resolve, tables: guard.Tables, now: str, dialect: Dialect = POSTGRES
) -> Measure:
    """What to measure for `clause`. `tables` are those that SQL of a contract may read, `now` is SQL for the clock,
    a timestamp without zone, in UTC. Raises Breach for SQL that does more than look."""
    relation, _ = resolve(dataset.name)
    kind = clause.kind
    if kind in ("present", "physicalType", "unexpectedColumns"):
        return Measure(ZERO, query=_catalog_query(clause, dataset, relation, dialect))
    if kind in ("primaryKey", "unique"):
        return Measure(ZERO, query=duplicate_keys(dataset, clause.argument, relation, dialect))
    if kind == "identity":
        return Measure(ZERO, query=divided_keys(dataset, relation, dialect))
    if kind == "relationship":
        return Measure(ZERO, query=orphans(clause, dataset, resolve, dialect))
    if kind == "freshness":
        return _freshness(clause, dataset, relation, now, dialect)
    if kind == "retention":
        age = _seconds_between(f"min({in_utc(clause, dataset, dialect)})", now, dialect)
        rule = Rule("retention", OPERATORS["mustBeLessOrEqualTo"], clause.argument)
        return Measure(rule, query=f"select coalesce({age}, 0) from {relation}")
    if kind == "latency":
        since, until = (column_in_utc(dataset, name, dialect) for name in (clause.column or "", clause.argument.until))
        span = f"max({_seconds_between(since, until, dialect)})"
        rule = Rule("latency", OPERATORS["mustBeLessOrEqualTo"], clause.argument.seconds)
        return Measure(rule, query=f"select coalesce({span}, 0) from {relation}")
    if kind == "sql":
        column = dialect.quote(dataset.physical(clause.column)) if clause.column else None
        query = guard.query(clause, dataset, tables).text(dialect, relation, column)
        return Measure(clause.argument, query=_one_number(query, dialect))
    if clause.scope == "row":
        return Measure(ZERO, expression=_count_where(violation(clause, dataset, dialect, now)))
    return _metric(clause, dataset, relation, dialect)


def _one_number(query: str, dialect: Dialect) -> str:
    """The number of a query of one column; it fails unless there is exactly one row with a number (or null) in it.

    NaN, which some engines sort above every number and some below, becomes null, and null keeps no bound.
    """
    if dialect.name == "postgres":
        number, otherwise = "nullif(cast(sum(measured) as double precision), 'NaN')", "1 / (count(*) - count(*))"
    else:
        number, otherwise = "nullif(cast(sum(measured) as double), double('NaN'))", "raise_error('no single row')"
    return f"select case count(*) when 1 then {number} else {otherwise} end from ({query}) as result(measured)"


def _count_where(condition: str) -> str:
    return f"count(case when {condition} then 1 end)"


def _catalog_query(clause: Clause, dataset: Dataset, relation: str, dialect: Dialect) -> str:
    """Postgres' catalogue knows the exact type; information_schema drops precision and time zone."""
    columns = (
        f"from pg_catalog.pg_attribute where attrelid = to_regclass({dialect.literal(relation)}) "
        "and attnum > 0 and not attisdropped"
    )
    if clause.kind == "unexpectedColumns":
        known = ", ".join(dialect.literal(column.physical_name) for column in dataset.columns)
        allowed = " and false" if clause.argument else ""
        return f"select count(*) {columns} and attname not in ({known}){allowed}"
    name = dialect.literal(dataset.physical(clause.column or ""))
    if clause.kind == "present":
        return f"select 1 - count(*) {columns} and attname = {name}"
    wanted = dialect.literal(canonical_type(clause.argument))
    size = "null" if is_open(clause.argument) else "atttypmod"  # without its modifier a type shows no size
    return f"select count(*) {columns} and attname = {name} and format_type(atttypid, {size}) <> {wanted}"


def duplicate_keys(dataset: Dataset, key: tuple[str, ...], relation: str, dialect: Dialect) -> str:
    """How many keys stand more than once; keys with a null don't count, as in SQL."""
    names = [dialect.quote(dataset.physical(name)) for name in key]
    filled = " and ".join(f"{name} is not null" for name in names)
    groups = f"select 1 from {relation} where {filled} group by {', '.join(names)} having count(*) > 1"
    return f"select count(*) from ({groups}) as repeated"


def divided_keys(dataset: Dataset, relation: str, dialect: Dialect) -> str:
    """How many keys stand for more than one: their rows differ in a column of the identity."""
    names = [dialect.quote(dataset.physical(name)) for name in dataset.key]
    filled = " and ".join(f"{name} is not null" for name in names)
    groups = f"select 1 from {relation} where {filled} group by {', '.join(names)} having {divided(dataset, dialect)}"
    return f"select count(*) from ({groups}) as divided"


def divided(dataset: Dataset, dialect: Dialect) -> str:
    """The condition on the rows of one key that they differ in a column of the identity; null is a value too."""
    names = (dialect.quote(dataset.physical(name)) for name in dataset.identity)
    return " or ".join(f"count(distinct {name}) > 1 or count({name}) not in (0, count(*))" for name in names)


def orphans(clause: Clause, dataset: Dataset, resolve: Resolve, dialect: Dialect, what: str = "count(*)") -> str:
    """Rows whose reference is filled in and leads nowhere; one with a null among its columns refers to nothing."""
    relation, _ = resolve(dataset.name)
    target_relation, target = resolve(clause.argument.target)
    here = [f"child.{dialect.quote(dataset.physical(name))}" for name in clause.argument.columns]
    there = [f"parent.{dialect.quote(target.physical(name))}" for name in clause.argument.target_columns]
    filled = " and ".join(f"{name} is not null" for name in here)
    equal = " and ".join(f"{b} = {a}" for a, b in zip(here, there, strict=True))
    missing = f"not exists (select 1 from {target_relation} as parent where {equal})"
    return f"select {what} from {relation} as child where {filled} and {missing}"


def _freshness(clause: Clause, dataset: Dataset, relation: str, now: str, dialect: Dialect) -> Measure:
    """Age of the newest row in seconds. Rows from the future don't count: one would hide a stale load.

    -1 when there is no row to tell by, which is a breach too.
    """
    name = in_utc(clause, dataset, dialect)
    age = _seconds_between(f"max({name})", now, dialect)
    rule = Rule("freshness", OPERATORS["mustBeBetween"], (0, clause.argument))
    return Measure(rule, query=f"select coalesce({age}, -1) from {relation} where {name} <= {now}")


def _seconds_between(earlier: str, later: str, dialect: Dialect) -> str:
    if dialect.name == "postgres":
        return f"extract(epoch from {later} - {earlier})"
    return f"(unix_micros({later}) - unix_micros({earlier})) / 1000000"


def _metric(clause: Clause, dataset: Dataset, relation: str, dialect: Dialect) -> Measure:
    rule: Rule = clause.argument
    arguments: dict[str, Any] = dict(rule.arguments)
    if rule.metric == "rowCount":
        return Measure(rule, expression="count(*)")
    if rule.metric == "duplicateValues":
        key = (clause.column,) if clause.column else tuple(arguments.get("properties") or dataset.key)
        repeated = duplicate_keys(dataset, key, relation, dialect)
        if rule.unit == "percent":
            repeated = f"select coalesce(100.0 * ({repeated}) / nullif(count(*), 0), 0) from {relation}"
        return Measure(rule, query=repeated)
    column = dataset.column(clause.column or "")
    name = dialect.quote(column.physical_name)
    text = f"cast({name} as {dialect.type_of('text')})"
    if rule.metric == "nullValues":
        condition = f"{name} is null"
    elif rule.metric == "missingValues":
        listed = [dialect.literal(str(v)) for v in arguments.get("missingValues") or () if v is not None]
        condition = f"{name} is null" + (f" or {text} in ({', '.join(listed)})" if listed else "")
    else:
        wrong = []
        if arguments.get("validValues") is not None:
            valid = ", ".join(dialect.literal(str(v)) for v in arguments["validValues"])
            wrong.append(f"{text} not in ({valid})")
        if arguments.get("pattern") is not None:
            pattern = dialect.literal(pattern_for(str(arguments["pattern"]), dialect))
            wrong.append(f"not ({dialect.matches(text, pattern)})")
        condition = " or ".join(wrong) or "false"
    count = _count_where(condition)
    if rule.unit == "percent":
        count = f"coalesce(100.0 * {count} / nullif(count(*), 0), 0)"
    return Measure(rule, expression=count)
