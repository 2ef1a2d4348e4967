"""Versions: what the rows of one key in a delivery are to each other, and to the row that raw holds.

Rows that are lost by their load time take no part in it.
"""

from c360.clause.dialect import DATABRICKS, canonical_type
from c360.clause.kinds import CONFLICT, IDENTITY
from c360.engine.interface import How
from c360.engine.spark.lake import AT, MISCAST, Lake, Tables
from c360.engine.spark.land import text_of
from c360.engine.spark.verdicts import held, timely, untimely
from c360.engine.together import beside
from c360.model import Dataset

q, literal = DATABRICKS.quote, DATABRICKS.literal


def collapse(lake: Lake, here: Tables, dataset: Dataset) -> int:
    """Of rows under one key that say the same, the load time aside, keep the one that was loaded last. Of those that
    are lost by their load time, only rows in the same words are one. A value that could not be cast is compared as
    text. Returns how many rows went."""
    contents = [said(dataset, column.name, "t") for column in dataset.columns if column.name != dataset.load_column]
    key, filled = key_of(dataset)
    words = f"to_json(array({', '.join(text_of(dataset).values())}))"
    gone = f"""
        select at from (
            select {AT} as at, row_number() over (
                partition by {"".join(f"{text}, " for text in contents)}c360__words order by {_last_first(dataset)}
            ) as nth
            from (
                select t.*, case when t.{MISCAST} is not null or u.at is not null then {words} end as c360__words
                from {here.typed} as t
                left semi join ({_groups(here.typed, key, filled)}) as k on {same_key(dataset, "t", "k")}
                left join {untimely(here, dataset)} as u on u.at = t.{AT}
                join {here.landed} as x on x.c360__at = t.{AT} and x.c360__kind = 'row'
            ) as t
        ) where nth > 1
    """
    numbers = f"{here.schema}.c360__gone"
    lake.keep(numbers, gone)
    count = int(lake.value(f"select count(*) from {numbers}"))
    if count:
        lake.drop_rows(here.typed, AT, numbers)
        lake.drop_rows(here.verdict, "at", numbers)
    return count


def are_repeated(lake: Lake, here: Tables, dataset: Dataset, only_timely: bool = False) -> bool:
    """Whether a key has several rows; or, of those that are timely, several that can be compared."""
    key, filled = key_of(dataset)
    return bool(lake.rows(f"{_groups(timely(here, dataset) if only_timely else here.typed, key, filled)} limit 1"))


def rank(lake: Lake, here: Tables, dataset: Dataset) -> None:
    """Put down which of the rows that hold are not the latest of their key."""
    key, _ = key_of(dataset)
    numbered = f"row_number() over (partition by {key} order by {_last_first(dataset)})"
    rows = held(here, dataset)
    lake.keep(here.earlier, f"select at from (select {AT} as at, {numbered} as nth from {rows}) where nth > 1")


def compare(lake: Lake, here: Tables, dataset: Dataset, came: How) -> None:
    """Put down what each row that holds is to the one that raw has under its key."""
    if not lake.rows(f"select 1 from {here.raw} limit 1"):
        return
    how = beside(dataset, came, DATABRICKS, said)
    rows = held(here, dataset)
    lake.keep(
        here.beside,
        f"select t.{AT} as at, {how} as how from {rows} as t join {here.raw} as r on {same_key(dataset, 't', 'r')}",
    )
    for clause in (*IDENTITY.of(dataset), *CONFLICT.of(dataset)):
        kind = literal(clause.kind.name)
        if lake.rows(f"select 1 from {here.beside} where how = {kind} limit 1"):
            found = f"select at, {literal(clause.id)} from {here.beside} where how = {kind}"
            lake.run(f"insert into {here.verdict} {found}")


def key_of(dataset: Dataset) -> tuple[str, str]:
    """The key, and whether it is filled in."""
    names = [q(dataset.physical(name)) for name in dataset.key]
    return ", ".join(names), " and ".join(f"{name} is not null" for name in names)


def same_key(dataset: Dataset, one: str, other: str) -> str:
    """SQL: whether two rows have one key."""
    keys = (q(dataset.physical(name)) for name in dataset.key)
    return " and ".join(f"{one}.{key} = {other}.{key}" for key in keys)


def _groups(rows: str, key: str, filled: str) -> str:
    return f"select {key} from {rows} as t where {filled} group by {key} having count(*) > 1"


def _last_first(dataset: Dataset) -> str:
    load = f"{q(dataset.physical(dataset.load_column))} desc nulls last, " if dataset.load_column else ""
    return f"{load}{AT}"


def said(dataset: Dataset, name: str, row: str) -> str:
    """SQL: what the value of a column says, to compare it: JSON, which is text here, by its value."""
    column = dataset.column(name)
    value = f"{row}.{q(column.physical_name)}"
    return f"cast(parse_json({value}) as string)" if canonical_type(column.physical_type) == "jsonb" else value
