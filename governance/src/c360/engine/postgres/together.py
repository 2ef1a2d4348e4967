"""Together: what rows break with others, in the delivery or in raw: keys, identities, unique values, references.

`unique` and references within the table are judged against raw as it will be after the delivery. A row that is lost
neither frees a value nor is a parent, so they are judged again until no more rows are lost.
"""

from typing import TYPE_CHECKING

from c360.clause.dialect import POSTGRES
from c360.clause.kinds import IDENTITY, PRIMARY_KEY, RELATIONSHIP, UNIQUE
from c360.clause.measures import divided, orphans
from c360.contract.catalog import Catalog
from c360.engine.interface import How
from c360.engine.postgres.raw import raw_table
from c360.engine.postgres.tables import AT, tables
from c360.engine.postgres.verdicts import lost, untimely
from c360.engine.postgres.versions import compare, is_beside, is_latest, rank, same_key
from c360.engine.together import require_judges
from c360.model import Clause, Dataset, Relationship

if TYPE_CHECKING:
    from psycopg import Cursor

q, literal = POSTGRES.quote, POSTGRES.literal


def judge_together(cursor: "Cursor", catalog: Catalog, dataset: Dataset, how: How, repeated: bool) -> None:
    """Each kind of clause on several rows has a judge of its own; those on keys come first, where one is `repeated`."""
    require_judges(dataset)
    if repeated:
        for key in PRIMARY_KEY.of(dataset):
            _judge_key(cursor, key, dataset)
        for identity in IDENTITY.of(dataset):  # after the key, which may have said it already
            _judge_identity(cursor, identity, dataset)
    for reference in RELATIONSHIP.of(dataset):
        if reference.argument.target != dataset.name:
            _judge_reference(cursor, reference, catalog, dataset)
    if dataset.key:
        compare(cursor, dataset, how)
    _judge_in_rounds(cursor, dataset, repeated)


def _judge_key(cursor: "Cursor", clause: Clause[tuple[str, ...]], dataset: Dataset) -> None:
    """Rows of one key that were loaded at one time and say different things: all of them are lost. (Rows that say the
    same are one by now, and rows that were loaded one after the other are versions.)
    """
    here = tables(dataset)
    names = [q(dataset.physical(name)) for name in clause.argument]
    listed, filled = ", ".join(names), " and ".join(f"{name} is not null" for name in names)
    load = q(dataset.physical(dataset.load_column)) if dataset.load_column else "null"
    timely = f"{here.typed} as t where not {untimely(dataset)}"
    cursor.execute(
        f"insert into {here.verdict} select {AT}, array[{literal(clause.id)}] from ("
        f"select {AT}, {load} as load, count(*) over (partition by {listed}, {load}) as rivals from {timely} "
        f"and ({listed}) in (select {listed} from {timely} and {filled} group by {listed} having count(*) > 1)"
        ") as repeated where rivals > 1 or load is null"
    )


def _judge_identity(cursor: "Cursor", clause: Clause[tuple[str, ...]], dataset: Dataset) -> None:
    """One key that stands for two people in one delivery is nobody's, whenever they were loaded; of rows that were
    loaded at one time it is said already, as a breach of the key."""
    here = tables(dataset)
    names = ", ".join(q(dataset.physical(name)) for name in dataset.key)
    filled = " and ".join(f"{q(dataset.physical(name))} is not null" for name in dataset.key)
    keys = [clause.id for clause in PRIMARY_KEY.of(dataset)]
    said = f"v.at = t.{AT} and v.clauses && array[{', '.join(map(literal, keys))}]::text[]"
    timely = f"{here.typed} as t where not {untimely(dataset)}"
    cursor.execute(
        f"insert into {here.verdict} select t.{AT}, array[{literal(clause.id)}] from {timely} and ({names}) in "
        f"(select {names} from {timely} and {filled} group by {names} having {divided(dataset, POSTGRES)}) "
        f"and not exists (select 1 from {here.verdict} as v where {said})"
    )


def _judge_reference(cursor: "Cursor", clause: Clause[Relationship], catalog: Catalog, dataset: Dataset) -> None:
    here = tables(dataset)
    what = f"child.{AT}, array[{literal(clause.id)}]"

    def resolve(name: str) -> tuple[str, Dataset]:
        if name == dataset.name:
            return here.typed, dataset
        _, target = catalog.find(name)
        return raw_table(target), target

    cursor.execute(f"insert into {here.verdict} {orphans(clause, dataset, resolve, POSTGRES, what)}")


def _judge_in_rounds(cursor: "Cursor", dataset: Dataset, repeated: bool) -> None:
    """All clauses of a round see the same rows, so that their order does not matter."""
    here = tables(dataset)
    own = [clause for clause in RELATIONSHIP.of(dataset) if clause.argument.target == dataset.name]
    found = [(c, _unique(c, dataset)) for c in UNIQUE.of(dataset)] + [(c, _own_reference(c, dataset)) for c in own]
    new = " union all ".join(
        f"select t.{AT}, array[{literal(clause.id)}] from {here.typed} as t where t.{AT} in ({query}) and not exists "
        f"(select 1 from {here.verdict} as v where v.at = t.{AT} and {literal(clause.id)} = any(v.clauses))"
        for clause, query in found
    )
    while True:
        if repeated:
            rank(cursor, dataset)
        if not found:
            return
        cursor.execute(f"insert into {here.verdict} {new}")
        if not cursor.rowcount:
            return


def _unique(clause: Clause[tuple[str, ...]], dataset: Dataset) -> str:
    """A query: the rows that will be in raw with a value that stands there under another key too."""
    here = tables(dataset)
    names = [q(dataset.physical(name)) for name in clause.argument]
    listed, filled = ", ".join(names), " and ".join(f"{name} is not null" for name in names)
    same = " and ".join(f"r.{name} = t.{name}" for name in names)
    keys = [q(dataset.physical(name)) for name in dataset.key]
    stays = ""  # without a key, each row of raw does, and each one that comes is another row
    if keys:
        other = " or ".join(f"r.{key} is distinct from t.{key}" for key in keys)
        replaced = f"select 1 from {here.typed} as c where {same_key(dataset, 'c', 'r')} and {_enters(dataset, 'c')}"
        stays = f"and ({other}) and not exists ({replaced})"
    enters = _enters(dataset, "t")
    return (
        f"select t.{AT} from {here.typed} as t where {enters} and ({listed}) in (select {listed} "
        f"from {here.typed} as t where {enters} and {filled} group by {listed} having count(*) > 1) union all "
        f"select t.{AT} from {here.typed} as t join {raw_table(dataset)} as r on {same} {stays} where {enters}"
    )


def _enters(dataset: Dataset, row: str) -> str:
    """SQL: whether a row will be in raw. Late rows are not: they are kept beside it."""
    stays_out = is_beside(dataset, row, "same", "earlier", "identity", "conflict")
    return f"not {lost(dataset, row)} and {is_latest(dataset, row)} and not {stays_out}"


def _own_reference(clause: Clause[Relationship], dataset: Dataset) -> str:
    """A query: the rows whose parent is neither in raw nor, without being lost itself, in this delivery."""
    typed = tables(dataset).typed
    here = [f"child.{q(dataset.physical(name))}" for name in clause.argument.columns]
    there = [q(dataset.physical(name)) for name in clause.argument.target_columns]
    equal = " and ".join(f"p.{b} = {a}" for a, b in zip(here, there, strict=True))
    filled = " and ".join(f"{name} is not null" for name in here)
    return (
        f"select child.{AT} from {typed} as child where {filled} "
        f"and not exists (select 1 from {raw_table(dataset)} as p where {equal}) "
        f"and not exists (select 1 from {typed} as p where {equal} and not {lost(dataset, 'p')})"
    )
