"""What is measured for a clause, as one number: an aggregate over the table, or a query of its own; by kind."""

from collections.abc import Callable

from c360.clause.arguments import Latency, Relationship, Rule
from c360.clause.dialect import Dialect, canonical_type, is_open
from c360.clause.measure import Measure
from c360.clause.operators import OPERATORS
from c360.clause.predicates import in_utc
from c360.errors import Breach
from c360.model import Clause, Dataset, Where

Resolve = Callable[[str], tuple[str, Dataset]]
"""From a dataset's name to the relation to write in SQL, and the dataset."""


def measure(clause: Clause[object], where: Where) -> Measure:
    """What to measure for `clause`. Raises Breach for SQL that does more than look."""
    if clause.kind.measure is not None:
        return clause.kind.measure(clause, where)
    if clause.kind.violation is None:
        raise Breach(f"The clause {clause.id} ({clause.kind.name}) measures nothing.", "Report this as a bug.")
    return Measure(expression=_count_where(clause.kind.violation(clause, where)))


def present(clause: Clause[None], where: Where) -> Measure:
    """0 where the column is there, 1 where not."""
    return Measure(query=f"select 1 - count(*) {_attributes(where)} and attname = {_attribute(clause, where)}")


def physical_type(clause: Clause[str], where: Where) -> Measure:
    wanted = where.dialect.literal(canonical_type(clause.argument))
    size = "null" if is_open(clause.argument) else "atttypmod"  # without its modifier a type shows no size
    other = f"attname = {_attribute(clause, where)} and format_type(atttypid, {size}) <> {wanted}"
    return Measure(query=f"select count(*) {_attributes(where)} and {other}")


def unexpected_columns(clause: Clause[bool], where: Where) -> Measure:
    known = ", ".join(where.dialect.literal(column.physical_name) for column in where.dataset.columns)
    allowed = " and false" if clause.argument else ""
    return Measure(query=f"select count(*) {_attributes(where)} and attname not in ({known}){allowed}")


def _attributes(where: Where) -> str:
    """Postgres' catalogue knows the exact type; information_schema drops precision and time zone."""
    return (
        f"from pg_catalog.pg_attribute where attrelid = to_regclass({where.dialect.literal(where.relation)}) "
        "and attnum > 0 and not attisdropped"
    )


def _attribute(clause: Clause[object], where: Where) -> str:
    return where.dialect.literal(where.column(clause).physical_name)


def duplicates(clause: Clause[tuple[str, ...]], where: Where) -> Measure:
    return Measure(query=duplicate_keys(where.dataset, clause.argument, where.relation, where.dialect))


def identity(clause: Clause[tuple[str, ...]], where: Where) -> Measure:
    return Measure(query=divided_keys(where.dataset, where.relation, where.dialect))


def relationship(clause: Clause[Relationship], where: Where) -> Measure:
    return Measure(query=orphans(clause, where.dataset, where.resolve, where.dialect))


def freshness(clause: Clause[int], where: Where) -> Measure:
    """Age of the newest row in seconds. Rows from the future don't count: one would hide a stale load.

    -1 when there is no row to tell by, which is a breach too.
    """
    name = in_utc(where.column(clause), where.dialect)
    age = where.dialect.seconds_between(f"max({name})", where.now)
    rule = Rule("freshness", OPERATORS["mustBeBetween"], (0, clause.argument))
    return Measure(rule, query=f"select coalesce({age}, -1) from {where.relation} where {name} <= {where.now}")


def retention(clause: Clause[int], where: Where) -> Measure:
    age = where.dialect.seconds_between(f"min({in_utc(where.column(clause), where.dialect)})", where.now)
    rule = Rule("retention", OPERATORS["mustBeLessOrEqualTo"], clause.argument)
    return Measure(rule, query=f"select coalesce({age}, 0) from {where.relation}")


def latency(clause: Clause[Latency], where: Where) -> Measure:
    since = in_utc(where.column(clause), where.dialect)
    until = in_utc(where.dataset.column(clause.argument.until), where.dialect)
    span = where.dialect.seconds_between(since, until)
    rule = Rule("latency", OPERATORS["mustBeLessOrEqualTo"], clause.argument.seconds)
    return Measure(rule, query=f"select coalesce(max({span}), 0) from {where.relation}")


def sql(clause: Clause[Rule], where: Where) -> Measure:
    """SQL of the contract's own."""
    from c360.clause import guard

    column = where.name(clause) if clause.column else None
    query = guard.query(clause, where.dataset, where.tables).text(where.dialect, where.relation, column)
    return Measure(clause.argument, query=where.dialect.one_number(query))


def row_count(clause: Clause[Rule], where: Where) -> Measure:
    return Measure(clause.argument, expression="count(*)")


def null_values(clause: Clause[Rule], where: Where) -> Measure:
    return _counted(clause.argument, f"{where.name(clause)} is null")


def missing_values(clause: Clause[Rule], where: Where) -> Measure:
    literal, name = where.dialect.literal, where.name(clause)
    listed = [literal(str(v)) for v in clause.argument.values("missingValues") or () if v is not None]
    return _counted(
        clause.argument,
        f"{name} is null" + (f" or {_as_text(name, where.dialect)} in ({', '.join(listed)})" if listed else ""),
    )


def invalid_values(clause: Clause[Rule], where: Where) -> Measure:
    literal, text = where.dialect.literal, _as_text(where.name(clause), where.dialect)
    valid, pattern = clause.argument.values("validValues"), clause.argument.pattern
    wrong = []
    if valid is not None:
        wrong.append(f"{text} not in ({', '.join(literal(str(v)) for v in valid)})")
    if pattern is not None:
        wrong.append(f"not ({where.dialect.matches(text, literal(where.dialect.pattern(pattern)))})")
    return _counted(clause.argument, " or ".join(wrong) or "false")


def duplicate_values(clause: Clause[Rule], where: Where) -> Measure:
    told = tuple(map(str, clause.argument.values("properties") or ()))
    key = (clause.column,) if clause.column else told or where.dataset.key
    repeated = duplicate_keys(where.dataset, key, where.relation, where.dialect)
    if clause.argument.unit == "percent":
        repeated = f"select coalesce(100.0 * ({repeated}) / nullif(count(*), 0), 0) from {where.relation}"
    return Measure(clause.argument, query=repeated)


def _counted(rule: Rule, condition: str) -> Measure:
    """How many rows meet a condition, or how many percent."""
    count = _count_where(condition)
    if rule.unit == "percent":
        count = f"coalesce(100.0 * {count} / nullif(count(*), 0), 0)"
    return Measure(rule, expression=count)


def _count_where(condition: str) -> str:
    return f"count(case when {condition} then 1 end)"


def _as_text(name: str, dialect: Dialect) -> str:
    return f"cast({name} as {dialect.type_of('text')})"


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


def orphans(
    clause: Clause[Relationship], dataset: Dataset, resolve: Resolve, dialect: Dialect, what: str = "count(*)"
) -> str:
    """Rows whose reference is filled in and leads nowhere; one with a null among its columns refers to nothing."""
    relation, _ = resolve(dataset.name)
    target_relation, target = resolve(clause.argument.target)
    here = [f"child.{dialect.quote(dataset.physical(name))}" for name in clause.argument.columns]
    there = [f"parent.{dialect.quote(target.physical(name))}" for name in clause.argument.target_columns]
    filled = " and ".join(f"{name} is not null" for name in here)
    equal = " and ".join(f"{b} = {a}" for a, b in zip(here, there, strict=True))
    missing = f"not exists (select 1 from {target_relation} as parent where {equal})"
    return f"select {what} from {relation} as child where {filled} and {missing}"
