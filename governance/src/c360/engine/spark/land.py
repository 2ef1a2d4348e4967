"""Land: a delivery's file becomes columns of text in one pass over it, then columns of the contract's types, keeping
track of what has no value in its type. What landed is written once; all that is decided is read from there."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from c360.clause.dialect import DATABRICKS, canonical_type, unsized
from c360.clause.predicates import read_format
from c360.delivery.files import Delivery
from c360.delivery.form import Form
from c360.delivery.readings import TwoReadings
from c360.engine.spark import read
from c360.engine.spark.lake import AT, MISCAST, Failed, Lake, Tables, could_not
from c360.engine.spark.read import Reader
from c360.engine.sure import sure
from c360.engine.written import TIMESTAMPS, plain
from c360.errors import CouldNotTell
from c360.model import Dataset

QUARANTINED = "c360__quarantine_id"
"""The number that a row of the quarantine has there, which landed again."""

q, literal = DATABRICKS.quote, DATABRICKS.literal


def land(lake: Lake, here: Tables, dataset: Dataset, delivery: Delivery) -> None:
    """Have a worker read the delivery; what it counted is told to `delivery`.

    Raises CouldNotTell for a file that cannot be read to its end, TwoReadings for one that can be read in two ways.
    """
    if not delivery.path.is_file():
        raise CouldNotTell(f"Spark reads files, and {delivery.path} is none.", "Write it to a file that workers see.")
    reader = Reader(delivery.form, replace(dataset, clauses=()), tuple(delivery.landed))
    try:
        lake.empty_schema(here.schema)
        paths = lake.frame([(str(Path(delivery.path).resolve()),)], "path string").coalesce(1)
        lake.keep(here.landed, paths.mapInArrow(reader, reader.schema))
        ends = (read.END, read.AMBIGUOUS, read.UNREADABLE)
        ((how, records, lines, in_shape, remedy, found),) = lake.rows(
            f"select c360__kind, c360__at, c360__record, c360__line, c360__why, c360__contents from {here.landed} "
            f"where c360__kind in ({', '.join(map(literal, ends))})"
        )
    except Failed as failed:
        raise could_not(f"{delivery.path} could not be landed", failed) from None
    if how == read.AMBIGUOUS:
        raise TwoReadings(found, remedy)
    if how == read.UNREADABLE:
        raise CouldNotTell(found, remedy)
    delivery.was_read(int(records), int(lines), found, bool(in_shape))


def land_rows(lake: Lake, here: Tables, dataset: Dataset, rows: Sequence[Sequence[str | None]]) -> None:
    """Land rows of the quarantine: the texts of all columns, and last the number of the row."""
    texts = ", ".join(f"c{i} string" for i in range(len(dataset.columns)))
    numbered = [(number, *row[:-1], int(row[-1] or 0)) for number, row in enumerate(rows, 1)]
    try:
        lake.empty_schema(here.schema)
        found = lake.frame(numbered, f"c360__at bigint, {texts}, {QUARANTINED} bigint")
        lake.keep(here.landed, found.selectExpr(f"{literal(read.ROW)} as c360__kind", "*"))
    except Failed as failed:
        raise could_not(f"Rows of {dataset.name} could not be landed", failed) from None


def text_of(dataset: Dataset) -> dict[str, str]:
    """By the name of a column SQL of the text that landed for it, in a row of `landed` named x."""
    return {column.name: f"x.c{i}" for i, column in enumerate(dataset.columns)}


def type_it(lake: Lake, here: Tables, dataset: Dataset, form: Form, in_shape: bool = False) -> None:
    """Cast the landed text once, as `form` reads it. When all of it is `in_shape`, the plain cast will do for the types
    that have one, at a tenth of the cost."""
    columns = [(column, f"t{i}", f"v{i}") for i, column in enumerate(dataset.columns)]
    texts = text_of(dataset)
    read_as = ", ".join(
        f"{plain(texts[column.name], column.physical_type, form, DATABRICKS)} as {text}" for column, text, _ in columns
    )
    values = ", ".join(
        f"{_cast_sure(text, column.physical_type, form, in_shape)} as {value}" for column, text, value in columns
    )
    gone = ", ".join(
        f"case when {text} is not null and {value} is null then {literal(column.name)} end"
        for column, text, value in columns
    )
    named = ", ".join(f"{value} as {q(column.physical_name)}" for column, _, value in columns)
    lake.keep(
        here.typed,
        f"select {named}, {AT}, case when size(gone) > 0 then gone end as {MISCAST} from ("
        f"select *, array_compact(array({gone})) as gone from (select {AT}, {values}, "
        f"{', '.join(text for _, text, _ in columns)} from (select x.c360__at as {AT}, {read_as} "
        f"from {here.landed} as x where x.c360__kind = {literal(read.ROW)})))",
    )


def _cast_sure(column: str, physical_type: str, form: Form, in_shape: bool) -> str:
    if not (in_shape and sure(physical_type, form)):
        return cast(column, physical_type, form)
    kind = canonical_type(physical_type)
    return f"lower({column})" if kind == "uuid" else f"try_cast({column} as {DATABRICKS.type_of(kind)})"


def cast(column: str, physical_type: str, form: Form) -> str:
    """SQL: the value of the text `column` in the type, or null where it has none. `column` is quoted already."""
    kind = canonical_type(physical_type)
    written = form.date_format if kind == "date" else form.timestamp_format if unsized(kind) in TIMESTAMPS else ""
    if written:
        return _written(column, kind, written)
    value = DATABRICKS.cast(column, physical_type)
    if kind == "uuid":  # which is text here, and a key in any case
        return f"lower({value})"
    if kind in ("json", "jsonb"):
        return f"case when try_parse_json({column}) is not null then {column} end"
    return value


def _written(column: str, kind: str, form: str) -> str:
    """A date or timestamp in a JDK format of the sender's; times are UTC."""
    shape, iso, clocks = read_format(form, column)
    shaped = f"translate({column}, '123456789', '000000000') = {literal(shape)}"
    times = "".join(f" and substr({column}, {start}, 2) <= '{last}'" for start, last in clocks)
    if not clocks:
        return f"case when {shaped}{times} then try_cast({iso} as {DATABRICKS.type_of(kind)}) end"
    moment = f"try_cast(regexp_replace({iso}, 'Z$', '') || '+00:00' as timestamp)"
    exact = f"not ({iso}) rlike '[.][0-9]{{6}}[0-9]*[1-9]'"
    if kind == "date":
        exact += f" and {moment} = cast(cast({moment} as date) as timestamp)"
    value = f"cast({moment} as date)" if kind == "date" else moment
    return f"case when {shaped}{times} then case when {exact} then {value} end end"


def instant(moment: datetime) -> str:
    """The clock as SQL."""
    return DATABRICKS.instant(f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}", zoned=False)


def newest_load(lake: Lake, here: Tables, dataset: Dataset, as_of: datetime) -> str | None:
    """The time of the newest row up to `as_of`, as text, in UTC: a row from the future would hide a stale load."""
    if not dataset.load_column:
        return None
    load = q(dataset.physical(dataset.load_column))
    newest: str | None = lake.value(
        f"select cast(max({load}) as string) from {here.typed} where cast({load} as timestamp) <= {instant(as_of)}"
    )
    return newest
