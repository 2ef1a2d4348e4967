"""The suite: worlds are made, each point looks at all of them, and every mutation × point gets its verdict."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.database import connect
from c360.generate import plan, target_of, write
from c360.ledger.tables import prepare
from c360.settings import Settings

from . import points
from .mutations import POINTS, Mutation
from .points import Found
from .worlds import World, copy_shared, make_shared, make_tables, make_world


@dataclass(frozen=True)
class Verdict:
    """`outcome` is killed, survived, false alarm, silent (a legal change that alarmed nowhere) or not here."""

    mutation: Mutation
    point: str
    outcome: str
    detail: str = ""

    @property
    def good(self) -> bool:
        return self.outcome in ("killed", "silent", "not here")


def run(
    mutations: Iterable[Mutation], settings: Settings, folder: Path, only: Iterable[str] = POINTS, say=lambda text: None
) -> list[Verdict]:
    """Judge mutations at the given points, in an empty database and an empty folder."""
    contracts, generated = folder / "contracts", folder / "generated"
    worlds = [make_world(mutation, number, contracts) for number, mutation in enumerate(mutations)]
    copy_shared(contracts)
    target = target_of(settings)
    write(plan(Catalog.of(find_contracts(contracts)), target), generated, target.folders)
    typed = [w for w in worlds if not {"soda", "dbt", "verify"} <= w.mutation.not_here.keys()]
    database = connect(settings)
    with database.transaction(), database.cursor() as cursor:  # what an earlier run left, whose worlds have these names
        for schema in ("governance", "quarantine", "shared", *(world.name for world in worlds)):
            cursor.execute(f"drop schema if exists {schema} cascade")
    prepare(database)
    with database.transaction(), database.cursor() as cursor:
        make_shared(cursor, contracts)
        for world in typed:
            make_tables(cursor, world, contracts)
    database.close()
    look = {
        "soda": lambda seen: points.soda(seen, settings, generated),
        "ingest": lambda seen: points.ingest(seen, settings, contracts, folder / "files"),
        "dbt": lambda seen: points.dbt(seen, settings, contracts, generated, folder / "dbt"),
        "verify": lambda seen: points.verify(seen, settings, contracts),
    }
    verdicts = []
    for point in only:
        began = time.monotonic()
        found = look[point]([w for w in worlds if point not in w.mutation.not_here])
        verdicts += [judge(world, point, found.get(world.name)) for world in worlds]
        say(f"{point}: {len(found)} worlds in {time.monotonic() - began:.0f} s")
    return verdicts


def judge(world: World, point: str, found: Found | None) -> Verdict:
    """Killed: the clauses that the mutation breaks are red, and no other. What could not be told is no alarm."""
    mutation = world.mutation
    if point in mutation.not_here or found is None:
        return Verdict(mutation, point, "not here", mutation.not_here.get(point, ""))
    expected = mutation.expected(point)
    soft = {clause for clause in expected if mutation.dataset == "soft"}
    red = found.broken | found.warned
    untold = f"; could not tell {len(found.untold)} more" if found.untold else ""
    notes = f" ({'; '.join(found.notes)})" if found.notes else ""
    seen = {clause for clause in expected if clause.endswith(".present") and point == "ingest"}  # it may be absent
    missed = expected - red | (expected - soft - seen) & found.warned | soft & found.broken
    if not found.told:
        return Verdict(mutation, point, "survived", "nothing was told" + notes)
    if missed:
        return Verdict(
            mutation, point, "survived", f"{', '.join(sorted(missed))} not red; red: {sorted(red)}{untold}{notes}"
        )
    if red - expected:
        return Verdict(mutation, point, "false alarm", ", ".join(sorted(red - expected)) + untold + notes)
    if mutation.legal:
        wrong = found.untold and "could not tell " + ", ".join(sorted(found.untold)[:3])
        return Verdict(mutation, point, "false alarm" if wrong else "silent", (wrong or "") + (notes if wrong else ""))
    return Verdict(mutation, point, "killed", ", ".join(sorted(expected)) + untold)


def score(verdicts: list[Verdict]) -> dict[str, dict[str, int]]:
    """By point: how many mutations were killed, and so on."""
    table = {}
    for point in dict.fromkeys(v.point for v in verdicts):
        outcomes = [v.outcome for v in verdicts if v.point == point]
        kinds = ("killed", "survived", "silent", "false alarm", "not here")
        table[point] = {kind: outcomes.count(kind) for kind in kinds}
    return table
