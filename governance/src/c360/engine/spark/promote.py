"""Promote: rows that hold go to raw. What raw holds under the same key is replaced by a row that was loaded later, and
kept beside it. Each table is written once for a delivery's number, so that what a kill cut short is done again."""

from dataclasses import dataclass

from c360.clause.dialect import DATABRICKS
from c360.engine.spark.lake import AT, Lake, Tables
from c360.engine.spark.raw import HASH, said
from c360.engine.spark.verdicts import held
from c360.engine.spark.versions import same_key
from c360.model import Dataset

HOW, OLDER = "c360__how", "c360__older"

q = DATABRICKS.quote


@dataclass(frozen=True)
class Promotion:
    """What becomes of the rows that hold: rows = promoted + duplicates."""

    promoted: int
    superseded: int
    duplicates: int


def foresee(lake: Lake, here: Tables, dataset: Dataset, rows: int) -> Promotion:
    """What `promote` will do with the rows that hold, so many in number, as the split compared them with raw."""
    known, newer, late = lake.rows(
        f"select count(case when {HOW} is not null or {OLDER} then 1 end), "
        f"count(case when {HOW} = 'later' and not {OLDER} then 1 end), "
        f"count(case when {HOW} = 'earlier' or {OLDER} then 1 end) from {_fates(lake, here, dataset)}"
    )[0]
    older = int(lake.value(f"select count(*) from ({_older(lake, here, dataset)})")) if late else 0
    taken = rows - known + newer + older
    return Promotion(taken, newer + older, rows - taken)


def promote(lake: Lake, here: Tables, dataset: Dataset, application: str, delivery_id: int) -> None:
    """Rows that hold go to raw. The versions that are older go first: raw would lose them."""
    names = [q(column.physical_name) for column in dataset.columns]
    listed = ", ".join(names)
    fates = _fates(lake, here, dataset)
    some_known = lake.has(here.beside) and bool(lake.rows(f"select 1 from {here.beside} limit 1"))
    if some_known or lake.has(here.earlier):
        stamp = f"cast({int(delivery_id)} as bigint) as c360__delivery_id, current_timestamp() as c360__superseded_at"
        replaced = (
            f"select r.* from {fates} as t join {here.raw} as r on {same_key(dataset, 't', 'r')} "
            f"where t.{HOW} = 'later' and not t.{OLDER}"
        )
        going = f"select {listed}, {said(dataset, 'r')} as {HASH} from ({replaced}) as r" if some_known else ""
        late = _older(lake, here, dataset)
        both = " union all ".join(filter(None, [going, late]))
        lake.append(here.superseded, f"select {listed}, {stamp}, {HASH} from ({both})", f"{application}/superseded",
                    delivery_id)  # fmt: skip
    if some_known:
        values = ", ".join(f"r.{name} = t.{name}" for name in names)
        lake.merge(
            f"merge into {here.raw} as r using (select {listed} from {fates} where {HOW} in ('later', 'moved') "
            f"and not {OLDER}) as t on {same_key(dataset, 'r', 't')} when matched then update set {values}",
            f"{application}/corrected",
            delivery_id,
        )
    new = f"select {listed} from {fates} where {HOW} is null and not {OLDER}"
    lake.append(here.raw, new, f"{application}/new", delivery_id)


def _fates(lake: Lake, here: Tables, dataset: Dataset) -> str:
    """A relation: the rows that hold, what each is to raw's (HOW, null where raw does not know its key), and whether
    the delivery has a later one of its key (OLDER)."""
    how, older, joins = "cast(null as string)", "false", ""
    if lake.has(here.beside):
        how, joins = "b.how", f" left join {here.beside} as b on b.at = t.{AT}"
    if lake.has(here.earlier):
        older, joins = "e.at is not null", f"{joins} left join {here.earlier} as e on e.at = t.{AT}"
    return f"(select t.*, {how} as {HOW}, {older} as {OLDER} from {held(here, dataset)} as t{joins})"


def _older(lake: Lake, here: Tables, dataset: Dataset) -> str:
    """A query: the older versions in the delivery that are not known among the superseded rows."""
    listed = ", ".join(q(column.physical_name) for column in dataset.columns)
    late = f"{HOW} = 'earlier' or ({OLDER} and ({HOW} = 'later' or {HOW} is null))"
    rows = f"select {listed}, {said(dataset, 't')} as {HASH} from {_fates(lake, here, dataset)} as t where {late}"
    return f"select o.* from ({rows}) as o left anti join {here.superseded} as s on s.{HASH} = o.{HASH}"
