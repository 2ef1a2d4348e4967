"""Quarantine: rows that are lost go to the ledger as values, with their numbers; which open rows leave by what landed.

They lie in the ledger's tables on every engine: they are few beside what is delivered, and people work with them.
"""

import json
import tempfile
from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from c360.clause.dialect import DATABRICKS, POSTGRES
from c360.clause.kinds import READABLE
from c360.delivery.form import Form
from c360.engine.spark.lake import Lake, Tables
from c360.engine.spark.land import QUARANTINED, cast, instant, text_of
from c360.engine.spark.verdicts import held, lost
from c360.engine.spark.versions import said, same_key
from c360.engine.together import differ
from c360.engine.written import plain
from c360.ledger import quarantine as ledger
from c360.ledger import quarantine_values as values
from c360.ledger.quarantine import RECORD, Evidence
from c360.ledger.quarantine_values import Lost
from c360.model import Dataset

if TYPE_CHECKING:
    from psycopg import Connection

q, literal = DATABRICKS.quote, DATABRICKS.literal


def keep(database: "Connection", lake: Lake, here: Tables, dataset: Dataset, delivery_id: int) -> None:
    """Keep the rows that were lost, and the lines that are no record, once for a delivery's number."""
    values.keep(database, dataset.name, delivery_id, _lost(lake, here, dataset))


def take_evidence(lake: Lake, here: Tables, dataset: Dataset) -> Evidence | None:
    """Which rows broke the delivery; None when it was not rows."""
    rows = tempfile.SpooledTemporaryFile(1 << 20)  # noqa: SIM115 (the ledger reads it)
    for number, line, clauses, _ in _lost(lake, here, dataset, all_verdicts=True):
        listed = json.dumps(clauses, ensure_ascii=False)
        array = "{" + listed[1:-1] + "}"
        quoted = array.replace('"', '""')
        rows.write(f'{number},{"" if line is None else line},"{quoted}"\n'.encode())
    if not rows.tell():
        return None
    rows.seek(0)
    return Evidence(rows)


def _lost(lake: Lake, here: Tables, dataset: Dataset, all_verdicts: bool = False) -> Iterator[Lost]:
    """The rows that are lost, or all that break a clause; then the lines that are no record."""
    lines = f"select c360__at, c360__record, c360__line, c360__contents from {here.landed} where c360__kind = 'line'"
    befores = [at for (at,) in lake.rows(f"select c360__at from {here.landed} where c360__kind = 'line' order by 1")]
    texts = text_of(dataset)
    which = here.verdict if all_verdicts else lost(here, dataset)
    broken = f"select at, array_sort(collect_set(clause)) as clauses from {here.verdict} group by at"
    rows = lake.many(
        f"select x.c360__at, v.clauses, {', '.join(texts.values())} from {here.landed} as x "
        f"join ({broken}) as v on v.at = x.c360__at left semi join (select at from {which}) as w on w.at = x.c360__at "
        f"where x.c360__kind = 'row' order by x.c360__at"
    )
    for at, clauses, *contents in rows:  # lines before it that are no record count too
        yield at + bisect_left(befores, at), None, list(clauses), dict(zip(texts, contents, strict=True))
    unreadable = [clause.id for clause in READABLE.of(dataset)]
    for _, record, line, contents in lake.many(f"{lines} order by c360__record"):
        yield record, line, unreadable, {RECORD: contents}


def close_corrected(
    database: "Connection", lake: Lake, here: Tables, dataset: Dataset, delivery_id: int, as_of: datetime
) -> int:
    """Open rows of earlier deliveries that this one corrects leave: see `Landing.apply`. Returns how many."""
    if not dataset.key:
        return 0
    count = 0
    with database.transaction():
        for form in ledger.forms(database, dataset.name, before=delivery_id):
            rows = _open_rows(database, lake, dataset, form, delivery_id)
            corrected = [number for (number,) in lake.rows(_corrected(rows, here, dataset, as_of))]
            count += ledger.close(database, values.numbers(corrected), "corrected", delivery_id)
    return count


def _open_rows(
    database: "Connection", lake: Lake, dataset: Dataset, form: dict[str, Any], before: int | None = None
) -> str:
    """A relation: the open rows that were delivered in one form, in the contract's types."""
    found = values.open_rows(database, dataset.name, list(text_of(dataset)), form, before)
    kinds = ", ".join(f"c{i} string" for i in range(len(dataset.columns)))
    lake.frame(found, f"c360__number bigint, c360__clauses array<string>, {kinds}").createOrReplaceTempView(
        "c360__open"
    )
    written = Form.read(form, dataset)
    typed = ", ".join(
        f"{cast(f'({plain(text, column.physical_type, written, DATABRICKS)})', column.physical_type, written)} "
        f"as {q(column.physical_name)}"
        for column, text in zip(dataset.columns, text_of(dataset).values(), strict=True)
    )
    return f"(select x.c360__number, x.c360__clauses, {typed} from c360__open as x)"


def _corrected(rows: str, here: Tables, dataset: Dataset, as_of: datetime) -> str:
    """A query: the numbers of the open rows o that raw's row r corrects."""
    tests = [_same_identity(dataset)]
    if dataset.load_column:
        load = q(dataset.physical(dataset.load_column))
        disputes = [clause.id for clause in dataset.clauses if clause.kind.disputed]
        other = differ(dataset, [column.name for column in dataset.columns], said, "o")
        tests.append(
            f"(o.{load} is null or o.{load} < r.{load} or cast(o.{load} as timestamp) > {instant(as_of)} "
            f"or (o.{load} = r.{load} and not {_breaks(disputes)}) or not ({other}))"
        )
    return (
        f"select o.c360__number from {rows} as o join {here.raw} as r on {same_key(dataset, 'r', 'o')} "
        f"left semi join {held(here, dataset)} as t on {same_key(dataset, 't', 'o')} where {' and '.join(tests)}"
    )


def _same_identity(dataset: Dataset) -> str:
    """SQL: whether the open row o is of the person that raw's row r is of. A column that is wrong by itself tells
    nothing."""
    tests = []
    for name in dataset.identity:
        wrong = [c.id for c in dataset.clauses if c.column == name and c.kind.loses_rows and not c.kind.disputed]
        tests.append(f"({_breaks(wrong)} or not ({differ(dataset, [name], said, 'o')}))")
    return " and ".join(tests) or "true"


def _breaks(clauses: list[str]) -> str:
    listed = ", ".join(map(literal, clauses)) or "cast(null as string)"
    return f"coalesce(arrays_overlap(o.c360__clauses, array({listed})), false)"


def close_landed(
    database: "Connection", lake: Lake, here: Tables, dataset: Dataset, delivery_id: int, decision_id: int | None
) -> None:
    """Rows that landed again and hold, or that are there already, leave; the others keep their row, with the clauses
    they break now. By a decision, other open rows of the same key are discarded."""
    broken = f"select at, array_sort(collect_set(clause)) as clauses from {here.verdict} group by at"
    landed = f"(select {QUARANTINED} as number, c360__at as at from {here.landed}) as x"
    judged = lake.rows(
        f"select x.number, v.clauses from {landed} join ({broken}) as v on v.at = x.at "
        f"left semi join {lost(here, dataset)} as o on o.at = x.at"
    )
    numbers = {number for (number,) in lake.rows(f"select x.number from {landed}")}
    how: ledger.Resolution = "replayed" if decision_id is None else "resolved"
    with database.transaction():
        for number, clauses in judged:
            listed = ", ".join(map(POSTGRES.literal, clauses))
            ledger.rewrite(database, f"select {int(number)}::bigint, array[{listed}]::text[]")
        gone = sorted(numbers - {number for number, _ in judged})
        ledger.close(database, values.numbers(gone), how, delivery_id, decision_id)
        if decision_id is not None:
            _close_rivals(database, lake, here, dataset, decision_id)


def _close_rivals(database: "Connection", lake: Lake, here: Tables, dataset: Dataset, decision_id: int) -> None:
    """Open rows of the key that landed are discarded."""
    for form in ledger.forms(database, dataset.name):
        rows = _open_rows(database, lake, dataset, form)
        rivals = lake.rows(
            f"select o.c360__number from {rows} as o left semi join {here.typed} as t on {same_key(dataset, 't', 'o')}"
        )
        ledger.close(database, values.numbers([n for (n,) in rivals]), "discarded", decision_id=decision_id)
