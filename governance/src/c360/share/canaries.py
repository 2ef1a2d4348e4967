"""Canaries: persons in a share that nobody is, others for each partner; where one turns up, that partner's copy is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from c360.draft.reading import blocks, open_source
from c360.share.keys import CANARY, pseudonyms_of
from c360.share.policy import Policy

if TYPE_CHECKING:
    from psycopg import Connection


@dataclass(frozen=True)
class Canary:
    """One of a partner's, in all that it gets: its number, and the pseudonym that a version of the key makes of it."""

    partner: str
    number: int
    key: int
    pseudonym: str


def canaries(database: "Connection", policies: Sequence[Policy]) -> list[Canary]:
    """All of them, by partner and number; `database` is the transformer's. None by a key that is deleted."""
    most: dict[str, int] = {}
    for policy in policies:
        most[policy.partner] = max(policy.canaries, most.get(policy.partner, 0))
    found = []
    with database.transaction(), database.cursor() as cursor:
        for partner, number in sorted(most.items()):
            names = {f"{CANARY}{n}": n for n in range(1, number + 1)}
            made = pseudonyms_of(cursor, list(names), partner)
            found += [Canary(partner, names[name], key, pseudonym) for _, key, name, pseudonym in made]
    return sorted(found, key=lambda one: (one.partner, one.number, one.key))


def canaries_in(
    path: Path, known: Sequence[Canary], progress: Callable[[int], None] = lambda size: None
) -> list[Canary]:
    """Those whose pseudonym is a value of a CSV or Parquet file, in whatever column. Raises CouldNotTell for a file
    that cannot be read."""
    import pyarrow as pa
    import pyarrow.compute as pc

    source = open_source(path)
    sought, there = pa.array([one.pseudonym for one in known], pa.string()), set()
    for block in blocks(source.open(source.header, progress)):
        for column in block.columns:
            text = pc.utf8_lower(pc.utf8_trim_whitespace(pc.cast(column, pa.string())))
            there |= set(pc.filter(text, pc.is_in(text, sought)).to_pylist())
    return [one for one in known if one.pseudonym in there]
