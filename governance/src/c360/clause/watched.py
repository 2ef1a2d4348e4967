"""What of one delivery is compared with the deliveries before it: the numbers that an anomaly clause has the gate take.

A number is a count, a share of rows, or an average. It is never the value of a row: no minimum, no maximum, and nothing
of fewer than `FEWEST` values. A category is named only where the contract lists it and the column is public.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from c360.clause.arguments import Anomaly
from c360.clause.dialect import Dialect, canonical_type
from c360.clause.promise import Entry, as_list

if TYPE_CHECKING:
    from c360.model import Clause, Dataset

ROWS, GAP = "rows", "seconds"
"""How many rows the delivery has, and how far its newest row is from that of the delivery before; from the ledger."""
MIX = "share of "
"""Before a category: the share of its rows."""
FEWEST = 20
"""Values that an average is made of, at least."""
_MOST = 100
"""Categories of a column, at most."""
_SHARES = {
    "null_percent": "{0} is null", "null_count": "{0} is null", "missing_percent": "{0} is null or {0} = ''",
    "missing_count": "{0} is null or {0} = ''", "zero_percent": "{0} = 0", "zero_count": "{0} = 0",
}  # fmt: skip
_AVERAGES = {
    "average": "avg({0})", "standard_deviation": "stddev_samp({0})", "average_length": "avg({0})",
}  # fmt: skip
_NUMBERS = ("zero_percent", "zero_count", "average", "standard_deviation")
_TEXTS = ("missing_percent", "missing_count", "average_length")
_SILENT = ("null_percent", "average", "zero_percent", "average_length")
"""What column_anomalies looks at when it names nothing."""


def watched(test: str, arguments: Mapping[str, Any], entry: Entry) -> tuple[str, ...]:
    """The numbers that the gate takes for a test of Elementary, by name; none where it takes none."""
    if test == "volume_anomalies":
        return (ROWS,)
    if test == "freshness_anomalies":
        return () if "timestamp_column" in arguments else (GAP,)
    properties = {str(prop["name"]): prop for prop in entry.table.properties}
    if test == "column_anomalies" and entry.column:
        logical = properties[entry.column].get("logicalType")
        other = (_NUMBERS if logical not in ("integer", "number") else ()) + (_TEXTS if logical != "string" else ())
        named = as_list(arguments.get("column_anomalies")) or _SILENT
        return tuple(name for name in named if name in {**_SHARES, **_AVERAGES} and name not in other)
    if test == "dimension_anomalies":
        named = [properties.get(str(name), {}) for name in as_list(arguments.get("dimensions"))]
        return tuple(f"{MIX}{value}" for prop in named for value in _categories(prop))
    return ()


def _categories(prop: Mapping[str, Any]) -> list[str]:
    """The values that the contract lists for a public column, if they are not too many."""
    listed = [str(one["value"]) for one in prop.get("enum") or [] if one.get("value") is not None]
    return listed if prop.get("classification") == "public" and len(listed) <= _MOST else []


def numbers(dataset: "Dataset", dialect: Dialect) -> list[tuple[str, str, str]]:
    """SQL for what is taken of the rows that landed: the clause's id, the number's name, and an aggregate: a count
    of rows for a share, else the number, which is null for too few values."""
    return [
        (clause.id, name, sql)
        for clause in dataset.clauses
        if isinstance(clause.argument, Anomaly)
        for name, sql in _numbers(clause, dataset, dialect)
    ]


def is_share(name: str) -> bool:
    return name in _SHARES or name.startswith(MIX)


def _numbers(clause: "Clause[Any]", dataset: "Dataset", dialect: Dialect) -> Iterator[tuple[str, str]]:
    for name in clause.argument.watched:
        if name.startswith(MIX):
            yield name, _count(_is_category(name.removeprefix(MIX), clause, dataset, dialect))
        elif clause.column:
            column = dialect.quote(dataset.physical(clause.column))
            if name in _SHARES:
                yield name, _count(_SHARES[name].format(column))
            else:
                value = f"length({column})" if name == "average_length" else column
                average = _AVERAGES[name].format(f"cast({value} as {dialect.type_of('double precision')})")
                yield name, f"case when count({column}) >= {FEWEST} then {average} end"


def _is_category(value: str, clause: "Clause[Any]", dataset: "Dataset", dialect: Dialect) -> str:
    """That a row is of a category: in the first of the dimensions that lists it."""
    named = [dataset.column(str(name)) for name in as_list(clause.argument.arguments.get("dimensions"))]
    column = next(column for column in named if value in _categories(vars(column)))
    name = dialect.quote(column.physical_name)
    textual = canonical_type(column.physical_type).startswith(("text", "character"))
    text = name if textual else f"cast({name} as {dialect.type_of('text')})"
    return f"{text} = {dialect.literal(value)}"


def _count(condition: str) -> str:
    return f"count(case when {condition} then 1 end)"
