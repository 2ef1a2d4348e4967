"""Together: what rows break with others, in the delivery or in raw: keys, identities, unique values, references.

`unique` and references within the table are judged against raw as it will be after the delivery. A row that is lost
neither frees a value nor is a parent, so they are judged again until no more rows are lost.
"""

from c360.clause.dialect import DATABRICKS
from c360.clause.kinds import IDENTITY, PRIMARY_KEY, RELATIONSHIP, UNIQUE
from c360.clause.measures import divided, orphans
from c360.contract.catalog import Catalog
from c360.engine.interface import How
from c360.engine.spark.lake import AT, Lake, Tables, tables
from c360.engine.spark.verdicts import held, timely
from c360.engine.spark.versions import compare, key_of, rank, same_key
from c360.engine.together import require_judges
from c360.model import Clause, Dataset, Relationship

q, literal = DATABRICKS.quote, DATABRICKS.literal


def judge_together(lake: Lake, here: Tables, catalog: Catalog, dataset: Dataset, how: How, repeated: bool) -> None:
    """Each kind of clause on several rows has a judge of its own; those on keys come first, where one is `repeated`."""
    require_judges(dataset)
    if repeated:
        for key in PRIMARY_KEY.of(dataset):
            lake.run(f"insert into {here.verdict} {_rivals(key, here, dataset)}")
        for identity in IDENTITY.of(dataset):  # after the key, which may have said it already
            lake.run(f"insert into {here.verdict} {_divided(identity, here, dataset)}")
    for reference in RELATIONSHIP.of(dataset):
        if reference.argument.target != dataset.name:
            lake.run(f"insert into {here.verdict} {_orphans(reference, here, catalog, dataset)}")
    if dataset.key:
        compare(lake, here, dataset, how)
    _judge_in_rounds(lake, here, dataset, repeated)


def _rivals(clause: Clause[tuple[str, ...]], here: Tables, dataset: Dataset) -> str:
    """Rows of one key that were loaded at one time and say different things: all of them are lost. (Rows that say the
    same are one by now, and rows that were loaded one after the other are versions.)
    """
    names = [q(dataset.physical(name)) for name in clause.argument]
    listed, filled = ", ".join(names), " and ".join(f"{name} is not null" for name in names)
    load = q(dataset.physical(dataset.load_column)) if dataset.load_column else "cast(null as string)"
    counted = (
        f"select {AT} as at, {load} as load, count(*) over (partition by {listed}) as many, "
        f"count(*) over (partition by {listed}, {load}) as rivals from {timely(here, dataset)} where {filled}"
    )
    return f"select at, {literal(clause.id)} from ({counted}) where many > 1 and (rivals > 1 or load is null)"


def _divided(clause: Clause[tuple[str, ...]], here: Tables, dataset: Dataset) -> str:
    """One key that stands for two people in one delivery is nobody's, whenever they were loaded; of rows that were
    loaded at one time it is said already, as a breach of the key."""
    key, filled = key_of(dataset)
    rows = timely(here, dataset)
    said = ", ".join(literal(key.id) for key in PRIMARY_KEY.of(dataset)) or "cast(null as string)"
    groups = f"select {key} from {rows} where {filled} group by {key} having {divided(dataset, DATABRICKS)}"
    return (
        f"select t.{AT}, {literal(clause.id)} from {rows} as t "
        f"left semi join ({groups}) as k on {same_key(dataset, 't', 'k')} "
        f"left anti join (select at from {here.verdict} where clause in ({said})) as v on v.at = t.{AT}"
    )


def _orphans(clause: Clause[Relationship], here: Tables, catalog: Catalog, dataset: Dataset) -> str:
    def resolve(name: str) -> tuple[str, Dataset]:
        if name == dataset.name:
            return here.typed, dataset
        _, target = catalog.find(name)
        return tables(target, here.catalog).raw, target

    return orphans(clause, dataset, resolve, DATABRICKS, f"child.{AT}, {literal(clause.id)}")


def _judge_in_rounds(lake: Lake, here: Tables, dataset: Dataset, repeated: bool) -> None:
    """All clauses of a round see the same rows, so that their order does not matter."""
    own = [clause for clause in RELATIONSHIP.of(dataset) if clause.argument.target == dataset.name]
    while True:
        if repeated:
            rank(lake, here, dataset)
        if not own and not UNIQUE.of(dataset):
            return
        entering = f"{here.schema}.c360__entering"
        if UNIQUE.of(dataset):
            lake.keep(entering, _entering(lake, here, dataset))
        found = [(c.id, _taken(c, here, dataset, entering)) for c in UNIQUE.of(dataset)]
        found += [(c.id, _lonely(c, here, dataset)) for c in own]
        new = " union all ".join(
            f"select distinct f.at, {literal(clause)} as clause from ({query}) as f left anti join {here.verdict} "
            f"as v on v.at = f.at and v.clause = {literal(clause)}"
            for clause, query in found
        )
        broken = f"{here.schema}.c360__broken"
        lake.keep(broken, new)
        if not lake.rows(f"select 1 from {broken} limit 1"):
            return
        lake.run(f"insert into {here.verdict} select at, clause from {broken}")


def _taken(clause: Clause[tuple[str, ...]], here: Tables, dataset: Dataset, enters: str) -> str:
    """A query: the rows that will be in raw with a value that stands there under another key too."""
    names = [q(dataset.physical(name)) for name in clause.argument]
    listed, filled = ", ".join(names), " and ".join(f"{name} is not null" for name in names)
    same = " and ".join(f"r.{name} = t.{name}" for name in names)
    keys = [q(dataset.physical(name)) for name in dataset.key]
    stays = here.raw  # without a key, each row of raw does, and each one that comes is another row
    if keys:
        replaced = f"(select {', '.join(keys)} from {enters})"
        stays = f"(select r.* from {here.raw} as r left anti join {replaced} as c on {same_key(dataset, 'r', 'c')})"
        same += f" and ({' or '.join(f'r.{key} is distinct from t.{key}' for key in keys)})"
    return (
        f"select at from (select {AT} as at, count(*) over (partition by {listed}) as many from {enters} "
        f"where {filled}) where many > 1 "
        f"union all select t.{AT} as at from {enters} as t left semi join {stays} as r on {same}"
    )


def _entering(lake: Lake, here: Tables, dataset: Dataset) -> str:
    """A query: the rows that will be in raw. Late rows are not: they are kept beside it."""
    rows = f"select t.* from {held(here, dataset)} as t"
    if lake.has(here.earlier):
        rows += f" left anti join {here.earlier} as e on e.at = t.{AT}"
    if lake.has(here.beside):
        out = f"select at from {here.beside} where how in ('same', 'earlier', 'identity', 'conflict')"
        rows += f" left anti join ({out}) as b on b.at = t.{AT}"
    return rows


def _lonely(clause: Clause[Relationship], here: Tables, dataset: Dataset) -> str:
    """A query: the rows whose parent is neither in raw nor, without being lost itself, in this delivery."""
    ours = [q(dataset.physical(name)) for name in clause.argument.columns]
    theirs = [q(dataset.physical(name)) for name in clause.argument.target_columns]
    equal = " and ".join(f"p.{b} = child.{a}" for a, b in zip(ours, theirs, strict=True))
    filled = " and ".join(f"child.{name} is not null" for name in ours)
    return (
        f"select child.{AT} as at from {here.typed} as child left anti join {here.raw} as p on {equal} "
        f"left anti join {held(here, dataset)} as p on {equal} where {filled}"
    )
